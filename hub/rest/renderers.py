"""How answers are written: JSON by orjson, several times as fast as the standard library's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
_default = JSONEncoder().default


class FastJSON(JSONRenderer):
    """The same JSON as the framework's. What orjson does not write (a number past 64 bits), that one does."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        context = dict(renderer_context or {})
        if data is not None and not self.get_indent(accepted_media_type or "", context):
            try:
                return orjson.dumps(data, default=_default, option=OPTIONS)
            except TypeError:
                pass
        found: bytes = super().render(data, accepted_media_type, renderer_context)
        return found
