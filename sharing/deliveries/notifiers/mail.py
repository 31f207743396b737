"""Mail to a desk. What it may say depends on the marking: mail crosses servers nobody here controls."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from email.utils import parseaddr
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from threading import local
from typing import Any, Self

from django.conf import settings
from django.core.mail import BadHeaderError, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from bulletins.markings.rules import Marking
from sharing.deliveries.digests.mail import digest_in_mail
from sharing.deliveries.message import Message
from sharing.deliveries.models import AlertKind
from sharing.deliveries.notifiers.base import Notifier, Undelivered
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.rules import Carries, Channel, carries

RECORDS = ("/bulletins/", "/seizures/")
# Signs that turn the direction of what follows, and so could make a marking read otherwise.
TURNING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Of one connection.
MAILS = 50
_REFUSED = "the mailbox was refused"


class MailNotifier(Notifier):
    """A few threads, each with a connection to the mail server that it keeps while the run lasts."""

    at_once, reserved = 4, 1

    async def __aenter__(self) -> Self:
        self._pool = ThreadPoolExecutor(self.at_once, thread_name_prefix="mail")
        self._mine = local()
        self._open: set[BaseEmailBackend] = set()
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        for each in self._open:
            with suppress(SMTPException, OSError):
                each.close()

    async def send(self, message: Message) -> None:
        await asyncio.get_running_loop().run_in_executor(self._pool, self._post, message)

    def _post(self, message: Message) -> None:
        try:
            mail = compose(message)
            mail.connection = self._connected()
            mail.send()
        except SMTPRecipientsRefused as error:
            refused = all(code >= 500 for code, _text in error.recipients.values())
            reason = _REFUSED if refused else "the mailbox was refused"
            raise Undelivered(reason, permanent=refused) from error
        except SMTPResponseException as error:
            self._drop()
            raise Undelivered(f"the mail server answered {error.smtp_code}") from error
        except (BadHeaderError, UnicodeError) as error:
            raise Undelivered("the mail could not be written", permanent=True) from error
        except (SMTPException, OSError) as error:
            self._drop()
            raise Undelivered("the mail server is not reachable") from error

    def _connected(self) -> BaseEmailBackend:
        """The thread's own connection; after so many mails a new one, as servers want it."""
        if getattr(self._mine, "left", 0) <= 0:
            self._drop()
            self._mine.server, self._mine.left = get_connection(), MAILS
            self._mine.server.open()
            self._open.add(self._mine.server)
        self._mine.left -= 1
        found: BaseEmailBackend = self._mine.server
        return found

    def _drop(self) -> None:
        """What went wrong once is not used again."""
        self._mine.left = 0
        server = getattr(self._mine, "server", None)
        if server in self._open:
            self._open.discard(server)
            with suppress(SMTPException, OSError):
                server.close()


def compose(message: Message) -> EmailMultiAlternatives:
    """The mail as it goes out: plain text and HTML, threaded by record, named after the delivery for ever."""
    subject, template, context = _content(message)
    context |= {"unsubscribe": message.unsubscribe, "subscriptions": f"{settings.SITE_URL}/subscriptions/"}
    mail = EmailMultiAlternatives(
        subject=_one_line(subject),
        body=_body(render_to_string(f"sharing/mail/{template}.txt", context)),
        to=[message.address],
        headers=_headers(message),
    )
    mail.attach_alternative(_body(render_to_string(f"sharing/mail/{template}.html", context)), "text/html")
    return mail


def _content(message: Message) -> tuple[str, str, dict[str, Any]]:
    """Subject, template and context."""
    site = settings.SITE_URL
    if message.digest is not None:
        return digest_in_mail(message.digest)
    if message.recalled is not None:
        told = message.recalled
        # What a mail could not say of the record, it does not say of its recall either.
        if carries(Marking(tlp=told.tlp), Channel.MAIL) <= Carries.WAITING:
            return _("Something waits for you in the hub"), "waiting", {"url": f"{site}/inbox/"}
        what = (
            told.ref
            if told.version is None
            else _("%(ref)s, version %(n)d") % {"ref": told.ref, "n": told.version}
        )
        section = "bulletins" if told.kind == "bulletin" else "seizures"
        answer = f"{site}/{section}/{told.ref}/recall/answer/" if told.to_answer else ""
        return (
            " ".join([told.tlp, _("Recalled: %(ref)s") % {"ref": what}]),
            "recalled",
            {"ref": what, "tlp": told.tlp, "at": told.at, "answer": answer},
        )
    disclosure = message.disclosure
    if disclosure is None:
        # A notice: its kind and where to read it. Not a record's page: its marking may not let a mail name it.
        subject = _("%(kind)s: something waits for you in the hub") % {"kind": message.alert.label}
        path = "/inbox/" if message.path.startswith(RECORDS) else message.path
        return subject, "waiting", {"url": site + (path or "/inbox/")}
    extent = carries(disclosure.marking, Channel.MAIL)
    if extent <= Carries.WAITING:
        return _("Something waits for you in the hub"), "waiting", {"url": f"{site}/inbox/"}
    title = disclosure.title if extent >= Carries.TEAR_LINE else ""
    context = {
        "what": _what(message.alert, disclosure),
        "banner": disclosure.marking.banner,
        "means": disclosure.marking.means,
        "hazard": disclosure.hazard,
        "url": site + disclosure.path,
        "title": title,
        "tear_line": disclosure.core.get("tear_line", "") if title else "",
        "safety_note": disclosure.core.get("safety_note", "") if title else "",
        # Which parts, but not the author's note: that may say more than a tear line.
        "amended": message.amended if title else None,
        # A subscription's name tells what it asked for: no more of the record than the mail itself may say.
        "matched": message.matched if title else (),
    }
    hazard = [_("HAZARD")] if disclosure.hazard else []
    return " ".join([disclosure.marking.tlp, *hazard, title or str(context["what"])]), "alert", context


def _what(alert: AlertKind, disclosure: Disclosure) -> str:
    bulletin = disclosure.kind == "bulletin"
    if alert == AlertKind.AMENDED:
        return _("Amended bulletin") if bulletin else _("Amended seizure report")
    return _("New bulletin") if bulletin else _("New seizure report")


def _headers(message: Message) -> dict[str, str]:
    """References ties a record's mails together in a mailbox by a name that only this hub could make."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "hub.invalid"
    thread = f"<{_thread(message)}@{domain}>"
    stop = {
        "List-Unsubscribe": f"<{message.unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return (stop if message.unsubscribe else {}) | {
        "Message-ID": f"<{message.uid}@{domain}>",
        "References": thread,
        "In-Reply-To": thread,
        "List-Id": f"<alerts.{message.agency_code.lower()}.{domain}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }


def _thread(message: Message) -> str:
    """The same for all mails of a record to an agency, different for each agency, telling neither."""
    told = message.disclosure or message.recalled
    about = told.ref if told is not None else f"{message.alert} {message.path}"
    if message.digest is not None:
        about = f"{message.alert} {message.digest.subscription}"
    key = f"{settings.SECRET_KEY} mail thread".encode()
    return hmac.new(key, f"{message.agency_code} {about}".encode(), hashlib.sha256).hexdigest()[:32]


def _one_line(text: str) -> str:
    """A title comes from people: nothing in it may begin a header of its own, or be decoded to something else."""
    said = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return said.replace("=?", "= ?")[:200]


def _body(text: str) -> str:
    """Without signs that a text for people does not need, and that turn what stands around them or cut a mail short."""
    return "".join(
        sign for sign in text if sign == "\n" or not (ord(sign) < 32 or sign in TURNING or _lone(sign))
    )


def _lone(sign: str) -> bool:
    """Half of a pair: no encoding has it."""
    return "\ud800" <= sign <= "\udfff"
