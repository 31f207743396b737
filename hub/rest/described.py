"""What is true of every endpoint, described once: errors, validators, keys, limits. The schema's class."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.openapi import AutoSchema

from hub.accounts.problems import MEDIA_TYPE

MEANS = {
    400: _("Not understood, or refused for the reasons given"),
    401: _("No valid token, and nobody signed in"),
    403: _("You may see this, but not do that"),
    404: _("There is no such thing, or not for you"),
    406: _("It is not given in the form that Accept asks for"),
    409: _("A request with this Idempotency-Key is under way"),
    410: _("It was taken back from your agency"),
    412: _("It has changed since you read it: If-Match names something else"),
    413: _("The body is too large"),
    415: _("The body is not of the type that is described"),
    422: _("This Idempotency-Key was used for another request"),
    429: _("Too many requests in this minute"),
}
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


def _header(text: Any, kind: str = "string") -> dict[str, Any]:
    return {"description": str(text), "schema": {"type": kind}}


def _parameter(name: str, text: Any, most: int) -> dict[str, Any]:
    return {
        "in": "header",
        "name": name,
        "description": str(text),
        "required": False,
        "schema": {"type": "string", "minLength": 1, "maxLength": most, "pattern": "^[!-~]+$"},
    }


class HubSchema(AutoSchema):
    """Adds to each operation what HubView does for all of them."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        view: Any = self.view
        tagged = getattr(view, "tagged", False)
        matched = getattr(view, "matched", False) and self.method in UNSAFE
        answers = operation["responses"]
        for code in self._errors(matched, "requestBody" in operation):
            answers.setdefault(str(code), self._problem(code))
        if parameters := self._parameters(tagged, matched):
            operation.setdefault("parameters", []).extend(parameters)
        if tagged and self.method == "GET":
            answers["304"] = {"description": str(_("You have it as it is: If-None-Match names it"))}
        for code, answer in answers.items():
            answer.setdefault("headers", {}).update(self._headers(code, tagged))
        operation["responses"] = dict(sorted(answers.items()))
        return operation

    def _errors(self, matched: bool, has_body: bool) -> set[int]:
        codes = {401, 406, 429}
        if self.method in UNSAFE:
            codes |= {403, 413}
        if has_body:
            codes |= {415}
        if self.method == "POST":
            codes |= {409, 422}
        if matched:
            codes |= {412}
        return codes

    def _parameters(self, tagged: bool, matched: bool) -> list[dict[str, Any]]:
        found = []
        if self.method == "POST":
            found.append(
                _parameter(
                    "Idempotency-Key",
                    _(
                        "of your making, new for each deed: sent again within a day, it is answered and not done again"
                    ),
                    255,
                )
            )
        if tagged and self.method == "GET":
            found.append(_parameter("If-None-Match", _("the ETag of what you have"), 200))
        if matched:
            found.append(
                _parameter("If-Match", _("the ETag of what you read: refused if it has changed"), 200)
            )
        return found

    def _headers(self, code: str, tagged: bool) -> dict[str, Any]:
        found = {
            "RateLimit": _header(_('`"minute";r=`requests left`;t=`seconds until there are new ones')),
            "RateLimit-Policy": _header(_('`"minute";q=`requests`;w=60`')),
        }
        if code == "429":
            found["Retry-After"] = _header(_("seconds to wait"), "integer")
        if code == "401":
            found["WWW-Authenticate"] = _header(_("`Token`"))
        if code in ("200", "201", "202") and self.method == "POST":
            found["Content-Location"] = _header(_("where this is read from now on, if it has an address"))
            found["Idempotency-Replayed"] = _header(_("`true` where it was done before"))
        if code == "201":
            found["Location"] = _header(_("the address of what was made, if it has one"))
        if code in ("200", "201", "304") and (tagged or self.method != "GET"):
            found["ETag"] = _header(_("of what you are shown: strong, and yours alone"))
        return found

    def _problem(self, code: int) -> dict[str, Any]:
        return {
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            "description": str(MEANS[code]),
        }
