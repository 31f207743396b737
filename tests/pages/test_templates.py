"""The shell and the parts: what is there for whom, and nothing that the content policy would refuse."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django import forms
from django.contrib.messages.storage.base import Message
from django.forms.renderers import DjangoTemplates
from django.template import engines
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory

from hub.pages import context
from hub.pages.assets import icon_names
from hub.pages.context import places, shell

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
EVIL = '<script>alert("1")</script>'
MARKING = SimpleNamespace(tlp="TLP:AMBER", caveats="CUI//LEI//REL TO USA, CAN")


class Viewer(SimpleNamespace):
    def can(self, *roles: str) -> bool:
        return bool(self.roles.intersection(roles))


def viewer(*roles: str, agency: int | None = 1) -> Viewer:
    return Viewer(
        is_authenticated=True,
        agency_id=agency,
        agency_code="CBSA",
        agency_name="Canada Border Services Agency",
        username="cbsa.liaison",
        role_label="liaison",
        roles=frozenset(roles),
    )


@pytest.fixture(autouse=True)
def asked(monkeypatch) -> list[object]:
    """Whose inbox was counted: 120 messages, without a database."""
    found: list[object] = []
    monkeypatch.setattr(context, "_counts", [lambda who: found.append(who) or 120])
    return found


def page(template: str = "base.html", who: Viewer | None = None, path: str = "/", **known: object) -> str:
    request = RequestFactory().get(path)
    request.viewer = who  # type: ignore[attr-defined]
    return render_to_string(template, shell(request) | {"request": request} | known)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_compiles_and_carries_nothing_the_policy_refuses(path):
    get_template(str(path.relative_to(ROOT / "templates")))
    if "mail" in path.parts:
        return  # mail programs know no stylesheet
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"""\sstyle=["']|\son[a-z]+=["']|<style|javascript:""", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)


def test_every_icon_a_template_names_is_in_the_sprite():
    named = {
        name
        for path in TEMPLATES
        for name in re.findall(r'{% icon "(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert named <= icon_names()


@pytest.mark.parametrize(
    ("roles", "agency", "shown", "hidden"),
    [
        (("officer",), 1, {"today", "bulletins", "find", "inbox", "sharing"}, {"trail"}),
        (("auditor",), 1, {"bulletins", "trail"}, set()),
        (
            ("steward",),
            None,
            {"today", "sharing"},
            {"bulletins", "seizures", "find", "inbox", "briefings", "trail"},
        ),
        (("inspector",), None, {"trail"}, {"bulletins", "inbox"}),
    ],
)
def test_what_one_may_not_do_is_not_shown(roles, agency, shown, hidden):
    names = {entry.name for entry in places(viewer(*roles, agency=agency), "/")}
    assert shown <= names
    assert not names & hidden


@pytest.mark.parametrize(
    ("path", "section"),
    [
        ("/", "today"),
        ("/bulletins/7K3M-Q2XF/", "bulletins"),
        ("/communities/", "sharing"),
        ("/corrections/", "sharing"),
        ("/subscriptions/", "inbox"),
    ],
)
def test_the_section_of_a_page_is_known_by_its_address(path, section):
    assert [entry.name for entry in places(viewer("officer"), path) if entry.here] == [section]


@pytest.mark.parametrize(
    ("roles", "offered"), [(("officer",), True), (("releaser",), True), (("liaison",), False)]
)
def test_posting_is_offered_to_those_who_may_post(roles, offered):
    assert ('href="/bulletins/new/"' in page(who=viewer(*roles))) is offered


def test_every_page_says_who_reads_it_and_for_whom():
    text = page(who=viewer("liaison"))
    assert re.search(r"<b>CBSA</b>\s*liaison", text)


def test_the_marking_is_the_first_and_the_last_thing_of_a_page():
    text = page(who=viewer("officer"), page_marking=MARKING)
    marks = [found.start() for found in re.finditer('class="tlp-amber">TLP:AMBER<', text)]
    assert len(marks) == 2
    assert marks[0] < text.index("<header") < text.index("</main>") < marks[1]
    assert "TLP" not in page(who=viewer("officer"))


def test_an_inbox_is_counted_once_and_only_for_somebody(asked):
    assert "99+" in page(who=viewer("officer"))
    assert len(asked) == 1
    page()
    assert len(asked) == 1


def test_nobody_sees_the_door_only():
    text = page()
    assert "<nav" not in text
    assert "data-reader" not in text


@pytest.mark.parametrize("name", ["404.html", "403.html", "403_csrf.html", "400.html", "500.html"])
def test_refusals_say_what_to_do_next_and_stand_without_a_request(name):
    text = get_template(name).render()
    assert 'class="usa-button' in text
    assert "<h1" in text


def test_the_theme_follows_the_cookie_and_nothing_else():
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = "dark"
    assert shell(request)["theme"] == "dark"
    request.COOKIES["theme"] = '"><script>'
    assert shell(request)["theme"] == ""


def test_choosing_a_theme_without_script_returns_to_the_page():
    from hub.pages.views import choose_theme

    answer = choose_theme(RequestFactory().post("/theme/", {"theme": "dark", "next": "/search/?q=x"}))
    assert answer["Location"] == "/search/?q=x"
    assert answer.cookies["theme"].value == "dark"
    away = choose_theme(RequestFactory().post("/theme/", {"theme": "", "next": "https://elsewhere.example/"}))
    assert away["Location"] == "/"


ROW = {
    "href": "/x/", "title": f"\x02duffel\x03 {EVIL}", "codes": ["VEH-MECH-FUEL"], "unread": True,
    "hazard": True, "recalled": True, "tags": [EVIL], "meta": [EVIL], "more": [EVIL],
    "action": {"post": "/x/", "label": EVIL, "icon": "check", "small": True, "key": "acknowledge"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("part", "known"),
    [
        ("record_row.html", {"row": ROW}),
        ("record_row.html", {"row": ROW | {"photo": EVIL, "action": {"href": "/x/", "label": EVIL}}}),
        (
            "chips.html",
            {"chips": [{"label": EVIL, "remove": "?"}, {"label": EVIL, "href": "?"}, {"label": EVIL}]},
        ),
        ("empty.html", {"title": EVIL, "text": EVIL, "action_href": "/", "action_label": EVIL}),
        ("hazard.html", {"title": EVIL, "text": EVIL}),
        ("tombstone.html", {"kind": EVIL, "by": EVIL, "at": None, "reason": EVIL, "steps": [EVIL]}),
        ("facts.html", {"facts": [{"label": EVIL, "value": EVIL, "withheld": {"label": EVIL, "by": EVIL}}]}),
        (
            "photos.html",
            {"photographs": [{"url": "/p/1", "caption": EVIL}, {"url": "/p/2", "caption": EVIL}]},
        ),
        ("upload.html", {"url": "/u/", "photographs": [{"uid": "1", "url": "/p/1", "caption": EVIL}]}),
        ("alert.html", {"kind": "error", "text": EVIL, "heading": EVIL}),
        ("pager.html", {"next": "?after=1", "said": EVIL}),
        ("segments.html", {"segments": [{"label": EVIL, "href": "?", "current": True}], "label": EVIL}),
        ("crumbs.html", {"crumbs": [(EVIL, "/")], "last": EVIL}),
        ("messages.html", {"messages": [Message(20, EVIL)]}),
        ("saved.html", {"at": None}),
    ],
)
def test_a_part_escapes_what_people_wrote(part, known):
    text = render_to_string(f"parts/{part}", known)
    assert text.strip()
    assert "<script" not in text


class Form(forms.Form):
    default_renderer = DjangoTemplates()
    drug = forms.ChoiceField(choices=[("", "-"), ("meth", "Methamphetamine")])
    weight = forms.DecimalField(help_text="As reported")
    tear = forms.CharField(widget=forms.Textarea, required=False)
    hazard = forms.ChoiceField(choices=[("n", "No"), ("y", "Yes")], widget=forms.RadioSelect)
    found = forms.MultipleChoiceField(choices=[("x", "X-ray")], widget=forms.CheckboxSelectMultiple)
    sure = forms.BooleanField()


def test_fields_carry_uswds_classes_labels_hints_and_errors():
    form = Form({"weight": "much", "tear": EVIL})
    source = '{% for field in form %}{% include "parts/field.html" %}{% endfor %}'
    source += '{% include "parts/form_errors.html" %}'
    text = engines["django"].from_string(source).render({"form": form})
    for wanted in ("usa-select", "usa-input", "usa-textarea", "usa-radio__input", "usa-checkbox__input"):
        assert wanted in text
    assert 'aria-describedby="id_weight_helptext id_weight_error"' in text
    assert 'id="id_weight_error"' in text
    assert 'for="id_hazard_0"' in text and 'for="id_sure"' in text
    assert "<script" not in text
