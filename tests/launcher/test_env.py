"""Readings of the environment: typed, or one clear line."""

import pytest

from hub import env


@pytest.fixture
def given(monkeypatch, tmp_path):
    """Sets NAME to a value, with no hub running beside."""
    monkeypatch.setenv("HUB_HOME", str(tmp_path))

    def given(value: str) -> None:
        monkeypatch.setenv("NAME", value)

    return given


@pytest.mark.parametrize(
    ("address", "host", "port", "password"),
    [
        (
            "postgresql://hub_app:s%40cret@db.internal:5433/hub?sslmode=verify-full",
            "db.internal",
            "5433",
            "s@cret",
        ),
        ("postgres://hub_app@/hub?host=%2Frun%2Fpost%20gres", "/run/post gres", "", ""),
    ],
)
def test_a_database_address_is_read_in_full(given, address, host, port, password):
    given(address)
    found = env.database("NAME")
    assert (found["HOST"], found["PORT"], found["PASSWORD"]) == (host, port, password)
    assert (found["USER"], found["NAME"]) == ("hub_app", "hub")
    assert found["OPTIONS"] == ({"sslmode": "verify-full"} if "sslmode" in address else {})


@pytest.mark.parametrize(
    "address", ["mysql://hub_app@db/hub", "postgresql://db/hub", "postgresql://hub_app@db", "hub"]
)
def test_an_odd_database_address_is_refused_without_being_shown(given, address, capsys):
    given(address)
    with pytest.raises(SystemExit) as ended:
        env.database("NAME")
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "NAME must read postgresql://" in said


def test_a_bad_port_is_refused_too(given):
    given("postgresql://hub_app@db:port/hub")
    with pytest.raises(SystemExit):
        env.database("NAME")


@pytest.mark.parametrize(
    ("address", "cache", "broker"),
    [
        ("redis://cache:6379", "redis://cache:6379/0", "redis://cache:6379/1"),
        ("rediss://:pw@cache:6380/4", "rediss://:pw@cache:6380/4", "rediss://:pw@cache:6380/5"),
        ("unix:///run/v?db=0", "unix:///run/v?db=0", "redis+socket:///run/v?virtual_host=1"),
        ("unix:///run/v", "unix:///run/v?db=0", "redis+socket:///run/v?virtual_host=1"),
    ],
)
def test_cache_and_broker_get_neighbouring_databases(given, address, cache, broker):
    given(address)
    assert (env.redis("NAME"), env.broker("NAME", offset=1)) == (cache, broker)


@pytest.mark.parametrize(
    ("reading", "good", "bad"),
    [
        (lambda: env.flag("NAME", False), "1", "yes"),
        (lambda: env.number("NAME", 5, low=1, high=10), "10", "11"),
        (lambda: env.number("NAME", 5, low=1, high=10), "1", "ten"),
        (lambda: env.redis("NAME"), "redis://localhost/3", "localhost:6379"),
        (lambda: env.mail("NAME"), "smtp://u:p@mail:25", "mail"),
        (lambda: env.uid("NAME", made_of=""), "5f0c1c52-0b1e-4a0b-9d5e-0d8f0b6a7c11", "my-hub"),
    ],
)
def test_an_odd_value_is_refused_where_a_good_one_is_read(given, reading, good, bad, capsys):
    given(good)
    reading()
    given(bad)
    with pytest.raises(SystemExit):
        reading()
    assert capsys.readouterr().err.startswith("hub: NAME must")


def test_mail_is_encrypted_unless_told_otherwise(given):
    given("smtp://u:p%3A@mail")
    assert env.mail("NAME") == {
        "EMAIL_HOST": "mail", "EMAIL_PORT": 587, "EMAIL_HOST_USER": "u", "EMAIL_HOST_PASSWORD": "p:",
        "EMAIL_USE_SSL": False, "EMAIL_USE_TLS": True,
    }  # fmt: skip
    given("smtps://mail")
    assert env.mail("NAME")["EMAIL_USE_SSL"] and not env.mail("NAME")["EMAIL_USE_TLS"]


def test_words_are_split_at_commas(given):
    given(" a, b ,,c")
    assert env.words("NAME", "") == ["a", "b", "c"]


def test_a_hub_s_id_is_made_of_its_address_until_it_is_given_one(given):
    given("")
    made = env.uid("NAME", made_of="https://hub.example")
    assert (
        made
        == env.uid("NAME", made_of="https://hub.example")
        != env.uid("NAME", made_of="https://other.example")
    )
    given("5f0c1c52-0b1e-4a0b-9d5e-0d8f0b6a7c11")
    assert str(env.uid("NAME", made_of="https://hub.example")) == "5f0c1c52-0b1e-4a0b-9d5e-0d8f0b6a7c11"
