"""The heads of the seals, mailed to inspectors each hour: what they hold, no change in the hub can take back."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from email.utils import parseaddr
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from hub.agencies.models import Person, Role
from hub.database.context import engine, viewing
from hub.trail.actions import record
from hub.trail.models import HeadMail, Seal
from hub.trail.seals import WATCH

log = logging.getLogger(__name__)
HOUR = timedelta(hours=1)
# A task each few minutes is never quite on the hour.
SLACK = timedelta(minutes=2)
LISTED = 120
LOCK = 7_304


def mail_heads(*, at: datetime) -> int:
    """Mail the newest heads to each active inspector who has had none for an hour; return how many mails went out.

    A mail that fails is tried again when this is next called. Nothing is said twice: no new seal, no mail.
    """
    sent = 0
    for person in Person.objects.filter(is_active=True, roles__contains=[Role.INSPECTOR]).order_by("pk"):
        with viewing(WATCH):
            # One at a time, also when two workers were told to.
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])
            sent += _mail(person, at)
    return sent


def _mail(person: Person, at: datetime) -> int:
    last = HeadMail.objects.filter(person_id=person.pk).order_by("-at", "-id").first()
    if last is not None and at - last.at < HOUR - SLACK:
        return 0
    fresh = Seal.objects.filter(number__gt=last.seal_id if last else 0).defer("ids", "digests")
    seals = list(fresh.order_by("-number")[:LISTED])
    if not seals:
        return 0
    newest = seals[0]
    if not person.email:
        log.warning("an inspector has no address: no head is mailed to them")
        return 0
    failed = ""
    try:
        compose(person, seals).send()
    except (SMTPException, OSError) as error:
        failed = type(error).__name__
        log.warning("a head could not be mailed: %s", failed)
    record(
        "seal.mail",
        viewer=WATCH,
        at=at,
        outcome="failed" if failed else "ok",
        object_type="person",
        object_id=person.username,
        rows=len(seals),
        reason=failed,
        seal=newest.number,
        head=newest.head,
    )
    if failed:
        return 0
    with engine():
        HeadMail.objects.create(seal=newest, person_id=person.pk, person=person.username, at=at)
    return 1


def compose(person: Person, seals: list[Seal]) -> EmailMessage:
    """Plain text: heads, when, and what to do with them. Nothing of any row."""
    newest = seals[0]
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "hub.invalid"
    context: dict[str, Any] = {"newest": newest, "seals": seals, "site": settings.SITE_URL}
    return EmailMessage(
        subject=_("Head of the trail: seal %(number)d") % {"number": newest.number},
        body=render_to_string("hub/mail/trail_head.txt", context),
        to=[person.email],
        headers={
            "List-Id": f"<trail.{domain}>",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
