"""The owner's seat: the vocabulary is written by nobody else."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections, transaction

from hub import env


@pytest.fixture
def as_owner(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Logged in as the owner, in a transaction that is rolled back."""
    one = connections["default"]

    def login(account: dict[str, Any]) -> None:
        one.close()
        one.settings_dict.update({key: account[key] for key in ("USER", "PASSWORD")})

    with django_db_blocker.unblock():
        login(env.database("OWNER_DATABASE_URL"))
        try:
            with transaction.atomic():
                yield
                transaction.set_rollback(True)
        finally:
            login(env.database("DATABASE_URL"))
