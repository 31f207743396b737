"""What gunicorn serves."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")

serve = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The hub; a demo, where all share one password, for this machine alone however the server listens."""
    if settings.HUB_DEMO and environ.get("REMOTE_ADDR") not in ("127.0.0.1", "::1", "", None):
        start_response("403 Forbidden", [("Content-Type", "text/plain")])
        return [b"A demo hub answers its own machine only.\n"]
    return serve(environ, start_response)


# Below get_wsgi_application(): these need the settings and the apps.
from django.conf import settings  # noqa: E402

from hub.checks import refuse_unfit_login  # noqa: E402

refuse_unfit_login()
