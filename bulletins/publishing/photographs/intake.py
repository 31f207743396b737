"""The one way in for a photograph: recognise it, have a confined process open it, keep clean copies."""

import hashlib
import io
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .recognition import Kind, carries_another_file, impostor, is_cut_short, kind_of, size_of_bare_jpeg
from .refusals import Reason, Refused

logger = logging.getLogger(__name__)

_DECODER = Path(__file__).with_name("decoder.py")
_ANSWER_LINE_BYTES = 1024

# One heap, so that the limit of memory goes on the picture; and where an unusual Python finds its libraries.
_ENVIRONMENT = {"MALLOC_ARENA_MAX": "1"} | {
    name: value for name, value in os.environ.items() if name == "LD_LIBRARY_PATH"
}

# A decoder may take all of `Limits.memory_bytes`: as many at once as there are processors, the rest wait.
_places = threading.BoundedSemaphore(max(2, os.cpu_count() or 2))


@dataclass(frozen=True)
class Limits:
    """How large a photograph may be, and what opening it may cost."""

    max_bytes: int = 20 * 1024 * 1024
    max_pixels: int = 60_000_000
    full_side_px: int = 2560
    thumb_side_px: int = 480
    memory_bytes: int = 1280 * 1024 * 1024
    cpu_s: int = 20
    wall_s: float = 30.0


_USUAL = Limits()


@dataclass(frozen=True)
class Accepted:
    """Two re-encoded copies of a photograph, without metadata; `width` and `height` are those of `full`."""

    full: bytes
    thumb: bytes
    content_type: str
    width: int
    height: int
    sha256: str


def accept(upload: IO[bytes] | bytes, *, limits: Limits = _USUAL) -> Accepted:
    """Clean copies of the photograph in `upload`, upright, in sRGB, its first picture only.

    Raises Refused for whatever is not one sound photograph within the limits.
    """
    data = _read(upload, limits)
    kind = kind_of(data)
    if kind is None:
        raise Refused(impostor(data))
    if carries_another_file(data):
        raise Refused(Reason.CARRIES_ANOTHER_FILE)
    if kind is Kind.HEIF and is_cut_short(data):
        raise Refused(Reason.UNREADABLE)
    if not _places.acquire(timeout=limits.wall_s):
        raise Refused(Reason.BUSY)
    try:
        answer = _ask_decoder(data, kind, limits)
    finally:
        _places.release()
    return _understood(answer, limits)


def _read(upload: IO[bytes] | bytes, limits: Limits) -> bytes:
    """All of the upload, from its start; one byte past the limit is read and no more."""
    if isinstance(upload, bytes):
        upload = io.BytesIO(upload)
    if upload.seekable():
        upload.seek(0)
    parts, room = [], limits.max_bytes + 1
    while room and (part := upload.read(room)):
        parts.append(part)
        room -= len(part)
    data = b"".join(parts)
    if not data:
        raise Refused(Reason.EMPTY)
    if len(data) > limits.max_bytes:
        raise Refused(Reason.TOO_LARGE, megabytes=limits.max_bytes // (1024 * 1024))
    return data


def _ask_decoder(data: bytes, kind: Kind, limits: Limits) -> bytes:
    """What the decoder wrote. It starts bare: no secrets around it, no open files, no code of the hub."""
    order = {
        "kind": kind.value,
        "max_pixels": limits.max_pixels,
        "full_side_px": limits.full_side_px,
        "thumb_side_px": limits.thumb_side_px,
        "memory_bytes": limits.memory_bytes,
        "cpu_s": limits.cpu_s,
    }
    with subprocess.Popen(
        [sys.executable, "-I", str(_DECODER), json.dumps(order)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=_ENVIRONMENT,
    ) as decoder:
        assert decoder.stdin is not None and decoder.stdout is not None
        alarm = threading.Timer(limits.wall_s, decoder.kill)
        alarm.start()
        try:
            # The decoder reads everything before it writes anything: the two pipes cannot block each other.
            with suppress(BrokenPipeError), decoder.stdin:
                decoder.stdin.write(data)
            answer = decoder.stdout.read(_ANSWER_LINE_BYTES + 2 * limits.max_bytes)
            if decoder.stdout.read(1):
                decoder.kill()
            status = decoder.wait()
        finally:
            alarm.cancel()
            decoder.kill()
    if status == 0:
        return answer
    logger.warning("the photograph decoder ended with status %d", status)
    if status in (-signal.SIGKILL, -signal.SIGXCPU):
        raise Refused(Reason.TOO_SLOW)
    raise Refused(Reason.UNREADABLE)


def _understood(answer: bytes, limits: Limits) -> Accepted:
    """The decoder's answer, believed only as far as it can be checked: it held a stranger's file."""
    line, _, copies = answer.partition(b"\n")
    reason, full_bytes = _told(line)
    if reason is Reason.TOO_MANY_PIXELS:
        raise Refused(reason, megapixels=limits.max_pixels // 1_000_000)
    if reason:
        raise Refused(reason)
    full, thumb = copies[:full_bytes], copies[full_bytes:]
    size, thumb_size = size_of_bare_jpeg(full), size_of_bare_jpeg(thumb)
    if size is None or not _fits(size, limits.full_side_px) or not _fits(thumb_size, limits.thumb_side_px):
        logger.error("the photograph decoder gave copies that are not bare JPEG files of the right size")
        raise Refused(Reason.UNREADABLE)
    return Accepted(full, thumb, "image/jpeg", *size, hashlib.sha256(full).hexdigest())


def _told(line: bytes) -> tuple[Reason | None, int]:
    """The decoder's one line of JSON: why it refuses, or None and the length of the full copy."""
    try:
        told = json.loads(line[:_ANSWER_LINE_BYTES])
        return (Reason(told["refused"]), 0) if "refused" in told else (None, int(told["full_bytes"]))
    except (LookupError, TypeError, ValueError):
        logger.error("the photograph decoder gave an answer that is none")
        return Reason.UNREADABLE, 0


def _fits(size: tuple[int, int] | None, side_px: int) -> bool:
    return size is not None and 0 < max(size) <= side_px and min(size) > 0
