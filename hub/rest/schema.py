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
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, inline_serializer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer

from hub.accounts.problems import MEDIA_TYPE
from hub.rest.described import MEANS
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


class Tombstone(Problem):
    """What stands where a record stood, for those it was taken back from."""

    uid = serializers.UUIDField()
    ref = serializers.CharField()
    owner = serializers.CharField()
    ended_at = serializers.DateTimeField()
    recalled_at = serializers.DateTimeField(allow_null=True)
    recalled_version = serializers.IntegerField(allow_null=True, help_text=_("one version alone"))
    reason = serializers.CharField()


def says(
    name: str,
    ok: Shape | Any,
    *,
    status: int = 200,
    body: Shape | dict[str, Any] | None = None,
    filters: type[Filters] | None = None,
    errors: tuple[int, ...] = (),
) -> Callable[[F], F]:
    """Describe an endpoint by name: its answer, its body and filters, and the errors of its own (see HubSchema)."""
    answers: dict[Any, Any] = {status: ok}
    for code in sorted({400, *errors}):
        shape = Tombstone if code == 410 else Problem
        answers[code, MEDIA_TYPE] = OpenApiResponse(shape, description=str(MEANS[code]))
    given = [
        OpenApiExample(
            "example", value=example, request_only=shape is not ok, response_only=shape is not body
        )
        for shape in (body, ok)
        if (example := getattr(shape, "example", None))
    ]
    return extend_schema(
        operation_id=name,
        request=body,
        responses=answers,
        parameters=[filters] if filters else None,
        examples=given,
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
