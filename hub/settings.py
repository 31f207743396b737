"""The settings: one reading of the environment (see docs/operations.md for the table)."""

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from hub import env

ROOT = env.ROOT
HUB_HOME = env.home()
HUB_DEMO = env.flag("HUB_DEMO", False)
HUB_DEMO_PASSWORD = env.text("HUB_DEMO_PASSWORD", "")
if HUB_DEMO_PASSWORD and len(HUB_DEMO_PASSWORD) < 12:
    env.refuse("HUB_DEMO_PASSWORD must have 12 characters at least")

DEBUG = env.flag("HUB_DEBUG", False)
SECRET_KEY = env.text("SECRET_KEY")
if len(SECRET_KEY) < 32:
    env.refuse("SECRET_KEY must have 32 characters at least")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
if HUB_DEMO and (beyond := [host for host in ALLOWED_HOSTS if host not in env.LOOPBACK]):
    env.refuse(f"HUB_DEMO=1 serves this machine alone; ALLOWED_HOSTS names {', '.join(beyond)}")
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0, low=0, high=9)
# What links in mails and payloads begin with: never taken from a request's Host.
SITE_URL = env.site("SITE_URL", demo=HUB_DEMO, hosts=ALLOWED_HOSTS)
# What the ids of agencies, places, methods and markings in feeds are made of: it outlives a change of address.
HUB_ID = env.uid("HUB_ID", made_of=SITE_URL)

# --- Applications -----------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "guardian",
    "allauth",
    "allauth.account",
    "csp",
    "hub",
    "bulletins",
    "sharing",
]
MIDDLEWARE = [
    "hub.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "hub.pages.middleware.NoStoreMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "hub.accounts.sessions.IdleMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    # Last: its transaction holds the viewer's context for the view, and nothing of session or cookies.
    "hub.accounts.middleware.ViewerMiddleware",
    "hub.trail.middleware.TrailMiddleware",
]
ROOT_URLCONF = "hub.urls"
WSGI_APPLICATION = "hub.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "hub.pages.context.shell",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Database, cache, broker ------------------------------------------------------------------------------
# One alias: two on one database count as one for Django's tests. Schema commands log in as the owner.
AS_OWNER = env.text("HUB_LOGIN", "app") == "owner"
DATABASES = {"default": env.database("OWNER_DATABASE_URL" if AS_OWNER else "DATABASE_URL")}
DATABASES["default"] |= {
    "ATOMIC_REQUESTS": True,
    "CONN_MAX_AGE": 60,
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": {"connect_timeout": "5", "options": "-c jit=off", "application_name": "hub"}
    | DATABASES["default"]["OPTIONS"],
}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": env.redis("REDIS_URL")}
}

CELERY_BROKER_URL = env.broker("REDIS_URL", offset=1)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # A task whose worker was killed comes back within seconds; by itself Redis waits an hour.
    "visibility_timeout": 60,
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
    "queue_order_strategy": "priority",
    "socket_timeout": 10,
    "socket_connect_timeout": 5,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 50
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "sharing.deliveries.tasks.*": {"queue": "urgent"},
    "sharing.deliveries.digests.tasks.*": {"queue": "default"},
    "sharing.deliveries.ends.tasks.*": {"queue": "default"},
    "hub.trail.tasks.*": {"queue": "default"},
    "hub.rest.tasks.*": {"queue": "bulk"},
    "sharing.tasks.refresh_due": {"queue": "default"},
    "sharing.tasks.compare_grants": {"queue": "bulk"},
    "sharing.tasks.number_entries": {"queue": "default"},
    "sharing.receipts.tasks.*": {"queue": "default"},
    "sharing.briefings.tasks.*": {"queue": "bulk"},
    "sharing.intake.pulling.tasks.*": {"queue": "bulk"},
    "sharing.retention.tasks.*": {"queue": "bulk"},
    "sharing.exports.tasks.*": {"queue": "bulk"},
    "sharing.intake.tasks.look_for_uploads": {"queue": "default"},
    "sharing.intake.tasks.*": {"queue": "bulk"},
}
CELERY_BEAT_SCHEDULE = {
    # What was not sent at once, whatever the reason, is found here: the outbox promises, the broker hastens.
    "sweep": {"task": "sharing.deliveries.tasks.sweep", "schedule": 10.0, "options": {"expires": 10}},
    # Digests that are due. One that is convened late tells of all that came until then.
    "convene-digests": {
        "task": "sharing.deliveries.digests.tasks.convene",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    # What ended without a recall, for programs that were told of it.
    "tell-ends": {
        "task": "sharing.deliveries.ends.tasks.tell_ends",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    # A release that has begun, an end that has passed: the ends are exact without it, the starts wait for it.
    "refresh": {"task": "sharing.tasks.refresh_due", "schedule": 5.0, "options": {"expires": 5}},
    # What a suspension or a change of an agreement left to be recomputed; an agreement that begins; one near its end.
    "settle": {"task": "sharing.tasks.settle_grants", "schedule": 5.0, "options": {"expires": 5}},
    "begin-agreements": {
        "task": "sharing.tasks.begin_agreements",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "warn-of-ends": {"task": "sharing.tasks.warn_of_ends", "schedule": crontab(minute=23)},
    # Who was asked to acknowledge by a time: reminded ahead, told on when it is over.
    "remind": {"task": "sharing.receipts.tasks.remind_due", "schedule": 20.0, "options": {"expires": 20}},
    "remind-of-hubs": {
        "task": "sharing.intake.pulling.tasks.remind_of_hubs_due",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    # From partners' collections that are due; a long walk goes on with each run.
    "pull": {"task": "sharing.intake.pulling.tasks.pull_due", "schedule": 15.0, "options": {"expires": 15}},
    "tell-hubs": {
        "task": "sharing.intake.pulling.tasks.tell_due",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
    "fetch-photographs": {
        "task": "sharing.intake.pulling.tasks.fetch_photographs",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
    "number-entries": {
        "task": "sharing.tasks.number_entries",
        "schedule": 1.0,
        "options": {"expires": 1},
    },
    "number-trail": {"task": "hub.trail.tasks.number_trail", "schedule": 5.0, "options": {"expires": 5}},
    "tell-of-reviews": {
        "task": "sharing.retention.tasks.tell_of_reviews",
        "schedule": crontab(hour=12, minute=5),
    },
    # A page that was answered while its record was recalled: its ledger row may have come after the recall's look.
    "tell-of-recalls": {"task": "sharing.tasks.tell_of_recalls", "schedule": crontab(minute=41)},
    "look-for-uploads": {
        "task": "sharing.intake.tasks.look_for_uploads",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    "sweep-intake": {"task": "sharing.intake.tasks.sweep_intake", "schedule": crontab(minute=53)},
    "sweep-leftovers": {"task": "sharing.retention.tasks.sweep_leftovers", "schedule": crontab(minute=23)},
    # A file asked for while the broker was away, or that a dead worker left; and those that have had their day.
    "look-for-files": {
        "task": "sharing.exports.tasks.look_for_files",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "expire-files": {
        "task": "sharing.exports.tasks.expire_files",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    # Idempotency-Keys that are older than a day.
    "forget-keys": {"task": "hub.rest.tasks.forget_keys", "schedule": crontab(minute=47)},
    # Asked often, so that a mail server that was away costs minutes; each inspector is told once an hour.
    "mail-heads": {"task": "hub.trail.tasks.mail_heads", "schedule": 300.0, "options": {"expires": 300}},
    "compare-grants": {"task": "sharing.tasks.compare_grants", "schedule": crontab(hour=7, minute=11)},
}

# --- People and sessions ----------------------------------------------------------------------------------
AUTH_USER_MODEL = "hub.Person"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
ANONYMOUS_USER_NAME = None
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "hub.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
# CJIS: five failures in fifteen minutes. An address may have several people behind it.
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "30/15m/ip,5/15m/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_S = env.number("SESSION_ABSOLUTE_S", 12 * 3600, low=60, high=12 * 3600)
SESSION_IDLE_S = env.number("SESSION_IDLE_S", 30 * 60, low=60, high=12 * 3600)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not HUB_DEMO
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", "")

# --- What a browser may do with our pages -----------------------------------------------------------------
SECURE_SSL_REDIRECT = not HUB_DEMO
SECURE_HSTS_SECONDS = 0 if HUB_DEMO else 365 * 86400
SECURE_HSTS_INCLUDE_SUBDOMAINS = not HUB_DEMO
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

# --- REST -------------------------------------------------------------------------------------------------
# Requests a minute: of one token or person, and of one address that shows neither.
API_REQUESTS_A_MINUTE = env.number("API_REQUESTS_A_MINUTE", 600, low=1, high=1_000_000)
API_STRANGERS_A_MINUTE = env.number("API_STRANGERS_A_MINUTE", 60, low=1, high=1_000_000)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["hub.accounts.authentication.TokenOrSession"],
    "DEFAULT_PERMISSION_CLASSES": ["hub.accounts.authentication.ScopeAllows"],
    "DEFAULT_RENDERER_CLASSES": ["hub.rest.renderers.FastJSON"],
    "DEFAULT_PARSER_CLASSES": ["hub.rest.parsers.DepthBoundedJSON"],
    "DEFAULT_THROTTLE_CLASSES": ["hub.rest.limits.PerMinute"],
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_SCHEMA_CLASS": "hub.rest.described.HubSchema",
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "hub.accounts.problems.problem_json",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Drug concealment hub",
    "DESCRIPTION": _(
        "A token sees and does here what its person sees and does on the pages; show it with each request: "
        "`Authorization: Token <key>`. Lists come in pages: follow `next` until it is null. Errors are "
        "`application/problem+json`; what is hidden from you and what does not exist are the same 404."
    ),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["hub.accounts.authentication.ScopeAllows"],
    "OAS_VERSION": "3.1.0",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "RecordKind": "bulletins.records.models.Kind",
        "AgencyKind": "hub.agencies.models.AgencyKind",
        "IdentifierKind": "bulletins.vocabulary.lists.IdentifierKind",
        "Qualifier": "bulletins.vocabulary.lists.Qualifier",
        "Region": "bulletins.vocabulary.lists.Region",
        "Tlp": "bulletins.markings.models.TLP",
        "Urgency": "bulletins.publishing.models.Urgency",
        "AgreementState": "sharing.agreements.rules.Stand",
        "RecallAnswerKind": "sharing.recalls.models.AnswerKind",
        "DeliveryState": "sharing.deliveries.models.DeliveryState",
        "DeliveryChannel": "sharing.deliveries.models.Channel",
        "AlertKind": "sharing.deliveries.models.AlertKind",
        "CorrectionState": "sharing.corrections.models.CorrectionState",
    },
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "DISABLE_ERRORS_AND_WARNINGS": False,
}

# --- Files, mail, language --------------------------------------------------------------------------------
# The finders serve in place; the front-end build gzips once. A manifest would cost 45 s at each set-up.
STATIC_URL = "/static/"
STATICFILES_DIRS = [folder for folder in (ROOT / "build/static", ROOT / "assets/static") if folder.is_dir()]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 600
# Built files lie in a folder named by their content.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/[0-9a-f]{12}/"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": env.text("PHOTOGRAPHS", str(HUB_HOME / "photographs")),
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20

DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("MAIL_FROM", "hub@localhost")
if HUB_DEMO:
    EMAIL_BACKEND = "hub.outgoing.mail_folder.EmailBackend"
    EMAIL_FILE_PATH = HUB_HOME / "mail"
else:
    EMAIL_TIMEOUT = 10
    globals().update(env.mail("EMAIL_URL"))

# An amendment that is no hazard waits so long for the next one: several edits within minutes are told once.
SETTLE_EDITS_S = env.number("SETTLE_EDITS_S", 5 if HUB_DEMO else 120, low=0, high=3600)

# --- The way out ------------------------------------------------------------------------------------------
# Networks of one's own that hub/outgoing may reach; every other address must be a public one.
OUTGOING_ALLOW = env.networks("OUTGOING_ALLOW", "127.0.0.0/8,::1/128" if HUB_DEMO else "")
# Fernet keys for endpoints' secrets, the newest first; without any, one is derived from SECRET_KEY.
WEBHOOK_KEYS = env.fernet_keys("WEBHOOK_KEYS")
# How long a receiver has to answer; the first wait before it is tried again, doubled from then on; and after how long
# whoever has begun a delivery is taken for dead. Shorter ones are for tests.
DELIVERY_TIMEOUT_S = env.number("DELIVERY_TIMEOUT_S", 10, low=1, high=10)
DELIVERY_FIRST_WAIT_S = env.number("DELIVERY_FIRST_WAIT_S", 15, low=1, high=3600)
DELIVERY_CLAIM_S = env.number("DELIVERY_CLAIM_S", 50, low=3 * DELIVERY_TIMEOUT_S, high=600)

# What a monitor shows as a bearer at /metrics; without it there is no such page.
METRICS_TOKEN = env.text("METRICS_TOKEN", "")
if METRICS_TOKEN and len(METRICS_TOKEN) < 32:
    env.refuse("METRICS_TOKEN must have 32 characters at least")

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [ROOT / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    # Outside the demo an exception's own words stay out of the log: a database error quotes the row.
    "formatters": {"line": {"()": "hub.log.Line", "with_error_text": HUB_DEMO}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        "celery": {"level": "WARNING"},
    },
}
