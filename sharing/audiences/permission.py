"""The one permission a grant carries: guardian's `view` on a record."""

from __future__ import annotations

from functools import cache

from django.contrib.auth.models import Permission


@cache
def _view_record(database: str) -> int:
    return Permission.objects.get(content_type__app_label="bulletins", codename="view_record").pk


def view_record() -> int:
    """Its primary key, looked up once a process and database."""
    from django.db import connection

    return _view_record(str(connection.settings_dict["NAME"]))
