"""A photograph comes in whole, leaves as bare pixels, and whatever else is sent is refused in clear words."""

import hashlib
import io
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from bulletins.publishing.photographs import Accepted, Limits, Reason, Refused, accept, intake
from bulletins.publishing.photographs.recognition import size_of_bare_jpeg
from bulletins.publishing.photographs.refusals import MESSAGES

pillow_heif.register_heif_opener()

KINDS = ["JPEG", "PNG", "WEBP", "HEIF"]
CANARY = b"canary-of-the-spare-wheel"
GPS_IFD, EXIF_IFD = 0x8825, 0x8769
RED, GREEN, BLUE, WHITE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def photograph(width: int = 320, height: int = 200) -> Image.Image:
    """Shades of green and blue, always the same, the upper left corner red."""
    shades = Image.linear_gradient("L"), Image.radial_gradient("L")
    image = Image.merge(
        "RGB", [Image.new("L", (width, height)), *(shade.resize((width, height)) for shade in shades)]
    )
    image.paste(RED, (0, 0, width // 4, height // 4))
    return image


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def near(seen, meant, tolerance: int = 40) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(seen, meant, strict=True))


def reason_of(data, **limits) -> Reason | None:
    try:
        accept(data, limits=Limits(**limits))
    except Refused as refused:
        assert str(refused)
        return refused.reason
    return None


# What comes out


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_photograph_becomes_two_jpeg_files_of_known_size(kind):
    given = accept(encoded(photograph(3000, 2000), kind))
    full, thumb = opened(given.full), opened(given.thumb)
    assert (given.content_type, full.format, thumb.format) == ("image/jpeg", "JPEG", "JPEG")
    assert (given.width, given.height) == full.size == (2560, 1707)
    assert thumb.size == (480, 320)
    assert given.sha256 == hashlib.sha256(given.full).hexdigest()
    assert near(full.getpixel((100, 100)), RED) and near(thumb.getpixel((20, 20)), RED)


def test_a_small_photograph_is_not_made_larger():
    given = accept(encoded(photograph(300, 200), "JPEG"))
    assert opened(given.full).size == opened(given.thumb).size == (300, 200)


def test_an_upload_is_read_from_its_start_whatever_was_read_before():
    upload = io.BytesIO(encoded(photograph(), "JPEG"))
    upload.read()
    assert accept(upload).width == 320


def laden(kind: str) -> bytes:
    """A photograph with all that a phone or an editor adds, the canary in each."""
    exif = Image.Exif()
    exif[0x010E] = exif[0x013B] = CANARY.decode()  # description, artist
    exif.get_ifd(EXIF_IFD)[0xA431] = CANARY.decode()  # serial number of the camera
    exif.get_ifd(GPS_IFD).update({1: "N", 2: (32.0, 32.0, 30.0), 3: "W", 4: (117.0, 1.0, 46.0)})
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><!--' + CANARY + b"--></x:xmpmeta>"
    options = {"exif": exif.tobytes(), "icc_profile": srgb(), "xmp": xmp}
    if kind == "JPEG":
        options["comment"] = CANARY
    if kind == "PNG":
        options["pnginfo"] = text = PngImagePlugin.PngInfo()
        text.add_text("Comment", CANARY.decode())
        text.add_itxt("XML:com.adobe.xmp", xmp.decode())
        del options["xmp"]
    if kind == "HEIF":
        options["thumbnails"] = [64]
    return encoded(photograph(), kind, **options) + (CANARY if kind == "JPEG" else b"")


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_position_camera_comments_and_profile_are_gone_from_both_copies(kind):
    data = laden(kind)
    before = opened(data)
    assert CANARY in data
    assert before.getexif().get_ifd(GPS_IFD)[4] == (117.0, 1.0, 46.0)
    assert before.info["icc_profile"]

    given = accept(data)
    for copy in (given.full, given.thumb):
        after = opened(copy)
        assert CANARY not in copy
        assert b"Exif" not in copy and b"adobe" not in copy.lower() and b"ICC_PROFILE" not in copy
        assert dict(after.getexif()) == {} and dict(after.getexif().get_ifd(GPS_IFD)) == {}
        assert not {"exif", "xmp", "icc_profile", "comment", "photoshop", "mp"} & set(after.info)
        assert [name for name, _ in after.applist] == ["APP0"]
        assert parts_of(copy) <= {0xE0, 0xDB, 0xC0, 0xC2, 0xC4, 0xDA, 0xDD}
        assert copy.endswith(b"\xff\xd9") and copy.count(b"\xff\xd8\xff") == 1


def parts_of(jpeg: bytes) -> set[int]:
    """The marker of every segment before and between the scans."""
    found, at = set(), 2
    while jpeg[at : at + 2] != b"\xff\xd9":
        marker, length = struct.unpack_from(">xBH", jpeg, at)
        found.add(marker)
        at += 2 + length
        while marker == 0xDA and (jpeg[at] != 0xFF or jpeg[at + 1] in (0, *range(0xD0, 0xD8))):
            at += 1
    return found


@pytest.mark.parametrize(
    ("kind", "orientation"), [("JPEG", number) for number in range(1, 9)] + [(kind, 6) for kind in KINDS[1:]]
)
def test_a_photograph_stands_upright(kind, orientation):
    upright = photograph(320, 200)
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # orientation: the turn that makes a camera write it
    held = upright if orientation == 1 else upright.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    given = accept(encoded(held, kind, exif=exif.tobytes()))
    assert (given.width, given.height) == (320, 200)
    for copy in (given.full, given.thumb):
        assert near(opened(copy).getpixel((20, 20)), RED)
        assert not near(opened(copy).getpixel((300, 20)), RED)


def test_a_broken_exif_block_stops_nothing():
    data = encoded(photograph(), "JPEG", exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff" + b"\xff" * 40)
    assert accept(data).width == 320


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "MPO"])
def test_only_the_first_picture_of_several_is_kept(kind):
    first, second = Image.new("RGB", (320, 200), BLUE), Image.new("RGB", (320, 200), RED)
    data = encoded(first, kind, save_all=True, append_images=[second])
    assert opened(data).n_frames == 2
    given = accept(data)
    assert near(opened(given.full).getpixel((50, 50)), BLUE)
    assert given.full.count(b"\xff\xd8\xff") == 1


def test_the_thumbnail_inside_a_heic_is_never_taken_for_the_picture():
    with_one, without = (encoded(photograph(900, 600), "HEIF", thumbnails=sides) for sides in ([500], []))
    assert opened(with_one).info["thumbnails"] == [500]
    small = Limits(full_side_px=280)
    assert accept(with_one, limits=small).full == accept(without, limits=small).full


def palette() -> Image.Image:
    image = Image.new("P", (64, 64), 1)
    image.putpalette([*BLACK, *BLUE, *RED])
    image.paste(0, (0, 0, 32, 64))
    return image


COLOURS = {
    "CMYK": (encoded(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG"), RED, RED),
    "16 bits of grey": (encoded(Image.new("I;16", (64, 64), 0x8080), "PNG"), (128,) * 3, (128,) * 3),
    "grey": (encoded(Image.new("L", (64, 64), 200), "JPEG"), (200,) * 3, (200,) * 3),
    "two colours": (encoded(Image.new("1", (64, 64), 1), "PNG"), WHITE, WHITE),
    "palette": (encoded(palette(), "PNG"), BLACK, BLUE),
    "palette, first colour transparent": (encoded(palette(), "PNG", transparency=0), WHITE, BLUE),
    "transparent": (encoded(Image.new("RGBA", (64, 64), (0, 0, 0, 0)), "PNG"), WHITE, WHITE),
    "half transparent": (
        encoded(Image.new("RGBA", (64, 64), (255, 0, 0, 128)), "WEBP"),
        *[(255, 127, 127)] * 2,
    ),
    "grey, transparent": (encoded(Image.new("LA", (64, 64), (0, 0)), "PNG"), WHITE, WHITE),
    "transparent HEIC": (encoded(Image.new("RGBA", (64, 64), (0, 0, 255, 0)), "HEIF"), WHITE, WHITE),
}


@pytest.mark.parametrize("pixels", COLOURS)
def test_every_kind_of_pixel_becomes_the_colour_it_means(pixels):
    data, left, right = COLOURS[pixels]
    full = opened(accept(data).full)
    assert full.mode == "RGB"
    assert near(full.getpixel((16, 32)), left, 12) and near(full.getpixel((48, 32)), right, 12)


def test_colours_are_turned_to_srgb_by_the_photographs_own_profile():
    swapped = srgb().replace(b"rXYZ", b"????", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"????", b"gXYZ", 1)
    red = Image.new("RGB", (64, 64), RED)
    profiles = {srgb(): RED, swapped: GREEN, b"no profile at all" * 20: RED}
    for profile, seen in profiles.items():
        full = opened(accept(encoded(red, "PNG", icc_profile=profile)).full)
        assert near(full.getpixel((32, 32)), seen, 12)


# What is refused


IMPOSTORS = {
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", Reason.DOCUMENT),
    "old Word": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, Reason.DOCUMENT),
    "ZIP": (b"PK\x03\x04\x14\x00" + b"\0" * 60, Reason.ARCHIVE),
    "RAR": (b"Rar!\x1a\x07\x01\x00" + b"\0" * 60, Reason.ARCHIVE),
    "EXE": (b"MZ\x90\x00" + b"\0" * 600, Reason.PROGRAM),
    "ELF": (b"\x7fELF\x02\x01\x01" + b"\0" * 60, Reason.PROGRAM),
    "script": (b"#!/bin/sh\nrm -rf /\n", Reason.PROGRAM),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', Reason.MARKUP),
    "SVG with head": (b'\xef\xbb\xbf\n<?xml version="1.0"?><svg/>', Reason.MARKUP),
    "HTML": (b"  <!DOCTYPE html><script>alert(1)</script>", Reason.MARKUP),
    "film": (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 60, Reason.VIDEO),
    "AVIF": (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + b"\0" * 60, Reason.OTHER_PICTURE),
    "AVIF as HEIF": (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf" + b"\0" * 60, Reason.OTHER_PICTURE),
    "GIF": (encoded(Image.new("P", (9, 9)), "GIF"), Reason.OTHER_PICTURE),
    "BMP": (encoded(Image.new("RGB", (9, 9)), "BMP"), Reason.OTHER_PICTURE),
    "TIFF": (encoded(Image.new("RGB", (9, 9)), "TIFF"), Reason.OTHER_PICTURE),
    "text": (b"just some words", Reason.UNKNOWN),
    "one byte": (b"\xff", Reason.UNKNOWN),
}


@pytest.mark.parametrize("what", IMPOSTORS)
def test_a_disguised_file_is_told_by_its_bytes_not_its_name(what, tmp_path):
    data, reason = IMPOSTORS[what]
    path = tmp_path / "IMG_0042.jpg"
    path.write_bytes(data)
    with path.open("rb") as upload:
        assert reason_of(upload) == reason
    path.with_suffix(".exe").write_bytes(encoded(photograph(), "JPEG"))
    with path.with_suffix(".exe").open("rb") as upload:
        assert reason_of(upload) is None


@pytest.mark.parametrize(
    "head", ["ffd8ff", "89504e470d0a1a0a", "52494646ff000000574542505650", "0000001866747970686569630000"]
)
def test_a_true_beginning_with_nothing_behind_it_is_refused(head):
    assert reason_of(bytes.fromhex(head)) == Reason.UNREADABLE
    assert reason_of(bytes.fromhex(head) + b"\x00\xff<b>" * 500) == Reason.UNREADABLE


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("payload.txt", "x" * 100)
    return out.getvalue()


def jpeg(**options) -> bytes:
    return encoded(photograph(), "JPEG", **options)


STOWAWAYS = {
    "ZIP behind": jpeg() + zipped(),
    "ZIP behind, then more": jpeg() + zipped() + b"\0" * 100_000,
    "ZIP in a comment": jpeg(comment=zipped()),
    "PDF in a comment": jpeg(comment=b"%PDF-1.4 1 0 obj"),
    "PDF behind": encoded(photograph(), "PNG") + b"%PDF-1.4 1 0 obj",
    "web page in a comment": jpeg(comment=b"--><HTML ><body onload=x>"),
    "script behind": encoded(photograph(), "WEBP") + b"<ScRiPt>alert(1)</script>",
    "PHP in a comment": jpeg(comment=b"<?php system($_GET[0]); ?>"),
    "program behind": jpeg() + b"MZ\x90\0" + b"\0" * 60 + b"!This program cannot be run in DOS mode.\r\r\n$",
    "RAR behind": encoded(photograph(), "HEIF") + b"Rar!\x1a\x07\x01\x00rest",
}
COMPANY = {
    "film behind (motion photo)": jpeg() + b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + os.urandom(5000),
    "second JPEG behind": jpeg() + jpeg(),
    "zeros behind": jpeg() + b"\0" * 5000,
    "end mark of an empty ZIP by chance": jpeg() + b"PK\x05\x06" + b"\0" * 18,
}


@pytest.mark.parametrize(
    ("inside", "reason"),
    [(name, Reason.CARRIES_ANOTHER_FILE) for name in STOWAWAYS] + [(name, None) for name in COMPANY],
)
def test_a_photograph_that_is_another_file_too_is_refused_and_a_phones_own_company_is_not(inside, reason):
    assert reason_of((STOWAWAYS | COMPANY)[inside]) == reason


def png_of_nothing(width: int, height: int, *, pixels: bytes = b"") -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def patched(data: bytes, pattern: bytes, replacement: bytes) -> bytes:
    found = re.sub(pattern, lambda match: match[1] + replacement, data, flags=re.DOTALL)
    assert found != data
    return found


BOMBS = {
    "PNG, header only": png_of_nothing(2_000_000, 2_000_000),
    "PNG, one bit a pixel": png_of_nothing(20_000, 20_000, pixels=zlib.compress(bytes(2501 * 20_000), 9)),
    "JPEG": patched(jpeg(), rb"(\xff\xc0\x00\x11\x08)....", b"\xff\xdc\xff\xdc"),
    "WebP": patched(
        encoded(Image.new("RGBA", (9, 9), (1, 2, 3, 4)), "WEBP"), rb"(VP8X.{8}).{6}", b"\xff\x3f\0" * 2
    ),
    "WebP, lossless": patched(
        encoded(Image.new("RGB", (9, 9)), "WEBP", lossless=True), rb"(VP8L.{4}\x2f).{4}", b"\xff\xff\xff\x0f"
    ),
    "HEIC": patched(encoded(photograph(), "HEIF"), rb"(ispe....).{8}", b"\0\0\xff\0" * 2),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_decompression_bomb_is_refused_by_its_header(kind):
    assert len(BOMBS[kind]) < 100_000
    began = time.monotonic()
    assert reason_of(BOMBS[kind]) == Reason.TOO_MANY_PIXELS
    assert time.monotonic() - began < 5


def test_the_limit_of_pixels_is_the_last_size_taken():
    data = encoded(photograph(320, 200), "PNG")
    assert reason_of(data, max_pixels=64_000) is None
    assert reason_of(data, max_pixels=63_999) == Reason.TOO_MANY_PIXELS


@pytest.mark.parametrize("kind", [*KINDS, "HEIF in tiles"])
def test_a_photograph_cut_short_is_refused(kind):
    options = {"tile_size": 256} if kind == "HEIF in tiles" else {}
    data = encoded(photograph(640, 512), kind.split()[0], **options)
    assert reason_of(data) is None
    for part in (0.3, 0.7, 0.95):
        assert reason_of(data[: int(len(data) * part)]) == Reason.UNREADABLE, part


def test_an_empty_file_is_refused():
    assert reason_of(b"") == reason_of(io.BytesIO()) == Reason.EMPTY


def test_twenty_megabytes_are_taken_and_one_byte_more_is_not():
    data = jpeg()
    whole = data + bytes(20 * 1024 * 1024 - len(data))
    assert reason_of(whole) is None
    with pytest.raises(Refused, match="20 MB") as refused:
        accept(whole + b"\0")
    assert refused.value.reason == Reason.TOO_LARGE


def test_no_more_is_read_than_may_be_taken():
    class Endless(io.RawIOBase):
        given = 0

        def readable(self):
            return True

        def readinto(self, room):
            part = min(len(room), 65536)
            self.given += part
            return part

    upload = Endless()
    assert reason_of(upload, max_bytes=1_000_000) == Reason.TOO_LARGE
    assert upload.given == 1_000_001


# What opening may cost, and where it happens


def test_memory_is_limited():
    data = encoded(photograph(4000, 3000), "PNG", compress_level=1)
    assert reason_of(data) is None
    assert reason_of(data, memory_bytes=80_000_000) == Reason.TOO_MUCH_MEMORY


@pytest.mark.parametrize("kind", KINDS)
def test_a_decoder_with_hardly_any_memory_refuses_and_does_not_crash(kind):
    data = encoded(photograph(2000, 1500), kind)
    for megabytes in (1, 60):
        found = reason_of(data, memory_bytes=megabytes * 1_000_000)
        assert found in (Reason.TOO_MUCH_MEMORY, Reason.UNREADABLE)


def test_waiting_is_limited():
    data = jpeg()
    assert reason_of(data) is None
    assert reason_of(data, wall_s=0.001) == Reason.TOO_SLOW


def slow_jpeg(repeats: int) -> bytes:
    """A few hundred kilobytes that take many seconds: the last scan of a progressive JPEG over and over."""
    data = encoded(Image.new("L", (7000, 7000), 90), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * repeats + b"\xff\xd9"


def test_work_is_limited():
    data = slow_jpeg(400)
    assert len(data) < 2_000_000
    began = time.monotonic()
    assert reason_of(data, cpu_s=1) == Reason.TOO_SLOW
    assert time.monotonic() - began < 15


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    files, threads = open_files(), threading.active_count()
    for data, limits in ((jpeg(), {}), (jpeg()[:-400], {}), (jpeg(), {"wall_s": 0.001}), (b"", {})):
        reason_of(data, **limits)
    assert open_files() == files
    assert threading.active_count() == threads
    assert list(tmp_path.iterdir()) == []
    assert not children()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def children() -> list[str]:
    """The processes of this one that are decoders, ended ones included."""
    found = subprocess.run(
        ["ps", "-o", "args=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=False
    )
    return [line for line in found.stdout.splitlines() if "decoder" in line]


def test_many_photographs_at_once_are_all_taken():
    data = jpeg()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: accept(data), range(8)))
    assert len({given.sha256 for given in found}) == 1


def test_one_who_waits_too_long_for_a_place_is_asked_to_come_again(monkeypatch):
    monkeypatch.setattr(intake, "_places", threading.BoundedSemaphore(1))
    with intake._places:
        assert reason_of(jpeg(), wall_s=0.01) == Reason.BUSY
    assert reason_of(jpeg()) is None


def test_the_hubs_own_process_never_loads_the_image_library():
    code = "import sys, bulletins.publishing.photographs; print({'PIL', 'pillow_heif'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def run_instead_of_decoder(monkeypatch, tmp_path, code: str) -> None:
    path = tmp_path / "decoder.py"
    path.write_text(code)
    monkeypatch.setattr(intake, "_DECODER", path)


def test_the_decoder_starts_without_secrets_files_or_the_hubs_code(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", "kept-from-strangers")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    seen = tmp_path / "seen.json"
    code = f"""
import json, os, sys
files = [os.readlink(f"/proc/self/fd/{{n}}") for n in os.listdir("/proc/self/fd") if n > "2" and n != "3"]
found = {{"environment": dict(os.environ), "files": files, "where": os.getcwd(), "path": sys.path}}
json.dump(found, open({str(seen)!r}, "w"))
"""
    with (tmp_path / "open").open("w"):
        run_instead_of_decoder(monkeypatch, tmp_path, code)
        assert reason_of(jpeg()) == Reason.UNREADABLE
    found = json.loads(seen.read_text())
    assert set(found["environment"]) <= {"MALLOC_ARENA_MAX", "LD_LIBRARY_PATH", "LC_CTYPE"}
    assert (found["files"], found["where"]) == ([], "/")
    assert str(tmp_path) not in found["path"] and "" not in found["path"]


ATTEMPTS = [
    "open('/etc/passwd')",
    "open('/tmp/left-by-decoder', 'w')",
    "socket.socket()",
    "os.fork() or os._exit(0)",
    "os.kill(os.getpid(), 0)",
    "resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9))",
    "bytearray(300_000_000)",
    "os.execv('/bin/true', ['true'])",  # the last: what it starts says nothing more
]


@pytest.mark.parametrize("threads", [False, True])
def test_a_decoder_taken_over_by_its_picture_can_do_nothing(threads, tmp_path):
    code = f"""
import importlib.util, os, resource, socket, sys
spec = importlib.util.spec_from_file_location("decoder", {str(intake._DECODER)!r})
decoder = importlib.util.module_from_spec(spec)
spec.loader.exec_module(decoder)
if sys.argv[1] == "confined":
    decoder.confine(memory_bytes=200_000_000, cpu_s=5, threads={threads})
for attempt in {[attempt.replace("/tmp", str(tmp_path)) for attempt in ATTEMPTS]!r}:
    try:
        eval(attempt)
    except (OSError, ValueError, MemoryError) as error:
        print("refused", attempt, flush=True)
    else:
        print("done", attempt, flush=True)
"""
    free, confined = (
        subprocess.run([sys.executable, "-I", "-c", code, how], capture_output=True, text=True, check=False)
        for how in ("free", "confined")
    )
    assert free.stdout.count("done") == len(ATTEMPTS) - 1 and free.returncode == 0
    assert confined.stdout.count("refused") == len(ATTEMPTS), confined.stdout + confined.stderr


def answering(full: bytes = b"", thumb: bytes = b"", *, told: str = "") -> str:
    line = (told or json.dumps({"full_bytes": len(full)})).encode()
    return (
        f"import sys; sys.stdin.buffer.read(); sys.stdout.buffer.write({line!r} + b'\\n' + {full + thumb!r})"
    )


def lies(full: bytes, thumb: bytes) -> dict[str, str]:
    page = b"<html>" * 50
    return {
        "nothing": "pass",
        "no JSON": answering(told="hello"),
        "a list": answering(told="[]"),
        "an unknown reason": answering(told='{"refused": "whim"}'),
        "a web page": answering(page, thumb),
        "a web page as thumbnail": answering(full, page),
        "a copy with EXIF": answering(laden("JPEG"), thumb),
        "a copy with a tail": answering(full + b"tail", thumb),
        "a copy too large": answering(large(), thumb),
        "lengths that are none": answering(full, thumb, told='{"full_bytes": -7}'),
        "a crash": "import os; os.abort()",
        "an error": "raise SystemExit(3)",
        "a closed door": "import os; os.close(0); os.close(1)",
        "no end": "import sys\nwhile True: sys.stdout.buffer.write(b'x' * 65536)",
        "silence": "import time; time.sleep(60)",
        "deaf silence": "import os, time; os.close(1); time.sleep(60)",
    }


def large() -> bytes:
    return encoded(Image.new("RGB", (2600, 100)), "JPEG")


def test_a_decoder_that_lies_or_dies_is_not_believed(monkeypatch, tmp_path):
    honest = accept(jpeg())
    truth = answering(honest.full, honest.thumb)
    stories = lies(honest.full, honest.thumb)
    run_instead_of_decoder(monkeypatch, tmp_path, truth)
    assert reason_of(jpeg()) is None
    for name, code in stories.items():
        run_instead_of_decoder(monkeypatch, tmp_path, code)
        began = time.monotonic()
        expected = Reason.TOO_SLOW if "silence" in name or name == "no end" else Reason.UNREADABLE
        assert reason_of(jpeg(), wall_s=1.5, max_bytes=100_000) == expected, name
        assert time.monotonic() - began < 10, name


def test_a_bare_jpeg_is_told_from_every_beginning_of_one():
    bare = encoded(Image.new("RGB", (32, 16)), "JPEG")
    assert size_of_bare_jpeg(bare) == (32, 16)
    assert not [cut for cut in range(len(bare)) if size_of_bare_jpeg(bare[:cut])]


# What is said


def test_every_reason_has_its_words_and_the_decoder_knows_no_other():
    assert set(MESSAGES) == set(Reason)
    source = intake._DECODER.read_text()
    told = set(re.findall(r'refused = "(\w+)"', source))
    assert told == {"too_much_memory", "too_many_pixels", "unreadable"} <= {reason.value for reason in Reason}


def test_a_refusal_is_a_value_error_that_says_what_to_do():
    with pytest.raises(ValueError, match="screenshot") as refused:
        accept(b"<html>")
    assert refused.value.reason == Reason.MARKUP
    with pytest.raises(Refused, match="60 megapixels"):
        accept(BOMBS["PNG, header only"])


def test_what_is_accepted_cannot_be_changed():
    given = accept(jpeg())
    assert isinstance(given, Accepted)
    with pytest.raises(AttributeError):
        given.full = b""
