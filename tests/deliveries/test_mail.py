"""What a mail says, by marking; and that it is a mail as it should be."""

from __future__ import annotations

import email
from email.message import EmailMessage
from email.policy import default
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from uuid import uuid4

import pytest
from django.core import mail
from django.core.mail import BadHeaderError
from django.utils import timezone

from bulletins.markings.rules import Marking
from hub.database.context import viewing
from sharing.deliveries.digests.reading import Digest, Line, Period
from sharing.deliveries.message import Message, Recalled
from sharing.deliveries.models import AlertKind
from sharing.deliveries.notifiers.mail import TURNING, compose
from sharing.disclosures.disclosure import Desk, Disclosure
from sharing.flow import release
from sharing.releases.plan import Pick
from tests.builders import CANARIES, pick, plan, published_bulletin, released
from tests.cast import viewer
from tests.deliveries.conftest import deliveries, recalled, send

pytestmark = pytest.mark.django_db

TITLE = "Fentanyl in a fuel tank"
TEAR_LINE = "Fentanyl powder is carried in a false fuel tank"
NOTE = "Wear a respirator"


def sent(number: int = 0) -> EmailMessage:
    """As a receiver's library reads it."""
    return email.message_from_bytes(mail.outbox[number].message().as_bytes(), policy=default)  # type: ignore[return-value]


def parts(message: EmailMessage) -> tuple[str, str]:
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None and html is not None
    return plain.get_content(), html.get_content()


def whole(message: EmailMessage) -> str:
    return " ".join([*(f"{name}: {value}" for name, value in message.items()), *parts(message)])


def mailed(tlp: str, **values):
    """The mail to DEA about a bulletin so marked."""
    bulletin = published_bulletin(**values)
    who = viewer("cbp.releaser")
    named = viewer("dea.agent")
    persons = frozenset({named.person_id}) if tlp == "TLP:RED" else frozenset()
    picked = Pick(agency=pick("DEA").agency, persons=persons)
    with viewing(who):
        release([bulletin], plan(picked, tlp=tlp), viewer=who, at=timezone.now())
    send()
    return bulletin, sent()


@pytest.mark.parametrize(
    ("tlp", "marked", "content"),
    [
        ("TLP:CLEAR", True, True),
        ("TLP:GREEN", True, True),
        ("TLP:AMBER", True, False),
        ("TLP:AMBER+STRICT", False, False),
        ("TLP:RED", False, False),
    ],
)
def test_a_mail_says_what_its_marking_allows(tlp, marked, content):
    bulletin, message = mailed(tlp)
    said = whole(message)
    assert message["Subject"].startswith(tlp) is marked
    assert (tlp in said) is marked and (bulletin.ref in said) is marked
    assert ("HAZARD" in message["Subject"]) is marked
    for words in (TITLE, TEAR_LINE, NOTE, CANARIES["core"]):
        assert (words in said) is content
    for group in ("detail", "place", "technique", "identifiers", "case"):
        assert CANARIES[group] not in said
    if not marked:
        assert "CBP" not in said and "azard" not in said
        assert message["Subject"] == "Something waits for you in the hub"
    for part in parts(message):
        assert ("http://" in part) and ((f"/bulletins/{bulletin.ref}/" in part) is marked)


@pytest.mark.parametrize(("hazard", "said"), [(True, "officers: yes"), (False, "none reported")])
def test_whether_there_is_a_hazard_is_said_at_amber(hazard, said):
    _bulletin, message = mailed("TLP:AMBER", hazard=hazard)
    assert all(said in part for part in parts(message))
    assert ("HAZARD" in message["Subject"]) is hazard


def test_caveats_stand_with_the_marking():
    _bulletin, message = mailed("TLP:GREEN", caveat="Law enforcement use")
    assert all("Law enforcement use" in part for part in parts(message))


def test_a_recall_mail_has_the_ref_the_instant_what_to_do_and_nothing_else():
    bulletin, _first = mailed("TLP:GREEN")
    recalled(bulletin, reason="Sugar, says the laboratory")
    send()
    message = sent(1)
    said = whole(message)
    assert message["Subject"] == f"TLP:GREEN Recalled: {bulletin.ref}"
    assert f"{timezone.now():%Y-%m-%d}" in said and "UTC" in said and "Delete every copy" in said
    # Where to answer what became of the copies: the one address it names.
    said = said.replace(f"http://127.0.0.1:8000/bulletins/{bulletin.ref}/recall/answer/", "")
    for words in ("Sugar", "CBP", TITLE, TEAR_LINE, NOTE, "http", *CANARIES.values()):
        assert words not in said.replace("drug-concealment-hub", "")


def test_mails_of_a_record_form_a_thread_that_names_nothing_and_differs_by_agency():
    bulletin = published_bulletin()
    released(bulletin, "DEA", "HSI", tlp="TLP:GREEN")
    send()
    recalled(bulletin)
    send()
    by_agency: dict[str, list[EmailMessage]] = {}
    for number in range(4):
        by_agency.setdefault(sent(number)["To"], []).append(sent(number))
    threads = {to: {message["References"] for message in messages} for to, messages in by_agency.items()}
    assert [len(found) for found in threads.values()] == [1, 1]
    assert threads["desk@dea.example"] != threads["desk@hsi.example"]
    assert bulletin.ref not in str(threads) and str(bulletin.uid) not in str(threads)
    rows = {f"<{row.uid}@localhost>" for code in ("DEA", "HSI") for row in deliveries(code, "mail")}
    assert {message["Message-ID"] for messages in by_agency.values() for message in messages} == rows
    first = by_agency["desk@dea.example"][0]
    assert first["List-Id"] == "<alerts.dea.localhost>" and first["Auto-Submitted"] == "auto-generated"


def test_a_title_can_neither_add_a_header_nor_markup():
    _bulletin, message = mailed(
        "TLP:GREEN", title="Tank\r\nBcc: evil@example.org\r\n\r\n<script>alert(1)</script>"
    )
    assert message["Bcc"] is None and message["To"] == "desk@dea.example"
    assert message["Subject"].startswith("TLP:GREEN HAZARD Tank Bcc: evil@example.org <script>")
    plain, html = parts(message)
    assert "<script>" in plain and "<script>" not in html and "&lt;script&gt;" in html


@pytest.mark.parametrize(
    ("error", "state", "failure"),
    [
        (
            SMTPRecipientsRefused({"desk@dea.example": (550, b"no such user secret")}),
            "failed",
            "the mailbox was refused",
        ),
        (SMTPRecipientsRefused({"desk@dea.example": (450, b"busy")}), "waiting", "the mailbox was refused"),
        (SMTPServerDisconnected("gone"), "waiting", "the mail server is not reachable"),
        (TimeoutError(), "waiting", "the mail server is not reachable"),
    ],
)
def test_a_mailbox_that_is_refused_for_good_is_not_tried_again(error, state, failure, monkeypatch):
    def refuse(self, messages):
        raise error

    released(published_bulletin(), "DEA")
    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
        send()
    (row,) = deliveries("DEA", "mail")
    assert (row.state, row.failure, row.attempts) == (state, failure, 1)
    send(at=row.due_at)
    assert len(mail.outbox) == (1 if state == "waiting" else 0)


HOSTILE = [
    "Tank\r\nBcc: evil@example.org\r\n\r\n<script>alert(1)</script>",
    "Tank\nSubject: TLP:CLEAR nothing here\n",
    "Tank\x00\x0b\x0c\x1c\x85\u2028\u2029Bcc: evil@example.org",
    "\u202eRAELC:PLT\u202c \u2066evil\u2069 \u200f\u200e\u061c tank",
    "=?utf-8?q?Bcc=3A_evil=40example=2Eorg=0D=0ABcc=3A_evil=40example=2Eorg?=",
    "=?utf-8?b?DQpCY2M6IGV2aWxAZXhhbXBsZS5vcmc=?= =?utf-8?q?=0d=0a?=",
    "long " * 400,
    "unbroken" * 300,
    "ünïcødé 密輸 " * 120,
    "half a pair \ud83d and \udc00 another",
    "\U0001f69a" * 300,
    '"quoted" <angle@example.org>, (comment); list: of; things',
    "   ",
]


def shown(**facts: object) -> Disclosure:
    """As it is disclosed to somebody, whatever its texts say."""
    now = timezone.now()
    return Disclosure(
        key=1,
        uid=uuid4(),
        ref="7K3M-Q2XF",
        kind="bulletin",
        version=1,
        owner=Desk(1, "CBP", "Customs and Border Protection"),
        own=False,
        marking=Marking("TLP:GREEN"),
        issued_at=now,
        visible_since=now,
        until=None,
        facts={"core": {"hazard": True, **facts}},
    )


def made(**told: object) -> EmailMessage:
    """The mail of a message, through bytes, as a receiver's library reads it."""
    values = {"uid": uuid4(), "record": "bulletin", "agency_code": "DEA", "at": timezone.now(), **told}
    mail_of = compose(Message(address="desk@dea.example", **values))  # type: ignore[arg-type]
    return email.message_from_bytes(mail_of.message().as_bytes(), policy=default)  # type: ignore[return-value]


def as_digest(found: Disclosure, title: str) -> Digest:
    period = Period(1, found.issued_at, found.issued_at, 0, 1)
    return Digest(f"/inbox/digests/{uuid4()}/", uuid4(), period, title, (Line(found, True),))


KNOWN = {
    "Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID", "References", "In-Reply-To",
    "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted", "X-Auto-Response-Suppress",
}  # fmt: skip


@pytest.mark.parametrize("as_a", ["alert", "digest"])
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_a_text_says_it_is_one_mail_with_the_headers_it_should_have(text, as_a):
    found = shown(title=text, tear_line=f"{text} that is all", safety_note=text)
    if as_a == "alert":
        message = made(alert=AlertKind.NEW, disclosure=found)
    else:
        message = made(alert=AlertKind.DIGEST, digest=as_digest(found, text))
    assert not message.defects and set(message.keys()) <= KNOWN
    assert len(message.keys()) == len(set(message.keys()))
    assert message["To"] == "desk@dea.example" and message["Bcc"] is None
    # A long one that is not ASCII begins on a line of its own, which readers join.
    subject = str(message["Subject"]).lstrip()
    assert subject.startswith("TLP:GREEN HAZARD") and subject.isprintable() and len(subject) <= 200
    assert message["List-Id"] == "<alerts.dea.localhost>" and message["Message-ID"].endswith("@localhost>")
    raw = message.as_bytes()
    assert all(len(line) <= 998 for line in raw.splitlines())
    for part in message.walk():
        assert not part.defects
    for body in parts(message):
        assert "that is all" in body and body.rstrip().endswith(("TLP:GREEN", "</html>"))
        assert not set(body) & TURNING and "\x00" not in body
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    html = parts(message)[1]
    assert "<script" not in html


@pytest.mark.parametrize("code", ["DEA", "D\r\nBcc: x", "<evil>"])
def test_no_header_is_made_of_what_a_recipient_is_called(code):
    """A code of an agency is an operator's; it would be refused, never sent otherwise."""
    try:
        message = made(alert=AlertKind.NEW, disclosure=shown(title="Tank"), agency_code=code)
    except BadHeaderError:
        return
    assert message["Bcc"] is None and set(message.keys()) <= KNOWN


def test_a_recall_is_marked_first_in_subject_and_body():
    told = Recalled(uuid4(), "7K3M-Q2XF", "bulletin", "TLP:AMBER", timezone.now(), "Sugar")
    message = made(alert=AlertKind.RECALLED, recalled=told)
    assert message["Subject"] == "TLP:AMBER Recalled: 7K3M-Q2XF"
    plain, html = parts(message)
    assert plain.startswith("TLP:AMBER\n") and "TLP:AMBER" in html
