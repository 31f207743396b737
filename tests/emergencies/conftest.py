"""A folder of a test's own for photographs."""

from tests.disclosures.conftest import store  # noqa: F401
