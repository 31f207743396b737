"""The field's lists: their files hang together, and loading them is safe to repeat."""

import csv
import shutil
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.db.utils import ProgrammingError

from bulletins.vocabulary import loading
from bulletins.vocabulary.lists import WITHHOLDABLE, FieldGroup, PortKind, Region
from bulletins.vocabulary.loading import DATA, Counts, load_vocabulary
from bulletins.vocabulary.models import Detection, Drug, Method, Mode, Port

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 24, 9, tzinfo=UTC)
TABLES: tuple[type[Model], ...] = (Method, Drug, Mode, Detection, Port)
TERMS = 128 + 59 + 15 + 18 + 266


def codes(name: str) -> list[str]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return [row["code"] for row in csv.DictReader(file)]


@pytest.fixture
def no_terms(as_owner: None) -> None:
    for table in TABLES:
        rows = table._default_manager.all()
        rows._raw_delete(rows.db)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A copy of the data files, to be changed."""
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file.name}"
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("name", sorted(path.name for path in DATA.glob("*.csv")))
def test_each_code_stands_once_in_its_file(name: str) -> None:
    assert [code for code, times in Counter(codes(name)).items() if times > 1] == []


def test_each_method_has_its_parent_above_it_and_one_level_up() -> None:
    seen: dict[str, int] = {}
    for method in loading.methods():
        assert method.level == len(method.path) == seen.get(method.parent_id or "", 0) + 1, method.code
        assert method.path[-1] == method.code and method.path[:-1][-1:] == (
            [method.parent_id] if method.parent_id else []
        )
        seen[method.code] = method.level
    assert Counter(seen.values())[1] == 15


def test_each_method_names_known_modes_only() -> None:
    modes = set(codes("modes.csv"))
    assert {mode for method in loading.methods() for mode in method.modes} <= modes


def test_currency_and_firearms_are_no_drugs() -> None:
    assert {drug.code for drug in loading.drugs() if not drug.is_drug} == {
        "currency",
        "firearms",
        "magazines",
        "ammunition",
    }


def test_only_fentanyl_has_a_lethal_dose_because_only_that_one_is_sourced() -> None:
    assert {drug.code: str(drug.lethal_dose_mg) for drug in loading.drugs() if drug.lethal_dose_mg} == {
        "fentanyl": "2"
    }


def test_each_port_lies_where_its_region_says() -> None:
    for port in loading.ports():
        assert port.kind in PortKind.values and port.region in Region.values
        assert (port.region == Region.CANADA) == (port.country == "CA")
        assert (port.region in (Region.SOUTHWEST, Region.NORTHERN, Region.COASTAL_INTERIOR)) == (
            port.country == "US"
        )
        assert port.region != Region.SOUTHWEST or port.lat < 33
        assert port.region != Region.NORTHERN or port.lat > 42


def test_the_core_group_is_never_withheld() -> None:
    assert set(WITHHOLDABLE) == set(FieldGroup) - {FieldGroup.CORE}


def test_every_term_is_loaded_and_loading_again_changes_nothing(no_terms: None) -> None:
    assert load_vocabulary(MONDAY) == Counts(added=TERMS)
    assert load_vocabulary(TUESDAY) == Counts(unchanged=TERMS)


def test_a_method_finds_all_below_it(no_terms: None) -> None:
    load_vocabulary(MONDAY)
    below = set(Method.objects.under("VEH-WHEEL").values_list("code", flat=True))
    assert below == {"VEH-WHEEL", "VEH-WHEEL-SPARE", "VEH-WHEEL-ROAD"}
    assert Method.objects.under("VEH").count() == sum(
        code.split("-")[0] == "VEH" for code in codes("methods.csv")
    )


def test_a_term_gone_from_its_file_is_retired_and_comes_back_current(no_terms: None, files: Path) -> None:
    load_vocabulary(MONDAY)
    rewrite(files / "modes.csv", "drone,Drone,Small unmanned aircraft\n", "")
    assert load_vocabulary(TUESDAY, folder=files) == Counts(
        changed=2, retired=1, unchanged=TERMS - 3
    )  # the two below it move up
    assert Mode.objects.get(code="drone").retired_at == TUESDAY
    assert "drone" not in Mode.objects.current().codes()
    assert "drone" in Mode.objects.codes()
    load_vocabulary(TUESDAY)
    assert Mode.objects.get(code="drone").retired_at is None


def test_a_changed_label_reaches_its_term(no_terms: None, files: Path) -> None:
    load_vocabulary(MONDAY)
    rewrite(files / "methods.csv", "VEH-WHEEL-SPARE,Spare tire,", "VEH-WHEEL-SPARE,Spare wheel,")
    assert load_vocabulary(TUESDAY, folder=files) == Counts(changed=1, unchanged=TERMS - 1)
    assert str(Method.objects.get(code="VEH-WHEEL-SPARE")) == "Spare wheel"
    reworded = Method.objects.exclude(reworded_at=None)
    assert [row.code for row in reworded] == ["VEH-WHEEL-SPARE"]
    since = reworded[0].reworded_at
    assert load_vocabulary(TUESDAY, folder=files) == Counts(unchanged=TERMS)
    assert reworded.all()[0].reworded_at == since


def test_a_file_that_breaks_leaves_every_table_as_it_was(no_terms: None, files: Path) -> None:
    rewrite(files / "ports.csv", "P002,2506,", "P002,25060,")
    with pytest.raises(Exception, match="too long"), transaction.atomic():
        load_vocabulary(MONDAY, folder=files)
    assert not Method.objects.exists()


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("level", 4, "method_level_1_to_3"),
        ("level", 2, "method_parent_below_the_top_only"),
        ("path", ["VEH", "VEH"], "method_path_as_long_as_its_level"),
        ("path", ["TRK"], "method_path_holds_itself"),
        ("label", "", "method_named"),
    ],
)
def test_a_method_that_contradicts_itself_is_refused(
    no_terms: None, column: str, value: object, constraint: str
) -> None:
    load_vocabulary(MONDAY)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Method.objects.filter(code="VEH").update(**{column: value})


@pytest.mark.django_db
def test_the_application_reads_the_vocabulary_and_cannot_write_it() -> None:
    Mode.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("select current_user")
        assert cursor.fetchone() == ("hub_app",)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Mode.objects.create(code="teleport", label="Teleport", position=99)
