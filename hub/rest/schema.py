"""The API's description of itself: the schema, its pages for people, and how endpoints are described."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.utils import OpenApiResponse, extend_schema, inline_serializer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer

from hub.accounts.problems import MEDIA_TYPE
from hub.rest.filters import Filters
from hub.rest.views import HubView

F = TypeVar("F", bound=Callable[..., Any])
Shape = type[serializers.BaseSerializer[Any]]


class Problem(serializers.Serializer[Any]):
    """An error (RFC 9457). `errors` is there for a body or filter that was not understood, by field."""

    type = serializers.CharField()
    status = serializers.IntegerField()
    title = serializers.CharField()
    detail = serializers.CharField()
    errors = serializers.DictField(required=False)  # type: ignore[assignment]


MEANS = {
    400: _("Not understood, or refused for the reasons given"),
    401: _("No valid token, and nobody signed in"),
    403: _("You may see this, but not do that"),
    404: _("There is no such thing, or not for you"),
    410: _("It was taken back from your agency"),
    413: _("The body is too large"),
    429: _("Too many requests in this minute"),
}


def says(
    name: str,
    ok: Shape | Any,
    *,
    status: int = 200,
    body: Shape | dict[str, Any] | None = None,
    filters: type[Filters] | None = None,
    errors: tuple[int, ...] = (),
) -> Callable[[F], F]:
    """Describe an endpoint by name: its answer, its body and filters, its errors besides 400, 401 and 429."""
    answers: dict[Any, Any] = {status: ok}
    for code in sorted({400, 401, 429, *errors}):
        answers[code, MEDIA_TYPE] = OpenApiResponse(Problem, description=str(MEANS[code]))
    return extend_schema(
        operation_id=name,
        request=body,
        responses=answers,
        parameters=[filters] if filters else None,
    )


PAGES: dict[str, Any] = {}


def paged(rows: Any, name: str) -> Any:
    """The page of a list of `rows`, under one name wherever it is used."""
    if name not in PAGES:
        PAGES[name] = inline_serializer(
            name=f"{name}Page",
            fields={
                "next": serializers.URLField(allow_null=True),
                "previous": serializers.URLField(allow_null=True),
                "results": rows,
            },
        )
    return PAGES[name]


class SchemaView(HubView, SpectacularAPIView):
    """OpenAPI, as JSON unless YAML is asked for."""

    renderer_classes = [OpenApiJsonRenderer, OpenApiYamlRenderer, JSONRenderer]


class DocsFilters(Filters):
    script = serializers.CharField(required=False, allow_blank=True)


# Its style sheet draws small icons that are written out within it; nothing else is allowed beyond the usual.
@method_decorator(csp_update({"img-src": [SELF, "data:"]}), name="dispatch")
class DocsView(HubView, SpectacularSwaggerSplitView):
    """The schema to read and try. Its script has its own address: the pages' policy wants none inline."""

    filters = DocsFilters
    url_name = "api-schema"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated and "Authorization" not in request.headers:
            return redirect_to_login(request.get_full_path())
        return super().dispatch(request, *args, **kwargs)
