"""The extension and its schema, for whoever reads STIX of this hub: no live data, so no sign-in."""

from __future__ import annotations

import orjson
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from sharing.stix.extension import extension_definition, schema


@require_safe
def extension_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        orjson.dumps(extension_definition()), content_type="application/stix+json;version=2.1"
    )


@require_safe
def schema_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(orjson.dumps(schema()), content_type="application/schema+json")
