"""Where an endpoint is, and what lets the hub into a collection. Whether the hub sends there, the way out says."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from sharing.deliveries.collection import basic, header_refusal


def _address(**options: Any) -> forms.CharField:
    # A URLInput of the browser's own would refuse what the hub has words for.
    return forms.CharField(
        max_length=500,
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        **options,
    )


def _hidden(label: Any, **options: Any) -> forms.CharField:
    """What is typed once and shown on no page."""
    return forms.CharField(
        label=label,
        required=False,
        strip=False,
        max_length=3000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        **options,
    )


class EndpointForm(forms.Form):
    url = _address(
        label=_("Address"),
        help_text=_(
            "https, and reached from the open network. What follows the server's name is kept secret."
        ),
    )


class CollectionForm(forms.Form):
    """`secret` is the header made of what was given: a name and a password, or a token."""

    url = _address(
        label=_("Address of the collection"),
        help_text=_(
            "https, as https://taxii.example.org/api/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/"
        ),
    )
    username = forms.CharField(
        label=_("User name"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    password = _hidden(_("Password"))
    header = forms.CharField(
        label=_("Header of the token"),
        initial="Authorization",
        required=False,
        max_length=61,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    token = _hidden(
        _("Token"), help_text=_("All that follows the header's name, as “Token 9f2c...” or “Bearer ...”")
    )

    secret = ""

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        username, password, token = (given.get(name, "") for name in ("username", "password", "token"))
        if bool(token) == bool(username or password):
            raise ValidationError(
                _now("Give a user name and a password, or a token: what the server asks for.")
            )
        if token:
            self.secret = f"{given.get('header', '').strip()}: {token.strip()}"
        elif not username or not password or ":" in username:
            raise ValidationError(_now("Give both, the user name without a colon."))
        else:
            self.secret = basic(username, password)
        if refusal := header_refusal(self.secret):
            self.add_error("token", refusal)
        return given
