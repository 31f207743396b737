"""The answer to a recall as people and programs send it: codes become agencies, the rest is judged by `rules`."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from hub.agencies.models import Agency

MOST_NAMED = 100


def agencies_named(codes: list[str]) -> list[int]:
    """The agencies of these codes, whichever case. Raises ValidationError for one that is none."""
    wanted = list(dict.fromkeys(code.upper() for code in codes))[:MOST_NAMED]
    found = dict(Agency.objects.filter(code__in=wanted).values_list("code", "pk"))
    unknown = [code for code in wanted if code not in found]
    if unknown:
        raise ValidationError(
            {"passed_to": [_("There is no agency %(codes)s in the hub.") % {"codes": ", ".join(unknown)}]}
        )
    return [found[code] for code in wanted]


def codes_in(text: str) -> list[str]:
    """Codes as people separate them: by commas, semicolons or spaces."""
    return [code for code in re.split(r"[\s,;]+", text[:2000]) if code]
