"""What a file is by its own bytes, never by its name or by what the sender calls it."""

import re
from enum import StrEnum

from .refusals import Reason


class Kind(StrEnum):
    """The kinds of photograph taken, by the name the image library has for each."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    HEIF = "HEIF"


_HEIF_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)
_AVIF_BRANDS = frozenset({b"avif", b"avis"})

_IMPOSTORS: tuple[tuple[bytes, Reason], ...] = (
    (b"%PDF-", Reason.DOCUMENT),
    (b"{\\rtf", Reason.DOCUMENT),
    (b"%!PS", Reason.DOCUMENT),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Reason.DOCUMENT),
    (b"PK\x03\x04", Reason.ARCHIVE),
    (b"PK\x05\x06", Reason.ARCHIVE),
    (b"Rar!\x1a\x07", Reason.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", Reason.ARCHIVE),
    (b"\x1f\x8b", Reason.ARCHIVE),
    (b"BZh", Reason.ARCHIVE),
    (b"\xfd7zXZ\x00", Reason.ARCHIVE),
    (b"MZ", Reason.PROGRAM),
    (b"\x7fELF", Reason.PROGRAM),
    (b"\xca\xfe\xba\xbe", Reason.PROGRAM),
    (b"\xcf\xfa\xed\xfe", Reason.PROGRAM),
    (b"#!", Reason.PROGRAM),
    (b"GIF8", Reason.OTHER_PICTURE),
    (b"II*\x00", Reason.OTHER_PICTURE),
    (b"MM\x00*", Reason.OTHER_PICTURE),
    (b"BM", Reason.OTHER_PICTURE),
    (b"\x00\x00\x00\x0cJXL ", Reason.OTHER_PICTURE),
    (b"\x00\x00\x00\x0cjP  ", Reason.OTHER_PICTURE),
    (b"\x1aE\xdf\xa3", Reason.VIDEO),
)

# Each is long enough that chance does not put it among compressed pixels. What else follows a picture is let
# be, and lost: phones add a short film ("motion photo") or a second JPEG (depth, HDR gain).
_STOWAWAYS = (
    b"%pdf-1.",
    b"%pdf-2.",
    b"rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"this program cannot be run in dos mode",
    b"\x7felf\x01\x01\x01",
    b"\x7felf\x02\x01\x01",
    b"<script>",
    b"<script ",
    b"<html>",
    b"<html ",
    b"<!doctype html",
    b"<?php ",
    b"<?php\n",
    b"<?php\r",
    b"www.w3.org/2000/svg",
)


def kind_of(data: bytes) -> Kind | None:
    """The kind of photograph these bytes begin as; None for everything else."""
    if data.startswith(b"\xff\xd8\xff"):
        return Kind.JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Kind.PNG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return Kind.WEBP
    brands = _brands(data)
    if brands and brands[0] in _HEIF_BRANDS and not _AVIF_BRANDS & set(brands):
        return Kind.HEIF
    return None


def impostor(data: bytes) -> Reason:
    """What a file that is no photograph is instead, as far as its first bytes tell."""
    for start, reason in _IMPOSTORS:
        if data.startswith(start):
            return reason
    if brands := _brands(data):
        pictures = _AVIF_BRANDS | _HEIF_BRANDS | {b"crx "}
        return Reason.OTHER_PICTURE if pictures & set(brands) else Reason.VIDEO
    if data.startswith(b"RIFF") and data[8:12] == b"AVI ":
        return Reason.VIDEO
    text = data[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<", b"<!doctype", b"<?xml")):
        return Reason.MARKUP
    return Reason.UNKNOWN


def carries_another_file(data: bytes) -> bool:
    """Whether a document, program, archive or web page is readable inside these bytes beside the picture."""
    lowered = data.lower()
    return any(sign in lowered for sign in _STOWAWAYS) or _has_zip_directory(data)


def is_cut_short(data: bytes) -> bool:
    """Whether a HEIC file ends before its own parts do.

    Its library shows the missing part grey and says nothing; those of the other kinds refuse by themselves.
    """
    at = 0
    while len(data) - at >= 16:
        size, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8 or name not in (b"ftyp", b"meta", b"mdat", b"free", b"idat"):
            return False
        at += size
    return at > len(data)


def _has_zip_directory(data: bytes) -> bool:
    """A ZIP is read from its end record, which points back to its directory; anything may stand before it."""
    end = data.find(b"PK\x05\x06")
    while end != -1:
        directory_size = int.from_bytes(data[end + 12 : end + 16], "little")
        start = end - directory_size
        if directory_size and start >= 0 and data[start : start + 4] == b"PK\x01\x02":
            return True
        end = data.find(b"PK\x05\x06", end + 4)
    return False


def _brands(data: bytes) -> list[bytes]:
    """The brands an ISO media file (HEIC, AVIF, MP4, MOV) names, its own first; empty for any other file."""
    if data[4:8] != b"ftyp":
        return []
    end = min(int.from_bytes(data[:4], "big"), 512, len(data))
    return [data[8:12]] + [data[at : at + 4] for at in range(16, end - 3, 4)]


# The parts a JPEG needs to be shown: JFIF head, tables, frame, scans, end. No EXIF, XMP, ICC, IPTC, comment.
_NEEDED_MARKERS = frozenset({0xE0, 0xDB, 0xC0, 0xC2, 0xC4, 0xDD, 0xDA})
_FRAME_MARKERS = frozenset({0xC0, 0xC2})
_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def size_of_bare_jpeg(data: bytes) -> tuple[int, int] | None:
    """(width, height) of a JPEG that holds its picture and no more; None when it holds more, or is broken."""
    if not data.startswith(b"\xff\xd8"):
        return None
    at, size = 2, None
    while data[at : at + 2] != b"\xff\xd9":
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at : at + 1] != b"\xff" or length < 2 or data[at + 1] not in _NEEDED_MARKERS:
            return None
        marker, body = data[at + 1], data[at + 4 : at + 2 + length]
        if marker == 0xE0 and (len(body) != 14 or not body.startswith(b"JFIF\x00")):
            return None
        if marker in _FRAME_MARKERS:
            size = int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big")
        at += 2 + length
        if marker == 0xDA:
            scan_end = _SCAN_END.search(data, at)
            if scan_end is None:
                return None
            at = scan_end.start()
    return size if at + 2 == len(data) else None
