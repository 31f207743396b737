"""`manage.py seal_trail`: the sealer, the one process that reads the sealing key. Seals each minute until stopped."""

from __future__ import annotations

import logging
import time
from argparse import ArgumentParser
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, OperationalError, connection
from django.utils import timezone

from hub import env
from hub.checks import unfit
from hub.database.context import viewing
from hub.database.numbering import number_rows
from hub.trail.keys import UnfitKey, make_key, read_key
from hub.trail.models import Seal
from hub.trail.seals import WATCH, NotSealed, seal_all

log = logging.getLogger(__name__)
EVERY_S = 60


class Command(BaseCommand):
    help = "Seal the trail each minute with the key in the file SEAL_KEY names, made where nothing is sealed yet."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="seal what there is, and end")
        parser.add_argument(
            "--after-another-key",
            action="store_true",
            help="go on after seals of another key: when a key is replaced, and inspectors were told",
        )

    def handle(self, *args: Any, once: bool, after_another_key: bool, **options: Any) -> None:
        if refusals := unfit():
            raise CommandError(refusals[0])
        key = self._key()
        while True:
            try:
                # Whether or not beat is there: what is not numbered cannot be sealed.
                number_rows("hub_trailnumber")
                sealed = seal_all(key, at=timezone.now(), after_another_key=after_another_key)
            except NotSealed as error:
                if once:
                    raise CommandError(str(error)) from error
                log.error("the trail is not being sealed: %s", error)
            except (OperationalError, DatabaseError) as error:
                if once:
                    raise
                # Text of a database error may quote a row.
                log.error("the trail could not be sealed: %s", type(error).__name__)
                connection.close()
            else:
                if once:
                    self.stdout.write(f"{sealed} rows sealed")
                    return
            time.sleep(EVERY_S - time.time() % EVERY_S)

    def _key(self) -> Ed25519PrivateKey:
        path = env.sealing_key()
        try:
            if path.exists():
                return read_key(path)
            with viewing(WATCH):
                if Seal.objects.exists():
                    raise UnfitKey(
                        f"{path} is not there, and the trail is sealed already: put the key back, or make a new one"
                        " with `openssl genpkey -algorithm ed25519` and begin it with --after-another-key"
                    )
            return make_key(path)
        except UnfitKey as error:
            raise CommandError(str(error)) from error
