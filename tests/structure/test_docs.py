"""What the documents name is there: files, functions, folders, commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]
)
# Made by running the hub, not kept in it.
MADE = ("var/", "build/", ".venv/", "node_modules/", "services.json")
# A path is written from the root: a folder of ours, or a file beside it. `/inbox/` is an address.
PATH = re.compile(r"`((?:hub|bulletins|sharing|templates|tests|docs|assets|\.ci)/[\w./-]*)(?::(\w+))?`")
BESIDE = re.compile(r"`([\w.-]+\.(?:md|in|toml|json))`")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def defines(path: Path, name: str) -> bool:
    return bool(
        re.search(rf"^\s*(?:class|def) {name}\b|^{name}\b.*=", path.read_text(encoding="utf-8"), re.MULTILINE)
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_every_file_a_document_names_is_there(document):
    said = document.read_text(encoding="utf-8")
    named = {path for path, _name in PATH.findall(said)} | set(BESIDE.findall(said))
    assert [name for name in sorted(named) if not name.startswith(MADE) and not (ROOT / name).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_every_link_leads_somewhere(document):
    links = set(LINK.findall(document.read_text(encoding="utf-8")))
    assert [link for link in sorted(links) if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_every_name_given_with_its_file_is_defined_there(document):
    named = [(path, name) for path, name in PATH.findall(document.read_text(encoding="utf-8")) if name]
    assert [f"{path}:{name}" for path, name in named if not defines(ROOT / path, name)] == []


def test_every_term_of_the_glossary_says_where_it_is():
    rows = [line for line in text("docs/glossary.md").splitlines() if line.startswith("| ")][1:]
    terms = [row.split("|")[1].strip() for row in rows]
    assert [row for row in rows if not PATH.search(row.split("|")[3])] == []
    assert len(rows) > 50 and len(set(terms)) == len(terms)
    assert terms == sorted(terms, key=str.casefold)


def test_every_stage_has_its_line_in_the_layout():
    said = text("docs/architecture.md")
    stages = [
        f"{folder.relative_to(ROOT)}/"
        for app in ("hub", "bulletins", "sharing")
        for folder in sorted((ROOT / app).iterdir())
        if folder.is_dir() and (folder / "__init__.py").exists() and folder.name != "migrations"
    ]
    assert len(stages) > 20
    assert [stage for stage in stages if f"| `{stage}` |" not in said] == []


def test_every_function_of_the_reading_rule_is_there():
    rule = text("docs/architecture.md").split("## The reading rule")[1].split("\n## ")[0]
    cells = [line.split("|")[2] for line in rule.splitlines() if line.startswith("| ")][1:]
    named = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    assert len(cells) > 10 and all("`" in cell for cell in cells)
    assert [name for name in named if not defines(ROOT / "sharing/releases/rules.py", name)] == []


def test_every_command_is_told_of_in_the_layout():
    said = text("docs/architecture.md")
    commands = [
        path.stem
        for app in ("hub", "bulletins", "sharing")
        for path in (ROOT / app / "management/commands").glob("[a-z]*.py")
    ]
    assert [name for name in sorted(commands) if f"`{name}`" not in said] == []
