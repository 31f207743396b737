"""`manage.py receive_webhooks`: a small receiver to try webhooks with. It answers the challenge, prints type and id."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from standardwebhooks import Webhook, WebhookVerificationError

LIMIT_BYTES = 5 * 2**20


class Command(BaseCommand):
    help = "Receive webhooks on this machine, check their signatures, print what arrives. Ctrl-C ends it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=9000)
        parser.add_argument(
            "--secret", default="", help="whsec_...; or set WEBHOOK_SECRET, which no process list shows"
        )
        parser.add_argument(
            "--answer", type=int, default=204, help="status to answer with, to try retries out"
        )

    def handle(self, *args: Any, port: int, secret: str, answer: int, **options: Any) -> None:
        try:
            webhook = Webhook(secret or os.environ.get("WEBHOOK_SECRET", ""))
        except Exception as error:
            raise CommandError("give the secret that `manage.py endpoint add` printed") from error
        try:
            server = receiver(port, webhook, answer, self.stdout.write)
        except OSError as error:
            raise CommandError(
                f"port {port} is taken ({error.strerror}): choose another with --port"
            ) from error
        self.stdout.write(f"receiving on http://127.0.0.1:{server.server_port}/")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass
        finally:
            server.server_close()


def receiver(port: int, webhook: Webhook, answer: int, say: Callable[[str], Any]) -> ThreadingHTTPServer:
    """A server on loopback that answers `answer` to what is signed rightly, and 401 to everything else.

    The challenge of a verification it sends back.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(min(length, LIMIT_BYTES))
            said = b""
            try:
                found = webhook.verify(body, dict(self.headers))
            except (WebhookVerificationError, ValueError):
                say("refused: the signature does not hold")
                status = 401
            else:
                say(f"{found.get('type', '?')}  {self.headers['webhook-id']}")
                status = answer
                if found.get("type") == "endpoint.verify":
                    status, said = 200, json.dumps({"challenge": found["data"]["challenge"]}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *args: Any) -> None:
            """Its own line a request would show addresses."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)
