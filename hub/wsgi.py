"""What gunicorn serves."""

import codecs
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
    environ["CONTENT_TYPE"] = _readable(environ.get("CONTENT_TYPE", ""))
    return serve(environ, start_response)


def _readable(media: str) -> str:
    """Without a charset that is an encoding and none of texts (zlib): Django would decode the address by it, and fail.

    One that is no encoding at all it passes over itself.
    """
    try:
        charset = parse_header_parameters(media)[1].get("charset", "utf-8")
        return media if codecs.lookup(charset)._is_text_encoding else media.partition(";")[0]
    except (LookupError, ValueError):
        return media


# Below get_wsgi_application(): these need the settings and the apps.
from django.conf import settings  # noqa: E402
from django.utils.http import parse_header_parameters  # noqa: E402

from hub.checks import refuse_unfit_login  # noqa: E402

refuse_unfit_login()
