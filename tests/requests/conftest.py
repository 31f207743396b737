"""What tests of requests share: records that a partner holds, one of the owner's own finding, one of another's."""

from __future__ import annotations

import pytest

from tests.api.conftest import caller, stranger, unhurried  # noqa: F401
from tests.builders import consented, published_bulletin, released
from tests.cast import agency


@pytest.fixture
def own(db):
    """CBP's own finding; the South Texas HIDTA has it, without its case."""
    found = published_bulletin()
    released(found, ("HIDTA-STX", "case"))
    return found


@pytest.fixture
def of_hsi(db):
    """HSI's finding, posted by CBP; the South Texas HIDTA has it with HSI's consent."""
    found = published_bulletin(originator=agency("HSI"))
    released(found, "HIDTA-STX")
    consented(found, "HIDTA-STX", by="hsi.agent")
    return found
