"""How bodies are read. A module of its own: the framework imports it while it is itself being imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.parsers import JSONParser

from hub.database.texts import can_be_kept


class DepthBoundedJSON(JSONParser):
    """JSON that is not nested without end, of texts that can be kept. How long it may be, Django says."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        try:
            found: dict[str, Any] = super().parse(stream, media_type, parser_context)
            wrong = _wrong(found)
        except RecursionError:
            raise exceptions.ParseError(_("The body is nested too deeply.")) from None
        if wrong:
            raise exceptions.ValidationError(wrong)
        return found


def _wrong(found: Any) -> Any:
    """Errors by place, as a body's are: of texts that the database cannot hold. Nothing where there is none."""
    if isinstance(found, str):
        return [] if can_be_kept(found) else [_unkept()]
    if isinstance(found, list):
        found = {str(place): each for place, each in enumerate(found)}
    if not isinstance(found, dict):
        return []
    wrong = {name: said for name, each in found.items() if can_be_kept(name) and (said := _wrong(each))}
    # A name of that kind cannot be repeated either.
    return wrong if all(map(can_be_kept, found)) else {**wrong, "non_field_errors": [_unkept()]}


def _unkept() -> str:
    return _(
        "A text with the character NUL, or with half of a surrogate pair (\\ud800 to \\udfff alone), cannot be kept: "
        "leave these out."
    )
