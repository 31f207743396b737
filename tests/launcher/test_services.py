"""The embedded services: as root or not, on any path, after any end."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import psycopg
import pytest
import redis

from hub import env
from hub.launcher import process, services

from .conftest import eventually, on

pytestmark = pytest.mark.launcher


def test_what_was_committed_or_queued_survives_a_kill(bare, home):
    with services.lasting(home, {}) as found:
        with psycopg.connect(found.settings["OWNER_DATABASE_URL"]) as owner:
            owner.execute("create table kept (word text)")
            owner.execute("insert into kept values ('crème brûlée')")
        with redis.Redis.from_url(found.settings["REDIS_URL"]) as broker:
            broker.rpush("urgent", "a task")
        for service in found.started:
            service.process.kill()
    with services.lasting(home, {}) as found:
        with psycopg.connect(found.settings["OWNER_DATABASE_URL"]) as owner:
            assert owner.execute("select upper(word) from kept").fetchone() == ("CRÈME BRÛLÉE",)
        with redis.Redis.from_url(found.settings["REDIS_URL"]) as broker:
            assert broker.lrange("urgent", 0, -1) == [b"a task"]


def test_a_server_that_was_killed_starts_again_beside_a_query_it_left_behind(bare, home):
    with services.lasting(home, {}) as found:
        query = ["-c", "import sys, psycopg; psycopg.connect(sys.argv[1]).execute(sys.argv[2])"]
        long = "select sum(n) from (select generate_series(1, 10000000000) n) s"
        asking = subprocess.Popen([sys.executable, *query, found.settings["DATABASE_URL"], long])
        asked = (
            "select 1 from pg_stat_activity where state = 'active' and query like '%generate_series%n) s%'"
        )
        with psycopg.connect(found.postgres.url("postgres"), autocommit=True) as own:
            eventually(lambda: len(own.execute(asked).fetchall()) == 2)
        try:
            found.postgres.process.kill()
            found.postgres.process.wait()
            found.tend()
            found.postgres.wait()
            assert psycopg.connect(found.settings["DATABASE_URL"]).execute("select 1").fetchone() == (1,)
            assert asking.wait(10) != 0
        finally:
            asking.kill()


def test_a_killed_launcher_takes_its_services_along_and_leaves_no_obstacle(bare, home):
    command = [sys.executable, "-m", "hub.launcher", "services", "--home"]
    launcher = subprocess.Popen(
        command, env=bare | {"HUB_HOME": str(home)}, cwd=env.ROOT, stdout=subprocess.PIPE
    )
    assert launcher.stdout is not None and b"DATABASE_URL" in launcher.stdout.readline()
    env.running.cache_clear()
    sockets = Path(env.running(home)["REDIS_URL"].removeprefix("unix://").partition("?")[0]).parent
    assert len(on(home)) > 2 and sockets.is_dir()
    assert (home / env.SERVICES).stat().st_mode & 0o777 == 0o600

    launcher.kill()
    launcher.wait()
    launcher.stdout.close()
    eventually(lambda: not on(home))
    env.running.cache_clear()
    assert env.running(home) == {}, "a note left behind is not believed"

    with services.lasting(home, {}) as found:
        assert psycopg.connect(found.settings["DATABASE_URL"]).execute("select 1").fetchone() == (1,)
        assert not sockets.is_dir()


def test_a_second_launcher_on_the_same_home_is_refused(bare, home, capsys):
    with services.held(home), pytest.raises(SystemExit) as ended, services.lasting(home, {}):
        pass
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(f"hub: another launcher (process {os.getpid()}) runs on {home}")


def test_a_pid_file_that_names_somebody_else_stops_nobody(bare, home):
    with services.lasting(home, {}):
        pass
    stranger = subprocess.Popen(["sleep", "60"])
    (home / "postgres/postmaster.pid").write_text(f"{stranger.pid}\n{home}/postgres\n")
    (home / "valkey/valkey.pid").write_text(f"{stranger.pid}\n")
    try:
        with services.lasting(home, {}) as found:
            assert psycopg.connect(found.settings["DATABASE_URL"]).execute("select 1").fetchone() == (1,)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_data_folder_cut_short_is_made_anew(bare, home):
    (home / "postgres.new").mkdir(parents=True)
    (home / "postgres.new/PG_VERSION").write_text("18\n")
    with services.lasting(home, {}) as found:
        assert psycopg.connect(found.settings["DATABASE_URL"]).execute("select 1").fetchone() == (1,)


@pytest.mark.skipif(os.geteuid() != 0, reason="the way for root where user namespaces are refused")
def test_root_without_user_namespaces(bare, home, monkeypatch):
    monkeypatch.setattr(process, "namespaces_allowed", lambda: False)
    with services.lasting(home, {}) as found:
        assert psycopg.connect(found.settings["DATABASE_URL"]).execute("select 1").fetchone() == (1,)
        folder = found.postgres.folder
        assert folder.stat().st_uid == process.NOBODY
    with services.lasting(home, {}) as found:
        assert found.postgres.folder == folder
    shutil.rmtree(folder)


def test_only_what_no_address_names_is_started(bare, home, monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://cache.internal/3")
    monkeypatch.setenv("DATABASE_URL", "postgresql://hub_app@db.internal/hub")
    monkeypatch.setenv("OWNER_DATABASE_URL", "postgresql://hub_owner@db.internal/hub")
    with services.lasting(home, {}) as found:
        assert found.started == []
        assert found.settings["REDIS_URL"] == "redis://cache.internal/3"


def test_an_address_for_the_application_alone_is_refused(bare, home, monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", "postgresql://hub_app@db.internal/hub")
    with pytest.raises(SystemExit), services.lasting(home, {}):
        pass
    assert "OWNER_DATABASE_URL must be too" in capsys.readouterr().err


def test_a_full_disk_is_told_before_anything_starts(bare, home, monkeypatch, capsys):
    usage = namedtuple("usage", "total used free")(10**12, 10**12, 50 * 2**20)
    monkeypatch.setattr(services.shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(SystemExit), services.lasting(home, {}):
        pass
    assert capsys.readouterr().err == f"hub: the disk of {home} has 50 MB left; the hub needs 200 MB\n"


def test_what_killed_throwaway_services_left_is_swept_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(services.tempfile, "tempdir", str(tmp_path))
    folders = {name: tmp_path / f"hub-throwaway-{name}" for name in ("old", "young", "running")}
    for folder in folders.values():
        folder.mkdir()
    sockets = services.socket_folder()
    (folders["old"] / env.SERVICES).write_text(json.dumps({"sockets": str(sockets)}))
    with services.held(folders["running"]):
        for name in ("old", "running"):
            os.utime(folders[name], (1, 1))
        services.sweep()
    assert {name for name, folder in folders.items() if folder.exists()} == {"young", "running"}
    assert not sockets.exists()


def test_a_secret_is_made_once_and_for_its_owner_only(tmp_path):
    first, made = services.kept_secret(tmp_path, "secret", 24)
    assert made and len(first) >= 32
    assert services.kept_secret(tmp_path, "secret", 24) == (first, False)
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_signals_reach_a_process_only_while_it_is_the_one_meant():
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        process.end(stranger.pid, "a folder that is not in its command line", signum=signal.SIGKILL)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
