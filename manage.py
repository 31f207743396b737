#!/usr/bin/env python
"""The hub's commands. Schema commands log in as the owner of the tables, all others as the application."""

import os
import sys

OWNERS_COMMANDS = {"migrate", "makemigrations", "sqlmigrate", "showmigrations", "load_reference"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    if len(sys.argv) > 1 and sys.argv[1] in OWNERS_COMMANDS:
        os.environ["HUB_LOGIN"] = "owner"
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        print(
            "hub: Django is not installed here; run .venv/bin/python manage.py after `make run`",
            file=sys.stderr,
        )
        raise SystemExit(2) from None
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
