"""The settings of the way out refuse what is odd, in one line."""

import pytest

from hub import env


def read(capsys, function, *arguments, **named):
    with pytest.raises(SystemExit):
        function(*arguments, **named)
    return capsys.readouterr().err


def test_networks_are_read_and_anything_else_is_refused(monkeypatch, capsys):
    monkeypatch.setenv("OUTGOING_ALLOW", "10.1.0.0/16, ::1")
    assert [str(network) for network in env.networks("OUTGOING_ALLOW", "")] == ["10.1.0.0/16", "::1/128"]
    for odd in ("10.1.0.1/16", "internal.example", "*"):
        monkeypatch.setenv("OUTGOING_ALLOW", odd)
        assert "OUTGOING_ALLOW must list networks" in read(capsys, env.networks, "OUTGOING_ALLOW", "")


def test_keys_are_read_and_shorter_ones_are_refused_without_being_shown(monkeypatch, capsys):
    monkeypatch.setenv("WEBHOOK_KEYS", "A" * 43 + "=")
    assert env.fernet_keys("WEBHOOK_KEYS") == ["A" * 43 + "="]
    monkeypatch.setenv("WEBHOOK_KEYS", "sesame")
    said = read(capsys, env.fernet_keys, "WEBHOOK_KEYS")
    assert "32 bytes" in said and "sesame" not in said


@pytest.mark.parametrize(
    ("given", "demo", "hosts", "found"),
    [
        (None, True, [], "http://127.0.0.1:8123"),
        (None, False, ["hub.example.gov"], "https://hub.example.gov"),
        (None, False, [".example.gov"], "https://example.gov"),
        ("https://hub.example.gov/", False, ["*"], "https://hub.example.gov"),
        (None, False, ["*"], None),
        ("http://hub.example.gov", False, ["hub.example.gov"], None),
        ("https://hub.example.gov/sub", False, ["hub.example.gov"], None),
        ("hub.example.gov", True, [], None),
    ],
)
def test_links_begin_with_an_address_the_operator_gave(given, demo, hosts, found, monkeypatch, capsys):
    monkeypatch.setenv("PORT", "8123")
    monkeypatch.delenv("SITE_URL", raising=False)
    if given:
        monkeypatch.setenv("SITE_URL", given)
    if found:
        assert env.site("SITE_URL", demo=demo, hosts=hosts) == found
    else:
        assert "SITE_URL" in read(capsys, env.site, "SITE_URL", demo=demo, hosts=hosts)
