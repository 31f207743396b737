"""What tests of the pages share: a store for photographs, a bulletin that partners have in other shapes."""

from __future__ import annotations

import pytest

from tests.builders import published_bulletin, released


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    """Photographs of a test lie in its own folder."""
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "store")},
        }
    }


@pytest.fixture
def bulletin(db):
    """CBP's: CBSA has it without place and identifiers, South Texas HIDTA's members whole, others not."""
    found = published_bulletin()
    released(found, ("CBSA", "place", "identifiers"), "community:HIDTA-STX")
    return found
