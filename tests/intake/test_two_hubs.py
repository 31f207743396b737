"""Two hubs with databases, brokers and processes of their own exchange a record, its receipt and its recall."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from django.db import connections

from hub import env
from hub.launcher.services import Services, throwaway
from tests.cast import PASSWORD
from tests.conftest import owners_connection
from tests.processes import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.launcher]
PATIENCE_S = 90.0


@dataclass
class Hub:
    """`surroundings` is the environment of its processes."""

    name: str
    home: Path
    port: int
    surroundings: dict[str, str]
    sessions: dict[str, requests.Session] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, *arguments: str) -> str:
        """What a Python process of this hub prints."""
        done = subprocess.run(
            [sys.executable, *arguments],
            env=self.surroundings,
            cwd=env.ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout.strip()

    def do(self, code: str) -> Any:
        """Run `code` as a deed of this hub; `found` is what it leaves."""
        begin = "import django, json; django.setup(); found = None\n"
        return json.loads(
            self.run("-c", f"{begin}{code}\nprint(json.dumps(found, default=str))").splitlines()[-1]
        )

    def token(self, username: str) -> str:
        return self.run("manage.py", "token", username, "--scope", "taxii")

    def signed_in(self, username: str) -> requests.Session:
        if username not in self.sessions:
            session = self.sessions[username] = requests.Session()
            session.get(f"{self.url}/accounts/login/", timeout=30)
            said = {"login": username, "password": PASSWORD}
            assert self._send(session, "/accounts/login/", said).status_code == 302
        return self.sessions[username]

    def get(self, who: str, path: str) -> requests.Response:
        return self.signed_in(who).get(f"{self.url}{path}", timeout=30, allow_redirects=False)

    def post(self, who: str, path: str, **values: Any) -> requests.Response:
        return self._send(self.signed_in(who), path, values)

    def _send(self, session: requests.Session, path: str, values: dict[str, Any]) -> requests.Response:
        said = values | {"csrfmiddlewaretoken": session.cookies["csrftoken"]}
        headers = {"Referer": self.url}
        return session.post(f"{self.url}{path}", said, headers=headers, timeout=30, allow_redirects=False)

    def fetch_from(self, other: Hub, who: str, **values: Any) -> str:
        """Add the other hub as a peer of the agency's; its page."""
        collection = "/taxii2/hub/collections/"
        token = other.token(who)
        listed = requests.get(
            f"{other.url}{collection}",
            headers={"Authorization": f"Token {token}", "Accept": "application/taxii+json;version=2.1"},
            timeout=30,
        ).json()["collections"]
        everything = next(each["id"] for each in listed if each["can_read"] and "Everything" in each["title"])
        said = {"title": other.name, "url": f"{other.url}{collection}{everything}/", "scheme": "token"}
        said |= {"secret": token, "every_minutes": "15", "unmarked": "TLP:AMBER+STRICT", **values}
        answer = self.post(who, "/peers/new/", **said)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


@contextmanager
def hub(name: str, home: Path) -> Iterator[Hub]:
    """A hub of its own: services, a copy of the tests' database with its cast, web, worker and beat."""
    home.mkdir()
    with throwaway() as services, socket.socket() as probe, ExitStack() as stack:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        copy_database(services)
        surroundings = {
            **os.environ,
            **services.settings,
            "HUB_HOME": str(home),
            "HUB_ID": str(uuid.uuid4()),
            "SITE_URL": f"http://127.0.0.1:{port}",
            "PORT": str(port),
            "PHOTOGRAPHS": str(home / "photographs"),
            "DJANGO_SETTINGS_MODULE": "hub.settings",
        }
        found = Hub(name, home, port, surroundings)
        probe.close()
        gunicorn = [
            "gunicorn",
            "hub.wsgi",
            "--worker-class",
            "gthread",
            "--threads",
            "4",
            "--bind",
            f"127.0.0.1:{port}",
        ]
        celery = ["celery", "--quiet", "--app", "hub", "worker", "--beat", "--schedule", str(home / "beat")]
        quick = [
            "--queues",
            "urgent,default,bulk",
            "--concurrency",
            "1",
            "--without-gossip",
            "--without-mingle",
        ]
        stack.enter_context(running(found, *gunicorn, "--no-control-socket", "--log-level", "warning"))
        stack.enter_context(running(found, *celery, *quick, "--without-heartbeat"))
        found.do(PASSWORDS)
        until(lambda: answers(found), within_s=PATIENCE_S)
        yield found


@contextmanager
def running(found: Hub, *arguments: str) -> Iterator[None]:
    with open(found.home / f"{arguments[0]}.log", "wb") as log:
        started = subprocess.Popen(
            [sys.executable, "-m", *arguments], env=found.surroundings, cwd=env.ROOT, stdout=log, stderr=log
        )
        try:
            yield
        finally:
            started.terminate()
            try:
                started.wait(15)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()


def answers(found: Hub) -> bool:
    try:
        return requests.get(f"{found.url}/healthz", timeout=2).ok
    except requests.RequestException:
        return False


def copy_database(services: Services) -> None:
    """The tests' database as it is, cast and vocabulary, on a server of its own."""
    to = psycopg.conninfo.conninfo_to_dict(services.settings["OWNER_DATABASE_URL"])
    with owners_connection() as own:
        of = {"host": own.info.host, "user": own.info.user, "dbname": own.info.dbname}
    dump = [services.postgres.binary("pg_dump"), "--no-comments", *_where(of)]
    fill = [services.postgres.binary("psql"), "--quiet", "--set", "ON_ERROR_STOP=1", *_where(to)]
    written = subprocess.run(dump, check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(fill, input=written, check=True, stdout=subprocess.DEVNULL)


def _where(parts: Mapping[str, Any]) -> list[str]:
    names = {"host": "--host", "user": "--username", "dbname": "--dbname"}
    return [each for name, option in names.items() if parts.get(name) for each in (option, str(parts[name]))]


# The tests' own are hashed as no hub would.
PASSWORDS = f"""
from tests.cast import person
for name in ("cbp.officer", "cbp.releaser", "cbsa.officer", "cbsa.liaison", "rcmp.officer"):
    who = person(name)
    who.set_password({PASSWORD!r})
    who.save(update_fields=["password"])
"""
RELEASE = """
from datetime import timedelta
from io import BytesIO
from PIL import Image
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from bulletins.flow import publish
from bulletins.publishing.photographs.actions import add_photograph
from hub.database.context import viewing
from sharing.flow import release
from tests.builders import draft_bulletin, pick, plan
from tests.cast import viewer
who, at, record = viewer("cbp.officer"), timezone.now(), draft_bulletin()
with viewing(who):
    for group, color in (("detail", "red"), ("technique", "blue")):
        file = BytesIO()
        Image.new("RGB", (64, 48), color).save(file, "JPEG")
        sent = SimpleUploadedFile("a.jpg", file.getvalue())
        row = add_photograph(record, sent, viewer=who, at=at, caption="Picture of " + group)
        row.group = group
        row.save()
    publish(record, viewer=who, at=at)
with viewing(releaser := viewer("cbp.releaser")):
    asking = plan(pick("CBSA", "technique"), acknowledge_by=at + timedelta(days=1))
    release([record], asking, viewer=releaser, at=at)
found = record.ref
"""


GIVE_ON = """
from bulletins.models import Bulletin
from hub.database.context import engine
from tests.builders import released
with engine():
    record = Bulletin.objects.get()
released(record, "RCMP")
"""
RECALL = """
from django.utils import timezone
from bulletins.models import Bulletin
from hub.database.context import engine, viewing
from sharing.flow import recall
from tests.cast import viewer
with engine():
    record = Bulletin.objects.get()
who = viewer("cbp.releaser")
with viewing(who):
    recall(record, reason="It was another tank.", viewer=who, at=timezone.now())
"""
UNNUMBERED = """
from hub.database.context import engine
from sharing.models import Entry
with engine():
    found = Entry.objects.filter(n=None).count()
"""
RECEIPTS = """
from hub.database.context import engine
from sharing.receipts.models import Receipt
with engine():
    rows = Receipt.objects.select_related("agency")
    found = [[row.agency.code, row.version, row.acknowledged_at is not None] for row in rows]
"""
COUNT = """
from hub.database.context import engine
from bulletins.models import Record
with engine():
    found = Record.objects.count()
"""


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the test run's own services is seen."""
    for name in (*env.SHARED, "HUB_HOME", "HUB_DEMO_PASSWORD", "PORT", "HUB_LOGIN"):
        monkeypatch.delenv(name, raising=False)


def test_release_receipt_and_recall_go_from_hub_to_hub(bare: None, tmp_path: Path) -> None:
    connections.close_all()
    with hub("Hub A", tmp_path / "a") as a, hub("Hub B", tmp_path / "b") as b:
        peer = b.fetch_from(a, "cbsa.liaison")
        seen(lambda: "Fetched to its end, last" in b.get("cbsa.liaison", peer).text)
        ref = a.do(RELEASE)
        until(lambda: a.do(UNNUMBERED) == 0, within_s=PATIENCE_S)
        assert b.post("cbsa.liaison", f"{peer}pull/").status_code == 302
        here = seen(lambda: listed(b, "cbsa.officer"))
        # Its desk is told as of anything that is given to it.
        inbox = seen(lambda: (page := b.get("cbsa.officer", "/inbox/").text) and here in page and page)
        assert "CBSA, from Hub A" in inbox

        page = b.get("cbsa.officer", here).text
        assert "zebrafinch" in page and "kingfisher" in page and "goldcrest" not in page
        assert f"Hub A: {ref} of CBP" in page and "CBP (Hub A)" in page and "TLP:AMBER" in page
        assert re.search(r"withheld by CBP at Hub A", page) and "given by CBP at Hub A" in page
        assert "Acknowledge by" in page
        # Its photograph comes after it; not the one that shows what is withheld.
        picture = seen(
            lambda: re.search(rf'src="({here}photographs/[0-9a-f-]+/)', b.get("cbsa.officer", here).text)
        )
        assert b.get("cbsa.officer", picture[1]).headers["Content-Type"] == "image/jpeg"
        page = b.get("cbsa.officer", here).text
        assert "Picture of detail" in page and "Picture of technique" not in page
        assert len(photographs_of(b)) == 1 and len(photographs_of(a)) == 2
        # Nobody else at B: not the agency that found it, nor whom its holder would release it to.
        assert (
            b.get("cbp.officer", here).status_code
            == b.get("cbp.officer", "/bulletins/AAAA-AAAA/").status_code
            == 404
        )
        b.do(GIVE_ON)
        assert b.get("rcmp.officer", here).status_code == 404

        assert b.post("cbsa.officer", f"{here}origin/acknowledge/").status_code == 302
        seen(lambda: "has been told" in b.get("cbsa.officer", here).text)
        assert "Acknowledge by" not in b.get("cbsa.officer", here).text
        assert "CBSA" in a.get("cbp.releaser", f"/bulletins/{ref}/").text
        assert a.do(RECEIPTS) == [["CBSA", 1, True]]

        # And what B has of A goes back to A as nothing.
        back = a.fetch_from(b, "cbsa.liaison")
        seen(lambda: "Fetched to its end, last" in a.get("cbsa.liaison", back).text)
        assert a.do(COUNT) == 1

        a.do(RECALL)
        until(lambda: a.do(UNNUMBERED) == 0, within_s=PATIENCE_S)
        assert b.post("cbsa.liaison", f"{peer}pull/").status_code == 302
        gone = seen(
            lambda: (page := b.get("cbsa.officer", here).text) and "was recalled by Hub A" in page and page
        )
        assert "zebrafinch" not in gone
        assert b.get("cbsa.officer", picture[1]).status_code == 404 and photographs_of(b) == []
        seen(lambda: "recalled by the hub it came from" in b.get("cbsa.officer", "/inbox/").text)
        assert listed(b, "cbsa.officer") is None


def photographs_of(found: Hub) -> list[Path]:
    return list((found.home / "photographs").rglob("*-full"))


def listed(found: Hub, who: str) -> str | None:
    """The first bulletin of the list."""
    page = found.get(who, "/bulletins/").text
    ref = re.search(r'href="(/bulletins/[0-9A-Z]{4}-[0-9A-Z]{4}/)"', page)
    return ref[1] if ref else None


def seen(look: Callable[[], Any]) -> Any:
    """What `look` finds, once it finds something."""
    kept: list[Any] = []

    def found() -> bool:
        kept[:] = [look()]
        return bool(kept[0])

    until(found, within_s=PATIENCE_S)
    return kept[0]
