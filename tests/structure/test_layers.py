"""Arrows point one way: hub <- bulletins <- sharing, and inside an app a stage imports earlier ones."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ["hub", "bulletins", "sharing"]
# Stages in the order of the flow. What joins them (flow, models, urls, management, demo) may import them all.
STAGES = {
    "hub": ["database", "agencies", "accounts", "trail", "outgoing"],
    "bulletins": ["vocabulary", "markings", "retention", "records", "seizures", "publishing", "faces"],
    "sharing": [
        "agreements", "communities", "emergencies", "releases", "audiences", "disclosures", "stix", "recalls",
        "subscriptions", "deliveries", "corrections", "receipts", "requests", "briefings", "retention", "ledger",
        "exports", "feeds", "intake",
    ],
}  # fmt: skip
# Compositions: they join stages and are imported by none of them.
JOINTS = {
    "models",
    "apps",
    "urls",
    "urls_api",
    "flow",
    "purge",
    "breakglass",
    "agreeing",
    "lapsing",
    "tasks",
    "management",
    "demo",
    "migrations",
    "pages",
    "rest",
}


def modules():
    for app in APPS:
        yield from sorted((ROOT / app).rglob("*.py"))


def imports(path):
    """What the module imports when it runs; imports for type checkers alone are not there then."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for block in [node for node in ast.walk(tree) if isinstance(node, ast.If)]:
        if getattr(block.test, "id", "") == "TYPE_CHECKING":
            block.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, set()


def owner_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[0], parts[1] if len(parts) > 1 else ""


@pytest.mark.parametrize("path", list(modules()), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path):
    app, stage = owner_of(path)
    # The map of addresses, and what starts the hub, name the apps they join.
    if app == "hub" and stage in ("urls", "celery", "management", "settings"):
        return
    for module, _names in imports(path):
        head, *rest = module.split(".")
        if head not in APPS:
            continue
        assert APPS.index(head) <= APPS.index(app), f"{path.name} imports {module}: a later app"
        if "migrations" in path.parts or head != app or not rest:
            continue
        order = STAGES[app]
        if stage in order and rest[0] in order:
            assert order.index(rest[0]) <= order.index(stage), f"{path.name} imports {module}: a later stage"


def test_string_relations_name_no_later_app():
    for path in modules():
        app, _stage = owner_of(path)
        if path.name != "models.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for later in APPS[APPS.index(app) + 1 :]:
                    assert not node.value.startswith(f"{later}."), f"{path}: {node.value}"


def test_migrations_depend_on_earlier_apps_alone():
    for app in APPS:
        for path in (ROOT / app / "migrations").glob("0*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "dependencies":
                    for name in [e.elts[0].value for e in node.value.elts if isinstance(e, ast.Tuple)]:
                        assert name not in APPS[APPS.index(app) + 1 :], f"{path}: depends on {name}"


def test_only_few_modules_become_the_engine():
    """Each of these was looked at: what the engine reads there leaves as a decision, a count of one's own, or work."""
    found = {
        str(path.relative_to(ROOT))
        for path in modules()
        if any("engine" in names for module, names in imports(path) if module == "hub.database.context")
    }
    assert found <= {
        "hub/database/numbering.py",
        "hub/rest/once.py",
        "hub/trail/heads.py",
        "hub/trail/seals.py",
        "bulletins/faces/actions.py",
        "bulletins/faces/derived.py",
        "sharing/audiences/actions.py",
        "sharing/audiences/numbering.py",
        # Faces are rendered for whoever is given them: what is read there is written back to the face.
        "sharing/stix/keeping.py",
        "sharing/flow/agreeing.py",
        "sharing/audiences/membership.py",
        "sharing/audiences/changes.py",
        "sharing/audiences/preview.py",
        "sharing/audiences/rosters.py",
        "sharing/flow/breakglass.py",
        "sharing/audiences/settling.py",
        "sharing/deliveries/actions.py",
        "sharing/deliveries/digests/actions.py",
        "sharing/deliveries/ends/actions.py",
        "sharing/deliveries/mending.py",
        "sharing/deliveries/dead_letters.py",
        "sharing/deliveries/endpoints/resealing.py",
        "sharing/deliveries/operations/numbers.py",
        "sharing/deliveries/sending.py",
        "sharing/deliveries/settling.py",
        # Sending alone calls it so, for all recipients of a set: each answer goes to the one it was asked for.
        "sharing/disclosures/actions.py",
        # Takes up what is due, whosever it is; what is fetched is written as its agency's desk.
        "sharing/intake/pulling/walking.py",
        "sharing/intake/pulling/answering.py",
        "sharing/intake/pulling/reminding.py",
        "sharing/intake/pulling/photographs.py",
        "sharing/intake/pulling/resealing.py",
        "sharing/flow/audience.py",
        "sharing/flow/releasing.py",
        "sharing/flow/purging.py",
        "sharing/retention/actions.py",
        "sharing/retention/querysets.py",
        "sharing/retention/tasks.py",
        "sharing/flow/lapsing.py",
        "sharing/flow/admitting.py",
        "sharing/flow/joining.py",
        "sharing/recalls/actions.py",
        "sharing/receipts/reminding.py",
        "sharing/flow/recalling.py",
        "sharing/releases/facts.py",
        "sharing/requests/actions.py",
        "sharing/corrections/actions.py",
        # Ends files whosever they are, and finds the one to be made next; what goes in is read as its person.
        "sharing/feeds/actions.py",
        "sharing/exports/actions.py",
        "sharing/exports/making.py",
        # Uploads are claimed and swept whosever they are; each is worked on in its own person's eyes.
        "sharing/intake/tasks.py",
        "sharing/intake/uploads/actions.py",
        "sharing/intake/uploads/working.py",
    }
