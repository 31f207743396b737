"""Template tags: what they say, and that nothing said by people becomes markup."""

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone

EVIL = '<script>alert("1")</script>'
T = datetime(2025, 7, 31, 21, 20, tzinfo=UTC)


def said(source: str, **context: object) -> str:
    return Template("{% load hub_tags %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("substance", "words"),
    [
        ({"quantity": "962.31", "unit": "lb", "mass_kg": "436.496"}, "962.31 lb (436.5 kg)"),
        ({"quantity": Decimal("87.5"), "unit": "kg", "mass_kg": Decimal("87.5")}, "87.5 kg (192.9 lb)"),
        (
            {"quantity": "13", "unit": "lb", "mass_kg": "5.8967", "qualifier": "more_than"},
            "more than 13 lb (5.9 kg)",
        ),
        ({"quantity": "5", "unit": "kg", "mass_kg": "5", "qualifier": "approx"}, "about 5 kg (11 lb)"),
        ({"quantity": "12000", "unit": "pills"}, "12,000 pills"),
        ({"quantity": "20", "unit": "g", "mass_kg": "0.02"}, "20 g (0.0441 lb)"),
        ({"quantity": "2", "unit": "gal", "mass_kg": "7.5"}, "2 US gallons (7.5 kg, 16.5 lb)"),
        ({"quantity": "0", "unit": "kg", "mass_kg": "0"}, "0 kg (0 lb)"),
        ({"quantity": "1e3", "unit": "kg", "mass_kg": "1000"}, "1,000 kg (2,204.6 lb)"),
        ({"mass_kg": "3"}, "3 kg (6.6 lb)"),
        ({}, ""),
        ({"quantity": "plenty", "unit": "kg"}, ""),
        ({"quantity": "NaN", "unit": "kg"}, ""),
    ],
)
def test_an_amount_is_said_as_reported_first_and_then_in_the_other_system(substance, words):
    assert said("{% mass s %}", s=substance) == words
    assert said("{% mass s %}", s=SimpleNamespace(**substance)) == words


def test_a_unit_that_is_markup_stays_text():
    assert EVIL not in said("{% mass s %}", s={"quantity": "1", "unit": EVIL})


def test_an_instant_is_said_in_the_readers_zone_with_its_name_and_utc_on_hover():
    with timezone.override(ZoneInfo("America/Los_Angeles")):
        whole = said("{% when t %}", t=T)
    assert ">31 Jul 2025, 14:20 PDT<" in whole
    assert 'title="31 Jul 2025, 21:20 UTC"' in whole
    assert 'datetime="2025-07-31T21:20:00Z"' in whole


def test_a_zone_without_letters_is_named_by_its_offset():
    with timezone.override(ZoneInfo("America/Sao_Paulo")):
        assert "18:20 UTC-03:00" in said("{% when t show='time' %}", t=T)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (date(2026, 11, 22), ">22 Nov 2026<"),
        ("2026-11-22", ">22 Nov 2026<"),
        ("2026-11-22T10:00:00+00:00", "22 Nov 2026, 10:00 UTC"),
    ],
)
def test_dates_are_unambiguous(value, words):
    with timezone.override(UTC):
        assert words in said("{% when t %}", t=value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2026-11", ">November 2026<"),
        ("2026-03-04", ">March 2026<"),
        ("2026", "2026"),
        ("2026-13", "2026-13"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_month_is_said_in_words(value, words):
    assert words in said("{% month m %}", m=value)


@pytest.mark.parametrize(
    "tag", ["{% when x %}", "{% month x %}", "{{ x|marked }}", "{% tlp x %}", "{{ x|method_label }}"]
)
def test_words_of_people_never_become_markup(tag):
    assert "<script" not in said(tag, x=EVIL)


def test_matched_words_are_marked_and_the_rest_is_escaped():
    assert said("{{ t|marked }}", t=f"a \x02duffel\x03 {EVIL}").startswith("a <mark>duffel</mark> &lt;script")


@pytest.mark.parametrize(
    ("marking", "colour"),
    [
        ("TLP:AMBER+STRICT", "amber"),
        ("TLP:RED", "red"),
        ("TLP:CLEAR", "clear"),
        ("TLP:GREEN", "green"),
        ("odd", "red"),
    ],
)
def test_a_marking_has_its_colour_and_an_unknown_one_the_strictest(marking, colour):
    assert said("{% tlp m %}", m=marking) == f'<span class="tlp tlp-{colour}">{marking}</span>'


def test_a_withheld_part_says_its_kind_by_whom_and_under_what():
    line = said(
        "{% withheld item %}", item={"label": "Identifiers", "by": "CBP", "under": "the CBP–CBSA agreement"}
    )
    assert "Identifiers</span> withheld by CBP, under the CBP–CBSA agreement." in line
    assert "<script" not in said("{% withheld item %}", item={"label": EVIL, "by": EVIL, "under": EVIL})


def test_an_icon_is_silent_unless_it_says_something():
    assert 'aria-hidden="true"' in said('{% icon "mail" %}')
    assert 'role="img" aria-label="Withheld"' in said('{% icon "lock" label="Withheld" %}')
    with pytest.raises(ValueError, match="no icon"):
        said('{% icon "nonesuch" %}')


def test_the_list_behind_the_drawings_holds_each_code_once_and_keeps_unknown_ones():
    from hub.pages.names import ZONES

    page = said('{% drawing codes mode="pick" name="methods" %}', codes=["VEH-BODY-DOOR", "OLD-CODE"])
    assert all(page.count(f'name="methods" value="{code}"') == 1 for code in ZONES)
    assert page.count("checked>") == 1
    assert '<input type="hidden" name="methods" value="OLD-CODE">' in page


def test_a_drawing_to_read_escapes_codes_it_does_not_know():
    assert "<script" not in said("{% drawing codes %}", codes=[EVIL, "VEH-BODY-DOOR"])


def test_nothing_known_draws_nothing():
    assert said("{% drawing codes %}", codes=[]) == ""


def test_bars_say_their_numbers_and_link_to_what_is_behind_them():
    page = said(
        "{% chart_bars 'By drug' rows %}", rows=[("Cocaine", 4, "/search/?drug=cocaine"), (EVIL, 8, None)]
    )
    assert 'width="50.00%"' in page and 'width="100.00%"' in page
    assert '<a href="/search/?drug=cocaine">4</a>' in page
    assert "<script" not in page


@pytest.mark.parametrize("rows", [[], [("a", 0, None)], [("a", None, None)], [("a", -3, None)]])
def test_charts_stand_on_nothing_and_on_zero(rows):
    for tag in ("chart_bars", "chart_columns"):
        assert "nan" not in said("{% " + tag + " 't' rows %}", rows=rows)
    assert "<svg" in said("{% spark values %}", values=[row[1] for row in rows])
