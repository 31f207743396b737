"""`manage.py counts`, read by something that has soon read enough."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.db import connection

from hub import env


@pytest.mark.django_db
def test_counts_ends_without_a_word_when_its_reader_has_gone():
    begun, _slash, _name = env.text("DATABASE_URL").rpartition("/")
    known = os.environ | {"DATABASE_URL": f"{begun}/{connection.settings_dict['NAME']}"}
    counting = subprocess.Popen(
        [sys.executable, "manage.py", "counts"],
        env=known,
        cwd=env.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    counting.stdout.close()
    said = counting.stderr.read()
    assert counting.wait(timeout=60) == 0 and said == b""
