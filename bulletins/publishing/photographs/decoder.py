"""The program that opens one stranger's photograph, run by intake.py in a process of its own.

One argument, JSON: kind, max_pixels, full_side_px, thumb_side_px, memory_bytes, cpu_s. The file comes on
stdin. Out goes one line of JSON: {"refused"}, or {"full_bytes"} and after it the full copy and the thumbnail.
It imports nothing of the hub, so that it starts in a moment and holds nothing worth taking.
"""

import importlib.util
import io
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

# Everything is imported before the limits fall: afterwards no file can be opened, be it a part of these.
from PIL import Image, ImageCms, ImageOps, MpoImagePlugin, TiffImagePlugin  # noqa: F401

# By its path: started bare, this process finds no code of the hub, and this file holds nothing worth taking.
_SPEC = importlib.util.spec_from_file_location(
    "confining", Path(__file__).resolve().parents[3] / "hub/confining.py"
)
assert _SPEC is not None and _SPEC.loader is not None
_CONFINING = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_CONFINING)
confine = _CONFINING.confine


def main() -> None:
    order = json.loads(sys.argv[1])
    load_opener(order["kind"])
    # The HEIC library decodes in threads of its own, which the kernel counts as processes.
    confine(memory_bytes=order["memory_bytes"], cpu_s=order["cpu_s"], threads=order["kind"] == "HEIF")
    refused = None
    try:
        full, thumb = copies(sys.stdin.buffer.read(), order)
    except MemoryError:
        refused = "too_much_memory"
    except Image.DecompressionBombError:
        refused = "too_many_pixels"
    except Exception:
        refused = "unreadable"
    if refused:
        answer = [json.dumps({"refused": refused}).encode()]
    else:
        answer = [json.dumps({"full_bytes": len(full)}).encode(), b"\n", full, thumb]
    sys.stdout.buffer.write(b"".join(answer))
    sys.stdout.buffer.flush()


def load_opener(kind: str) -> None:
    """Make the image library ready for this one kind."""
    Image.preinit()
    if kind == "WEBP":
        from PIL import WebPImagePlugin  # noqa: F401
    if kind == "HEIF":
        import pillow_heif

        # An embedded thumbnail may show what was cropped away: it is never taken for the picture.
        pillow_heif.register_heif_opener(
            thumbnails=False, depth_images=False, aux_images=False, decode_threads=0
        )


def copies(data: bytes, order: dict[str, Any]) -> tuple[bytes, bytes]:
    """The full copy and the thumbnail as JPEG files."""
    # The library warns at this number, and at twice as many refuses, by the header alone.
    Image.MAX_IMAGE_PIXELS = order["max_pixels"] // 2
    image = Image.open(io.BytesIO(data), formats=[order["kind"]])
    full = seen_rgb(image, order["full_side_px"])
    thumb = shrunk(full.copy(), order["thumb_side_px"])
    return as_jpeg(full, quality=88), as_jpeg(thumb, quality=80)


def seen_rgb(image: Image.Image, side_px: int) -> Image.Image:
    """The first picture of `image` as it is meant to be seen, at most `side_px` long: bare pixels."""
    image.draft(None, (side_px, side_px))
    image.load()
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):
        image = image.point(lambda value: value * (1 / 257)).convert("L")
    elif image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("RGB")
    # The rest is done on the smaller picture: the memory goes on the first step.
    return to_srgb(on_white(upright(shrunk(image, side_px))), profile)


def upright(image: Image.Image) -> Image.Image:
    """Turned as its EXIF block or its XMP says; a broken block says nothing and stops nothing."""
    try:
        return ImageOps.exif_transpose(image)
    except MemoryError:
        raise
    except Exception:
        return image


def shrunk(image: Image.Image, side_px: int) -> Image.Image:
    image.thumbnail((side_px, side_px), Image.Resampling.BICUBIC, reducing_gap=3.0)
    return image


def on_white(image: Image.Image) -> Image.Image:
    """The bare pixels; what was transparent is white."""
    bare = Image.new("RGB" if image.mode == "RGBA" else image.mode, image.size, "white")
    bare.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    return bare


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The colours every screen shows; a profile that is broken or meant for other pixels is passed over."""
    if profile:
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            seen = ImageCms.profileToProfile(
                image, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            if seen is not None:
                seen.info.clear()
                return seen
    return image.convert("RGB")


def as_jpeg(image: Image.Image, *, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    main()
