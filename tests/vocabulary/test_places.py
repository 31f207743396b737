"""A place becomes a port only where it can mean no other; a region is told in any case."""

from decimal import Decimal

import pytest

from bulletins.vocabulary import loading
from bulletins.vocabulary.lists import Region
from bulletins.vocabulary.places import Place, PortBook


@pytest.fixture(scope="module")
def book() -> PortBook:
    return PortBook(loading.ports())


def us(text: str, state: str, lat: str = "", lon: str = "") -> Place:
    return Place(text, "US", state, Decimal(lat) if lat else None, Decimal(lon) if lon else None)


@pytest.mark.parametrize(
    ("place", "code"),
    [
        (us("San Ysidro Port of Entry", "CA", "32.543", "-117.03"), "P001"),
        (us("Nogales DeConcini Port of Entry", "AZ"), "P011"),
        (us("Laredo Colombia-Solidarity Bridge", "TX"), "P034"),
        (us("Port of San Juan", "PR"), "P162"),
        (us("Buffalo Peace Bridge cargo facility", "NY"), "P092"),
        (us("Ysleta Port of Entry", "TX", "31.673", "-106.336"), "P022"),
        (us("Memphis express consignment hub", "TN", "35.042", "-89.977"), "P201"),
        (Place("Peace Bridge, Fort Erie", "CA", "ON"), "P229"),
        (Place("Port of Montréal", "CA", "QC"), "P249"),
    ],
)
def test_a_port_is_found_by_its_name(book: PortBook, place: Place, code: str) -> None:
    port = book.find(place)
    assert port is not None and port.code == code


@pytest.mark.parametrize(
    "place",
    [
        us("Nogales Port of Entry", "AZ", "31.333", "-110.943"),  # three crossings
        us("San Luis, AZ", "AZ", "32.487", "-114.782"),  # the town
        us("Otay Mesa, CA (tunnel)", "CA", "32.550", "-116.950"),
        us("Ysleta Port of Entry", "TX"),  # part of a name, and no coordinates to bear it out
        us("San Ysidro Port of Entry", "CA", "40.0", "-117.0"),  # the coordinates say elsewhere
        us("San Ysidro Port of Entry", "TX"),
        Place("San Ysidro Port of Entry", "MX", "CA"),
        Place(
            "Dublin Airport", "IE", "Dublin", Decimal("53.426"), Decimal("-6.25")
        ),  # only the seaport is listed
        us("", "CA"),
        us("Port of Entry", "CA"),
    ],
)
def test_what_may_mean_another_place_stays_without_a_port(book: PortBook, place: Place) -> None:
    assert book.find(place) is None


def test_each_port_is_found_by_its_own_label_unless_two_share_it(book: PortBook) -> None:
    for port in loading.ports():
        found = book.find(Place(port.label, port.country, port.state, port.lat, port.lon))
        assert found is not None and found.code == port.code


@pytest.mark.parametrize(
    ("place", "region"),
    [
        (us("I-5 near San Clemente", "CA", "33.41", "-117.6"), Region.SOUTHWEST),
        (us("I-40 near Vega, Oldham County, TX", "TX", "35.24", "-102.43"), Region.COASTAL_INTERIOR),
        (us("Massena, NY", "NY", "44.93", "-74.89"), Region.NORTHERN),
        (us("I-10 mile 54, TX", "TX"), Region.COASTAL_INTERIOR),
        (Place("Port Lambton, ON", "CA", "ON", Decimal("42.655"), Decimal("-82.505")), Region.CANADA),
        (Place("Sonora (highway)", "MX", "Sonora"), Region.MEXICO),
        (Place("Aldan, Galicia", "ES"), Region.ELSEWHERE),
    ],
)
def test_without_a_port_the_country_and_the_nearest_border_tell_the_region(
    book: PortBook, place: Place, region: Region
) -> None:
    assert book.region(place) == region


def test_a_ports_region_is_its_own_even_close_to_the_border(book: PortBook) -> None:
    airport = book.find(us("Detroit Metropolitan Airport", "MI"))
    assert airport is not None
    assert (
        book.region(us("Detroit Metropolitan Airport", "MI", "42.216", "-83.355"), airport)
        == Region.COASTAL_INTERIOR
    )
