"""Log lines: one JSON object each, about what happened and never about what a record says."""

import json
import logging
import re
import traceback
from datetime import UTC, datetime

# What a line may say beside its message, by `extra`: ids, codes and numbers. Anything else is dropped.
FACTS = ("request_id", "delivery", "channel", "kind", "attempt", "count", "failure", "wait_s")

# Addresses that are themselves a key, of feeds and of the link that stops mails; one with a uid in that place is none.
UID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
SECRETS = re.compile(rf"(/(?:feeds|unsubscribe)/)(?!{UID}(?:/|$))[^\s\"?]+")


def without_secrets(text: str) -> str:
    """`text`, an address or a line that names one, without what opens something by itself."""
    return SECRETS.sub(r"\1...", text)


class Line(logging.Formatter):
    """Time, level, logger, message, facts; of an exception its kind and place, its own words only if asked."""

    def __init__(self, *, with_error_text: bool = False) -> None:
        super().__init__()
        self.with_error_text = with_error_text

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
        }
        line |= {name: value for name in FACTS if (value := getattr(record, name, None)) not in (None, "")}
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line["error"] = type(error).__name__
            line["where"] = [
                f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)
            ][-8:]
            if self.with_error_text:
                line["error_text"] = str(error)
        return json.dumps(line, ensure_ascii=False, default=str)
