"""A peer as somebody types it. Whether it answers, the action says."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bulletins.markings.models import TLP
from sharing.intake.pulling.actions import Wanted
from sharing.intake.pulling.models import Peer, Scheme

EVERY = [
    (15, _("every 15 minutes")),
    (60, _("every hour")),
    (360, _("every 6 hours")),
    (1440, _("every day")),
]
QUIET = {"autocomplete": "off", "spellcheck": "false"}


class PeerForm(forms.Form):
    title = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("As your agency calls it. It stands beside all that comes from there."),
    )
    url = forms.CharField(
        label=_("Address of the collection"),
        max_length=500,
        help_text=_("https, as the partner gave it to you: it has /collections/ and an id at its end."),
        widget=forms.URLInput(attrs=QUIET),
    )
    scheme = forms.ChoiceField(
        label=_("What the partner gave you"), choices=Scheme.choices, widget=forms.RadioSelect
    )
    username = forms.CharField(
        label=_("User name"), max_length=150, required=False, widget=forms.TextInput(attrs=QUIET)
    )
    secret = forms.CharField(
        label=_("Password or token"),
        max_length=500,
        required=False,
        help_text=_("Kept encrypted and shown to nobody again."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    every_minutes = forms.TypedChoiceField(label=_("Fetch"), choices=EVERY, coerce=int, initial=60)
    unmarked = forms.ChoiceField(
        label=_("What bears no marking is taken for"),
        choices=[
            (TLP.STRICT, _("TLP:AMBER+STRICT, display only")),
            (TLP.RED, _("TLP:RED, display only")),
        ],
        initial=TLP.STRICT,
        help_text=_("What bears one keeps it."),
    )

    is_hub = forms.BooleanField(
        label=_("It is another hub like this one"),
        required=False,
        help_text=_(
            "What comes from it is posted as it is there, and bound as it is there: by its marking and by whose finding"
            " it is. What it takes back is taken back here."
        ),
    )

    def __init__(self, *args: Any, peer: Peer | None = None, **kwargs: Any) -> None:
        """Of one that is there: its secret is left as it is where none is typed."""
        if peer is not None:
            names = ("title", "url", "scheme", "username", "every_minutes", "unmarked", "is_hub")
            kwargs["initial"] = {name: getattr(peer, name) for name in names}
        else:
            kwargs.setdefault("initial", {"scheme": Scheme.BASIC})
        super().__init__(*args, **kwargs)
        if peer is not None:
            self.fields["secret"].help_text = _("Leave it empty to keep the one there is.")
            if peer.every_minutes not in dict(EVERY):
                self.fields["every_minutes"].choices = [  # type: ignore[attr-defined]
                    *EVERY,
                    (peer.every_minutes, _("every %(n)d minutes") % {"n": peer.every_minutes}),
                ]

    @property
    def wanted(self) -> Wanted:
        return Wanted(**self.cleaned_data)
