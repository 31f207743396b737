"""Taking back, and carrying over: the pages that change what was released."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bulletins.faces.wording import Reworded, texts_of
from bulletins.models import Record, Version
from bulletins.vocabulary.lists import FieldGroup
from hub.accounts.viewer import Viewer
from sharing.audiences.holders import Holders, holders_of
from sharing.audiences.naming import offers
from sharing.corrections.querysets import taken_into
from sharing.flow import carry_over, recall, tell_corrected
from sharing.pages.access import head_of, own_record
from sharing.pages.releasing import OtherWords, Standing, standing, target_key
from sharing.recalls.proof import had_before
from sharing.releases.facts import World, load
from sharing.releases.forms import other_words_in
from sharing.releases.grounds import Decision
from sharing.releases.models import Release
from sharing.releases.querysets import live_releases
from sharing.releases.rules import decide

LONGEST_REASON = 500
Words = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Behind:
    """A live release on an older version, and what carrying it over would change."""

    release: Standing
    newer: tuple[str, ...]
    unseen: tuple[str, ...]
    losing: tuple[str, ...]
    told: bool = False
    other_words: tuple[OtherWords, ...] = ()


@dataclass(frozen=True)
class Extent:
    """What may be taken back: all, or one version. `codes` lose it, of `communities` members are not listed,
    `earlier` had it once and are told; `older` says that an older version is out, too."""

    version: int | None
    codes: tuple[str, ...]
    communities: tuple[str, ...]
    earlier: tuple[str, ...]
    older: bool = False
    chosen: bool = False

    @property
    def value(self) -> str:
        return "all" if self.version is None else str(self.version)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def recall_page(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """Says what a recall does and to whom; with a reason it is done at once."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    record = own_record(request, kind, ref, "record.recall")
    head = head_of(record, viewer)
    holders = holders_of(record.pk, viewer)
    asked = (
        request.POST.get("version", "all") if request.method == "POST" else request.GET.get("version", "all")
    )
    extents = extents_of(record, viewer, holders, asked=asked)
    chosen = next((each for each in extents if each.chosen), None)
    reason, errors = "", []
    if request.method == "POST":
        reason = request.POST.get("reason", "").replace("\0", "").strip()
        if len(reason) > LONGEST_REASON:
            errors = [_("Say it in %(n)d characters at most.") % {"n": LONGEST_REASON}]
        elif chosen is None and asked != "all":
            errors = [_("There is no such version to recall.")]
        else:
            errors = _recall(record, reason, chosen, request.POST.get("fall_back") == "yes", viewer)
        if not errors:
            messages.success(request, _recalled(chosen))
            return HttpResponseRedirect(head.path)
    context = {
        "head": head,
        "page_marking": head.marking,
        "holders": holders,
        "standing": standing(live_releases(record.pk)),
        "extents": extents,
        "chosen": chosen,
        "possible": bool(extents),
        "reason": reason,
        "errors": errors,
        "longest": LONGEST_REASON,
    }
    return render(request, "sharing/recall.html", context, status=400 if errors else 200)


def _recall(record: Record, reason: str, chosen: Extent | None, fall_back: bool, viewer: Viewer) -> list[str]:
    version = chosen.version if chosen else None
    try:
        with transaction.atomic():
            recall(
                record, reason=reason, viewer=viewer, at=timezone.now(), version=version, fall_back=fall_back
            )
    except ValidationError as error:
        return list(error.messages)
    return []


def extents_of(record: Record, viewer: Viewer, holders: Holders, *, asked: str) -> list[Extent]:
    """All of it first, then each version that is out or was given to somebody; none where there is nothing to do."""
    live = list(live_releases(record.pk))
    had = had_before(record, viewer)
    held = {holder.code: holder.version for holder in holders.agencies}
    versions = sorted(
        {row.version for row in live} | set(held.values()) | {version for _code, version in had}, reverse=True
    )
    if not versions:
        return []
    hidden = set(holders.communities)

    def extent(version: int | None) -> Extent:
        codes = tuple(code for code, of in held.items() if version in (None, of))
        told = {code for code, of in had if version in (None, of)} - set(codes)
        rows = [row for row in live if version in (None, row.version)]
        return Extent(
            version=version,
            codes=codes,
            communities=tuple(
                sorted({row.community.name for row in rows if row.community and row.community.name in hidden})
            ),
            earlier=tuple(sorted(told)),
            older=version is not None and any(row.version < version for row in live),
            chosen=asked == ("all" if version is None else str(version)),
        )

    return [extent(None), *(extent(version) for version in versions if len(versions) > 1)]


def _recalled(chosen: Extent | None) -> str:
    number = len(chosen.codes) + len(chosen.earlier) if chosen else 0
    told = ngettext("%(n)d agency is told.", "%(n)d agencies are told.", number) % {"n": number}
    if chosen is not None and chosen.version is not None:
        return _("Version %(version)d recalled. %(told)s") % {"version": chosen.version, "told": told}
    return _("Recalled. %(told)s") % {"told": told}


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def carry_over_page(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """Which of the live releases get the newest version; the others keep the one they have."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    record = own_record(request, kind, ref, "record.extend")
    head = head_of(record, viewer)
    behind = [row for row in live_releases(record.pk) if row.version < record.latest]
    error = ""
    if request.method == "POST":
        wanted = set(request.POST.getlist("release"))
        chosen = [row.pk for row in behind if target_key(row) in wanted]
        tell = request.POST.get("do") == "tell"
        words = _wording(request, behind)
        error = _carried(record, chosen, viewer, tell=tell, words=words) if chosen else ""
        if chosen and not error and tell:
            messages.success(request, _("Those who keep an older version are told that it was corrected."))
            return HttpResponseRedirect(request.path)
        if chosen and not error:
            said = ngettext(
                "%(n)d release now carries version %(version)d.",
                "%(n)d releases now carry version %(version)d.",
                len(chosen),
            )
            messages.success(request, said % {"n": len(chosen), "version": record.latest})
            return HttpResponseRedirect(head.path)
        error = error or _("Choose at least one release, or leave all as they are.")
    context = {
        "head": head,
        "page_marking": head.marking,
        "behind": _changes(record, behind, {each.agency for each in holders_of(record.pk, viewer).agencies}),
        "notes": _notes(record, behind),
        "taken": taken_into(record, viewer, {row.version for row in behind}),
        "error": error,
    }
    return render(request, "sharing/carry_over.html", context, status=400 if error else 200)


def _wording(request: HttpRequest, behind: list[Release]) -> dict[int, Words]:
    """What was written in other words, by release; a release of which nothing was asked is not in it."""
    found = {row.pk: other_words_in(request.POST, target_key(row)) for row in behind}
    return {pk: words for pk, words in found.items() if words is not None}


def _carried(
    record: Record, chosen: list[int], viewer: Viewer, *, tell: bool, words: dict[int, Words]
) -> str:
    """Carry it over, or only tell of it; or why that cannot be."""
    now = timezone.now()
    try:
        with transaction.atomic():
            if tell:
                tell_corrected(record, chosen, viewer=viewer, at=now)
            else:
                carry_over(record, chosen, viewer=viewer, at=now, wording=words)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def _changes(record: Record, behind: list[Release], holding: set[int]) -> list[Behind]:
    if not behind:
        return []
    contents = dict(Version.objects.filter(record=record).values_list("number", "content"))
    newest = contents[record.latest]
    world = load([record.pk])
    found = []
    for row, line in zip(behind, standing(behind), strict=True):
        older = contents[row.version]
        then = _decided(world, record, row, holding)
        changed = [group for group in FieldGroup if older.get(group) != newest.get(group)]
        found.append(
            Behind(
                release=line,
                newer=tuple(str(group.label) for group in changed if group not in row.withheld),
                unseen=tuple(str(group.label) for group in changed if group in row.withheld),
                losing=tuple(sorted(world.parties[pk].code for pk, each in then.items() if not each.allowed)),
                told=row.told_version >= record.latest,
                other_words=_asked(world, row, line, then, contents),
            )
        )
    return found


def _decided(world: World, record: Record, row: Release, holding: set[int]) -> dict[int, Decision]:
    """How it would be decided for those holding it, were this release carried over: some might be left with nothing,
    for want of the originator's consent, say."""
    facts = world.facts[record.pk]
    carried = tuple(
        replace(reach, version=record.latest) if reach.id == row.pk else reach for reach in facts.releases
    )
    then, now = replace(facts, releases=carried), timezone.now()
    return {pk: decide(world.subjects[record.pk], world.parties[pk], then, now) for pk in holding}


def _asked(
    world: World,
    row: Release,
    line: Standing,
    then: dict[int, Decision],
    contents: dict[int, dict[str, Any]],
) -> tuple[OtherWords, ...]:
    """The texts that this release says in other words, and those of the newest version that name what is withheld.

    Where the author has written a text anew, the older wording is offered: whether it still fits is for people.
    """
    newest, older = contents[max(contents)], contents[row.version]
    said = texts_of(newest)
    reach = next(each for each in world.facts[row.record_id].releases if each.id == row.pk)
    kept = tuple(
        Reworded(each.field, each.text, said[each.field]) for each in reach.wording if each.field in said
    )
    carried = replace(reach, version=max(contents), wording=kept)
    return tuple(
        OtherWords(
            offer=offer,
            key=line.key,
            slug=slugify(f"{line.key}-{offer.field}"),
            to=line.to,
            anew=offer.field in row.wording and said[offer.field] != texts_of(older).get(offer.field),
        )
        for offer in offers(world, row.record_id, [carried], then, newest)
    )


def _notes(record: Record, behind: list[Release]) -> list[tuple[int, str]]:
    """What the author said of each version since the oldest that is out."""
    if not behind:
        return []
    oldest = min(row.version for row in behind)
    rows = Version.objects.filter(record=record, number__gt=oldest).order_by("-number")
    return [(number, note) for number, note in rows.values_list("number", "note") if note]
