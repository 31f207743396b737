"""Typed readings of the environment; an absent or odd value ends the process with one clear line.

A name that is not in the environment is looked up in HUB_HOME/services.json, which a running launcher
keeps there, so that `manage.py` finds the same database as the hub beside it.
"""

import base64
import binascii
import fcntl
import ipaddress
import json
import os
import sys
import uuid
from functools import cache
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qsl, quote, unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
LOCK = "launcher.lock"
SERVICES = "services.json"
# What a launcher hands to its processes, and to the commands run beside it.
SHARED = (
    "DATABASE_URL", "OWNER_DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS", "HUB_DEMO", "SITE_URL", "HUB_ID",
    "EMAIL_URL", "MAIL_FROM", "PHOTOGRAPHS", "OUTGOING_ALLOW", "WEBHOOK_KEYS",
)  # fmt: skip
# The file of the trail's sealing key. The sealer alone is told of it: not in SHARED, and no setting of Django's.
SEAL_KEY = "SEAL_KEY"
LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")


def refuse(line: str) -> NoReturn:
    """Ends the process: the line on stderr, exit status 2."""
    print(f"hub: {line}", file=sys.stderr, flush=True)
    raise SystemExit(2)


def home() -> Path:
    """HUB_HOME, the folder of all that the hub keeps on this machine."""
    return Path(os.environ.get("HUB_HOME") or ROOT / "var").expanduser().absolute()


def launcher_runs(folder: Path) -> bool:
    """Whether a launcher holds `folder`: its lock is gone with the process, however that ended."""
    try:
        with open(folder / LOCK) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


@cache
def running(folder: Path) -> dict[str, str]:
    """The settings under which the launcher of `folder` runs its processes; empty when none runs."""
    try:
        return dict(json.loads((folder / SERVICES).read_text())["settings"]) if launcher_runs(folder) else {}
    except (OSError, ValueError, KeyError):
        return {}


def text(name: str, default: str | None = None) -> str:
    """The value of `name`, or `default`; refuses when there is neither."""
    found = os.environ.get(name) or running(home()).get(name) or default
    if found is not None:
        return found
    if name in SHARED and not os.environ.get("DATABASE_URL"):
        refuse(
            f"no hub runs on {home()}: start `make run` first, or set DATABASE_URL, REDIS_URL and SECRET_KEY"
        )
    refuse(f"{name} is not set")


def flag(name: str, default: bool) -> bool:
    found = text(name, "1" if default else "0")
    if found not in ("0", "1"):
        refuse(f"{name} must be 0 or 1, not {found!r}")
    return found == "1"


def number(name: str, default: int, *, low: int, high: int) -> int:
    found = text(name, str(default))
    if not found.isdecimal() or not low <= int(found) <= high:
        refuse(f"{name} must be a whole number from {low} to {high}, not {found!r}")
    return int(found)


def words(name: str, default: str) -> list[str]:
    """A list written with commas between."""
    return [word for part in text(name, default).split(",") if (word := part.strip())]


def database(name: str) -> dict[str, Any]:
    """A PostgreSQL address as a Django database: postgresql://user:password@host:port/name?option=value."""
    url = urlsplit(text(name))
    options = dict(parse_qsl(url.query))
    host, path = options.pop("host", url.hostname or ""), unquote(url.path.lstrip("/"))
    try:
        port = options.pop("port", str(url.port or ""))
    except ValueError:
        port = "?"
    if (
        url.scheme not in ("postgres", "postgresql")
        or not url.username
        or not path
        or "/" in path
        or port == "?"
    ):
        refuse(f"{name} must read postgresql://user:password@host:port/database")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": path,
        "USER": unquote(url.username),
        "PASSWORD": unquote(url.password or ""),
        "HOST": host,
        "PORT": port,
        "OPTIONS": options,
    }


def redis(name: str, *, offset: int = 0) -> str:
    """A Redis address as redis-py reads it, `offset` databases past the one named (0 when none is).

    redis://host:6379/0, rediss://..., or unix:///path/to/socket?db=0.
    """
    url = urlsplit(text(name))
    query = dict(parse_qsl(url.query))
    base = query.pop("db", "") if url.scheme == "unix" else url.path.strip("/")
    if url.scheme not in ("redis", "rediss", "unix") or not (base or "0").isdecimal():
        refuse(f"{name} must read redis://host:port/number or unix:///path?db=number")
    index = int(base or 0) + offset
    rest = "&".join(f"{quote(key)}={quote(value)}" for key, value in query.items())
    if url.scheme == "unix":
        return f"unix://{url.netloc}{url.path}?db={index}" + (f"&{rest}" if rest else "")
    return f"{url.scheme}://{url.netloc}/{index}" + (f"?{rest}" if rest else "")


def broker(name: str, *, offset: int = 0) -> str:
    """The same address as Celery reads it: a socket is redis+socket://path?virtual_host=number."""
    address = redis(name, offset=offset)
    if address.startswith("unix://"):
        return "redis+socket://" + address.removeprefix("unix://").replace("?db=", "?virtual_host=")
    return address


def mail(name: str) -> dict[str, Any]:
    """A mail server: smtp://user:password@host:port (STARTTLS) or smtps://... (TLS from the start)."""
    url = urlsplit(text(name))
    if url.scheme not in ("smtp", "smtps") or not url.hostname:
        refuse(f"{name} must read smtp://user:password@host:port or smtps://user:password@host:port")
    return {
        "EMAIL_HOST": url.hostname,
        "EMAIL_PORT": url.port or (465 if url.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(url.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(url.password or ""),
        "EMAIL_USE_SSL": url.scheme == "smtps",
        "EMAIL_USE_TLS": url.scheme == "smtp" and dict(parse_qsl(url.query)).get("tls", "1") == "1",
    }


def networks(name: str, default: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Networks with commas between: 10.1.0.0/16, fd00:1::/32. A single address is a network of one."""
    found = []
    for word in words(name, default):
        try:
            found.append(ipaddress.ip_network(word))
        except ValueError:
            refuse(f"{name} must list networks like 10.1.0.0/16, not {word!r}")
    return found


def fernet_keys(name: str) -> list[str]:
    """Keys of 32 bytes in URL-safe base64, commas between; none is allowed."""
    found = words(name, "")
    for key in found:
        try:
            fit = len(base64.urlsafe_b64decode(key)) == 32
        except (binascii.Error, ValueError):
            fit = False
        if not fit:
            refuse(f"{name} must list Fernet keys: 32 bytes each, in URL-safe base64")
    return found


def sealing_key() -> Path:
    """Where the sealer's private key lies. From the environment alone: no file that others read says it."""
    if found := os.environ.get(SEAL_KEY):
        return Path(found).expanduser().absolute()
    refuse(f"{SEAL_KEY} is not set: the file of the sealing key, which the sealer's user alone may read")


def uid(name: str, *, made_of: str) -> uuid.UUID:
    """A UUID; where none is given, the one that is always made of the address `made_of`."""
    found = text(name, str(uuid.uuid5(uuid.NAMESPACE_URL, made_of)))
    try:
        return uuid.UUID(found)
    except ValueError:
        refuse(f"{name} must be a UUID, not {found!r}")


def site(name: str, *, demo: bool, hosts: list[str]) -> str:
    """The address people reach the hub at, without a slash at its end: https outside the demo."""
    default: str | None
    if demo:
        default = f"http://127.0.0.1:{number('PORT', 8000, low=1, high=65535)}"
    else:
        default = f"https://{hosts[0].lstrip('.')}" if hosts and "*" not in hosts[0] else None
    found = text(name, default).rstrip("/")
    url = urlsplit(found)
    if (
        not url.hostname
        or url.path
        or url.query
        or url.scheme not in (("http", "https") if demo else ("https",))
    ):
        refuse(f"{name} must read https://host, not {found!r}")
    return found
