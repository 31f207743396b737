"""The pages of subscriptions: the list, the form with what it would have brought, pausing, and the link in mails."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub.accounts.viewer import Viewer, desk_of
from hub.agencies.models import Agency
from hub.database.context import viewing
from hub.trail.actions import denied
from sharing.disclosures.actions import disclose
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.presenting import row_of
from sharing.disclosures.reading import marking_of_page
from sharing.disclosures.rules import Channel as Way
from sharing.subscriptions.actions import change, pause, remove, resume, stop_mail, subscribe
from sharing.subscriptions.forms import DESK, ME, SubscriptionForm
from sharing.subscriptions.links import opened, recipient_of
from sharing.subscriptions.models import Channel, Subscription
from sharing.subscriptions.querysets import COUNTED, brought, counts_of, endpoint_names
from sharing.subscriptions.rules import may_change, may_manage_desk, may_subscribe
from sharing.subscriptions.wishes import Wish, asked_by, columns_of, wish_of, wished, wishes_of
from sharing.subscriptions.wording import asked_in_words, told_in_words

WRITES = ["GET", "HEAD", "POST"]
NEWEST = 5


@dataclass(frozen=True)
class Line:
    """A subscription as the list says it; `count` of the last 90 days, as its recipient is shown them."""

    href: str
    title: str
    asks: list[str]
    told: str
    count: str
    paused_at: datetime | None
    next_at: datetime | None
    changeable: bool


@dataclass(frozen=True)
class Brought:
    """What it would have brought: how many, the newest of them, and why nothing can be said."""

    total: str
    number: int
    shown: list[Disclosure]
    wrong: list[str]


@login_required
@require_safe
def subscriptions(request: HttpRequest) -> HttpResponse:
    """The reader's own, and their desk's."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    rows = list(
        Subscription.objects.visible_to(viewer).select_related("endpoint").order_by("person_id", "id")
        if may_subscribe(viewer)
        else []
    )
    own, desk = [row for row in rows if row.person_id], [row for row in rows if not row.person_id]
    context = {
        "own": _lines(own, viewer),
        "desk": _lines(desk, viewer),
        "may_subscribe": may_subscribe(viewer),
        "may_manage": may_manage_desk(viewer),
        "crumbs": [(_("Inbox"), "/inbox/")],
    }
    return render(request, "sharing/subscriptions.html", context)


@login_required
@never_cache
@require_http_methods(WRITES)
def new(request: HttpRequest) -> HttpResponse:
    """A new one; the filters of a list or search in the address are its first."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    _allow(may_subscribe(viewer), viewer, "subscription.make")
    asked = asked_by(request.GET)
    data = request.POST if request.method == "POST" else None
    first = {"whose": ME, "channels": [Channel.INBOX.value], "title": _title(asked), **asked}
    form = _form(viewer, data, desk=None if may_manage_desk(viewer) else False, initial=first)
    if data is not None and form.is_valid():
        try:
            with transaction.atomic():
                subscribe(form.wish(), desk=form.desk, viewer=viewer, at=timezone.now())
        except ValidationError as error:
            _say(form, error)
        else:
            messages.success(request, _("Subscribed to “%(name)s”.") % {"name": form.wish().title.strip()})
            return HttpResponseRedirect("/subscriptions/")
    wish = wished(Wish(), asked)
    if data is not None:
        wish = form.wish() if form.is_valid() else Wish()
    found = _brought(wish, viewer, desk=data is not None and form.is_valid() and form.desk)
    context = {"form": form, "past": "month" in request.GET, **_shown(found)}
    return _page(request, form, context)


@login_required
@never_cache
@require_http_methods(WRITES)
def one(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One of them: what it brought, and for whose it is to change, the form."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = _found(uid, viewer)
    desk, wish = row.person_id is None, wish_of(row)
    changeable = may_change(viewer, agency=row.agency_id, person=row.person_id)
    if request.method == "POST":
        _allow(changeable, viewer, "subscription.change", row)
    data = request.POST if request.method == "POST" else None
    form = _form(viewer, data, desk=desk, initial=asdict(wish), kept=wish)
    if data is not None and form.is_valid():
        try:
            with transaction.atomic():
                change(row, form.wish(), viewer=viewer, at=timezone.now())
        except ValidationError as error:
            _say(form, error)
        else:
            messages.success(request, _("Changed."))
            return HttpResponseRedirect("/subscriptions/")
    found = _brought(wish, viewer, desk=desk)
    context = {
        "form": form,
        "row": _line(row, wish, viewer, found.number),
        "desk": desk,
        "changeable": changeable,
        "address": f"/subscriptions/{row.uid}/",
        **_shown(found),
    }
    return _page(request, form, context)


@login_required
@never_cache
@require_safe
def preview(request: HttpRequest) -> HttpResponse:
    """What the form as it stands would have brought: the fragment that follows it."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    _allow(may_subscribe(viewer), viewer, "subscription.make")
    manages = may_manage_desk(viewer)
    form = _form(viewer, request.GET, desk=None if manages else False, filters_only=True)
    if not form.is_valid():
        texts = [f"{form[name].label}: {error}" for name, errors in form.errors.items() for error in errors]
        found = Brought("", 0, [], texts)
    else:
        found = _brought(form.wish(), viewer, desk=manages and request.GET.get("whose") == DESK)
    return render(request, "sharing/subscription_brought.html", _shown(found) | {"fragment": True})


@login_required
@require_POST
def deed(request: HttpRequest, uid: UUID, verb: str) -> HttpResponse:
    """Pause, resume or remove one."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = _found(uid, viewer)
    _allow(
        may_change(viewer, agency=row.agency_id, person=row.person_id), viewer, f"subscription.{verb}", row
    )
    at = timezone.now()
    {"pause": pause, "resume": resume, "remove": remove}[verb](row, viewer=viewer, at=at)
    words = {
        "pause": _("Paused “%(name)s”: what comes meanwhile is not told later."),
        "resume": _("“%(name)s” goes on from now."),
        "remove": _("Removed “%(name)s”."),
    }
    messages.success(request, words[verb] % {"name": row.title})
    return HttpResponseRedirect("/subscriptions/")


@csrf_exempt
@never_cache
@require_http_methods(WRITES)
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """The link in a mail (RFC 8058). Only POST stops anything; the page names nothing, and answers any link alike."""
    if request.method == "POST":
        link = opened(token)
        if link is not None:
            who = recipient_of(link)
            with viewing(who):
                for row in Subscription.objects.visible_to(who).filter(uid__in=link.subscriptions):
                    if row.person_id == link.person:
                        stop_mail(row, viewer=who, at=timezone.now())
    return render(request, "sharing/unsubscribe.html", {"done": request.method == "POST"})


# --- What the pages are made of ----------------------------------------------------------------------------
def _found(uid: UUID, viewer: Viewer) -> Subscription:
    rows = Subscription.objects.visible_to(viewer).select_related("endpoint")
    return get_object_or_404(rows, uid=uid)


def _allow(allowed: bool, viewer: Viewer, event: str, row: Subscription | None = None) -> None:
    if not allowed:
        why = _("What the desk is told, its liaison and administrators change; yours you make yourself.")
        raise denied(event, viewer, why, kind="subscription", ref=str(row.uid) if row else "")


def _form(viewer: Viewer, data: Any, *, desk: bool | None, **options: Any) -> SubscriptionForm:
    endpoints = endpoint_names(viewer) if desk is not False else {}
    return SubscriptionForm(data, desk=desk, endpoints=endpoints, **options)


def _say(form: SubscriptionForm, error: ValidationError) -> None:
    """Each at its field; what has none, above the form."""
    found = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for name, texts in found.items():
        for text in texts:
            form.add_error(name if name in form.fields else None, text)


def _page(request: HttpRequest, form: SubscriptionForm, context: dict[str, Any]) -> HttpResponse:
    context |= {
        "page_marking": marking_of_page(context.pop("disclosed")),
        "crumbs": [(_("Inbox"), "/inbox/"), (_("Subscriptions"), "/subscriptions/")],
    }
    return render(request, "sharing/subscription.html", context, status=400 if form.errors else 200)


def _title(asked: dict[str, Any]) -> str:
    """A name to begin with, of what the address asks for."""
    words = asked_in_words(wished(Wish(), asked)) if asked else []
    parts = [text.partition(": ")[2] or text for text in words]
    return ", ".join(parts)[:120]


def _as(viewer: Viewer, *, desk: bool) -> Any:
    """The eyes of the recipient: the desk's, or the viewer's own."""
    if not desk:
        return nullcontext(viewer)
    return viewing(desk_of(Agency.objects.get(pk=viewer.agency_id)))


def _brought(wish: Wish, viewer: Viewer, *, desk: bool) -> Brought:
    """Counted as the recipient is shown them; what the page shows of them is disclosed to its reader."""
    with _as(viewer, desk=desk) as who:
        rows = brought(who, columns_of(wish), at=timezone.now())
        total = rows.number(most=COUNTED + 1)
        ids = [pk for (pk,) in rows.look("record_id", most=NEWEST)]
    return Brought(_counted(total), total, disclose(viewer, ids, Way.PAGE), [])


def _shown(found: Brought) -> dict[str, Any]:
    return {
        "total": found.total,
        "number": found.number,
        "wrong": found.wrong,
        "rows": [row_of(each, with_kind=True) for each in found.shown],
        "disclosed": found.shown,
        "fragment_marking": marking_of_page(found.shown),
    }


def _lines(rows: list[Subscription], viewer: Viewer) -> list[Line]:
    """All of one recipient's, counted in one statement."""
    if not rows:
        return []
    with _as(viewer, desk=rows[0].person_id is None) as who:
        counts = counts_of(who, [row.pk for row in rows], at=timezone.now())
    wishes = wishes_of(rows)
    return [_line(row, wishes[row.pk], viewer, counts.get(row.pk, 0)) for row in rows]


def _line(row: Subscription, wish: Wish, viewer: Viewer, number: int) -> Line:
    return Line(
        href=f"/subscriptions/{row.uid}/",
        title=row.title,
        asks=asked_in_words(wish),
        told=told_in_words(wish),
        count=_counted(number),
        paused_at=row.paused_at,
        next_at=row.next_at if row.paused_at is None else None,
        changeable=may_change(viewer, agency=row.agency_id, person=row.person_id),
    )


def _counted(number: int) -> str:
    return f"{COUNTED:,}+" if number > COUNTED else f"{number:,}"
