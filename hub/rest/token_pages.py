"""The pages of one's own tokens."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub.accounts.models import TokenScope
from hub.accounts.tokens import LONGEST_DAYS
from hub.accounts.viewer import Viewer
from hub.rest.tokens import end_token, make_token, own_tokens, tokens_of

SCOPES = [
    (TokenScope.READ, gettext_lazy("Read what I see, through the API")),
    (TokenScope.WRITE, gettext_lazy("Read, and write what I may write, through the API")),
    (TokenScope.TAXII, gettext_lazy("Machine feeds alone")),
]


class TokenForm(forms.Form):
    label = forms.CharField(
        label=gettext_lazy("What it is for"),
        max_length=60,
        help_text=gettext_lazy("So that you know it again when it is to be revoked"),
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("What it may do"),
        choices=SCOPES,
        initial=TokenScope.READ,
        widget=forms.RadioSelect,
    )
    days = forms.IntegerField(
        label=gettext_lazy("Days until it ends"), min_value=1, max_value=LONGEST_DAYS, initial=90
    )


@login_required
@never_cache
@require_safe
def tokens(request: HttpRequest) -> HttpResponse:
    """Those that work, those that no longer do, and when each was last used."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return render(request, "hub/tokens.html", {"tokens": tokens_of(viewer, at=timezone.now())})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Make one. It outlives the session, so the password is asked for again; the answer shows the key, once."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    if not did_recently_reauthenticate(request):
        here = urlencode({"next": request.path})
        return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?{here}")
    form = TokenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            key = make_token(viewer, **form.cleaned_data, at=timezone.now())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return render(request, "hub/token_key.html", {"key": key, "label": form.cleaned_data["label"]})
    return render(request, "hub/token_new.html", {"form": form}, status=400 if form.errors else 200)


@login_required
@require_POST
def revoke(request: HttpRequest, uid: UUID) -> HttpResponse:
    """End one of one's own at once."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    token = get_object_or_404(own_tokens(viewer), uid=uid)
    if end_token(viewer, token, at=timezone.now()):
        messages.success(request, _("The token is revoked: it opens nothing any more."))
    return HttpResponseRedirect(reverse("tokens"))
