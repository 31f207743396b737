"""The sealing key: its file is the sealer's alone, and no process that serves is told where it is."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from hub import env
from hub.database.context import viewing
from hub.launcher.serving import processes
from hub.trail.chain import public_half
from hub.trail.keys import UnfitKey, make_key, read_key
from hub.trail.models import Seal
from hub.trail.seals import WATCH
from tests.launcher.test_login import PROCESSES, address
from tests.trail.conftest import findings, write


@pytest.fixture
def path(tmp_path, monkeypatch) -> Path:
    found = tmp_path / "keys" / "seal.pem"
    monkeypatch.setenv(env.SEAL_KEY, str(found))
    return found


def test_a_new_key_is_its_users_alone(path):
    made = make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert public_half(read_key(path)) == public_half(made)
    with pytest.raises(UnfitKey):
        make_key(path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_not_used(path, mode):
    make_key(path)
    path.chmod(mode)
    with pytest.raises(UnfitKey, match="must be 0600"):
        read_key(path)


def test_what_is_no_ed25519_key_is_not_used(path):
    path.parent.mkdir()
    path.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    path.chmod(0o600)
    with pytest.raises(UnfitKey, match="holds no Ed25519 key"):
        read_key(path)


@pytest.mark.django_db(transaction=True)
def test_the_sealer_makes_its_key_once_numbers_and_seals(path, capsys):
    write("one", "two")
    call_command("seal_trail", "--once")
    write("three")
    call_command("seal_trail", "--once")
    assert capsys.readouterr().out.splitlines() == ["2 rows sealed", "1 rows sealed"]
    with viewing(WATCH):
        assert set(Seal.objects.values_list("key", flat=True)) == {public_half(read_key(path))}
    assert findings() == []
    # A lost key is not quietly replaced: that is what a thief of the database would need.
    path.unlink()
    with pytest.raises(CommandError, match="put the key back"):
        call_command("seal_trail", "--once")
    assert not path.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("process", PROCESSES)
def test_no_process_serves_that_was_told_where_the_key_is(process, path):
    given = os.environ | {"DATABASE_URL": address("hub_app")}
    command = [sys.executable, *PROCESSES[process]]
    done = subprocess.run(
        command, env=given, cwd=env.ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("hub: SEAL_KEY is set: the sealer alone")


def test_the_sealer_does_not_start_without_being_told(monkeypatch):
    monkeypatch.delenv(env.SEAL_KEY, raising=False)
    with pytest.raises(SystemExit):
        env.sealing_key()


def test_the_launcher_tells_the_sealer_alone(tmp_path, monkeypatch):
    monkeypatch.delenv(env.SEAL_KEY, raising=False)
    told = {child.name: child.told for child in processes(tmp_path, "127.0.0.1", 8000)}
    assert {name for name, values in told.items() if values} == {"sealer"}
    assert told["sealer"] == {env.SEAL_KEY: str(tmp_path / "keys" / "seal.pem")}
    assert env.SEAL_KEY not in env.SHARED


def test_no_setting_says_where_the_key_is(path):
    from django.conf import settings

    named = {name for name in dir(settings) if name.isupper() and str(path) in str(getattr(settings, name))}
    assert named == set() and not hasattr(settings, env.SEAL_KEY)
