"""The set-up from a bare checkout: what it says when a tool fails, and whose certificates it believes."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from hub.launcher import install


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("error: failed\n  caused by: No space left on device (os error 28)", "the disk is full"),
        (
            "error: Request failed after 3 retries\n  cause: error sending request for url (https://pypi.org/)\n"
            "  cause: invalid peer certificate: UnknownIssuer",
            "the registry's certificate is not trusted here; behind a proxy with one of its own, set SSL_CERT_FILE",
        ),
        (
            "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))\nCould not fetch URL",
            "the registry's certificate is not trusted here; behind a proxy with one of its own, set SSL_CERT_FILE",
        ),
        (
            "error sending request for url (https://pypi.org/simple/)\n  cause: dns error",
            "the package registry cannot be reached; is there a network?",
        ),
        ("one\n\n  the last line counts  \n\n", "the last line counts"),
        ("", "it said nothing"),
    ],
)
def test_a_failure_of_the_set_up_is_told_in_one_line(said, line):
    assert install.reason(said) == line


def test_the_machines_own_certificates_are_believed_where_it_has_any(monkeypatch, tmp_path):
    known = tmp_path / "certificates"
    known.mkdir()
    monkeypatch.delenv("UV_SYSTEM_CERTS", raising=False)
    monkeypatch.setattr(install, "certificates", lambda: [known])
    assert "UV_SYSTEM_CERTS" not in install.trusting()
    (known / "authority.pem").write_text("a certificate")
    assert install.trusting()["UV_SYSTEM_CERTS"] == "1"
    monkeypatch.setenv("UV_SYSTEM_CERTS", "0")
    assert install.trusting()["UV_SYSTEM_CERTS"] == "0"


def test_an_older_python_gets_as_far_as_the_line_that_says_which_is_needed(tmp_path):
    source = Path(install.__file__).read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 7))
    # The check stands before whatever an older one may lack; here it is told of a Python yet to come.
    told = tmp_path / "install.py"
    told.write_text(source.replace("sys.version_info < (3, 11)", "sys.version_info < (9, 0)"))
    done = subprocess.run(
        [sys.executable, str(told)], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 2 and not done.stdout
    assert done.stderr.startswith("hub: Python 3.11 is needed, this is 3.")
    assert done.stderr.count("\n") == 1
