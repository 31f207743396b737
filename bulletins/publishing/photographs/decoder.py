"""The program that opens one stranger's photograph, run by intake.py in a process of its own.

One argument, JSON: kind, max_pixels, full_side_px, thumb_side_px, memory_bytes, cpu_s. The file comes on
stdin. Out goes one line of JSON: {"refused"}, or {"full_bytes"} and after it the full copy and the thumbnail.
It imports nothing of the hub, so that it starts in a moment and holds nothing worth taking.
"""

import ctypes
import io
import json
import os
import resource
import struct
import sys
from contextlib import suppress
from typing import Any

# Everything is imported before the limits fall: afterwards no file can be opened, be it a part of these.
from PIL import Image, ImageCms, ImageOps, MpoImagePlugin, TiffImagePlugin  # noqa: F401

_NOBODY = 65534

# The system calls left once the file is to be opened: memory, its own threads and signals, the clock, the
# pipes it already has, the end. Source: the kernel's unistd.h; read write close fstat lseek mmap mprotect
# munmap brk rt_sigaction rt_sigprocmask rt_sigreturn sched_yield mremap madvise nanosleep getpid exit
# gettimeofday sigaltstack gettid futex sched_getaffinity clock_gettime clock_nanosleep exit_group
# set_robust_list getrandom rseq.
_X86_64_CALLS = (
    *(0, 1, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 28, 35, 39, 60, 96, 131),
    *(186, 202, 204, 228, 230, 231, 273, 318, 334),
)
_AARCH64_CALLS = (
    *(63, 64, 57, 80, 62, 222, 226, 215, 214, 134, 135, 139, 124, 216, 233, 101, 172, 93, 169, 132),
    *(178, 98, 123, 113, 115, 94, 99, 278, 293),
)
# machine: (its number in linux/audit.h, calls, clone)
_MACHINES = {"x86_64": (0xC000003E, _X86_64_CALLS, 56), "aarch64": (0xC00000B7, _AARCH64_CALLS, 220)}
_CLONE3 = 435


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


def confine(*, memory_bytes: int, cpu_s: int, threads: bool) -> None:
    """Give up, for good, all that opening a picture does not need: files, sockets, processes, rights."""
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")
    if os.geteuid() == 0:
        with suppress(OSError):
            os.setgroups([])
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: 0,
        resource.RLIMIT_CPU: cpu_s,
        resource.RLIMIT_AS: memory_bytes,
    }
    if not threads:
        limits[resource.RLIMIT_NPROC] = 0
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))
    allow_few_system_calls()


def allow_few_system_calls() -> None:
    """Leave this process only the calls listed above, where the kernel can hold it to them (seccomp).

    Without this a decoder taken over by its picture could still reach into the hub's own processes, which run
    under the same user.
    """
    if os.uname().machine not in _MACHINES:
        return
    machine, calls, clone = _MACHINES[os.uname().machine]
    load, equal, bit_set, answer = 0x20, 0x15, 0x45, 0x06
    allow, refuse, unknown, kill = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
    # Each step: what to do, how many steps to skip if so, if not, the number meant. A new thread is a clone
    # with CLONE_THREAD (0x10000); clone3 hides its flags; where it is unknown the C library uses clone.
    steps = [(load, 0, 0, 4), (equal, 1, 0, machine), (answer, 0, 0, kill), (load, 0, 0, 0)]
    for call in calls:
        steps += [(equal, 0, 1, call), (answer, 0, 0, allow)]
    steps += [(equal, 0, 1, _CLONE3), (answer, 0, 0, unknown), (equal, 1, 0, clone), (answer, 0, 0, refuse)]
    steps += [(load, 0, 0, 16), (bit_set, 0, 1, 0x10000), (answer, 0, 0, allow), (answer, 0, 0, refuse)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(code)))
    with suppress(OSError, AttributeError):
        prctl = ctypes.CDLL(None).prctl
        no_new_privs, seccomp, by_filter = 38, 22, 2
        prctl(no_new_privs, 1, 0, 0, 0)
        prctl(seccomp, by_filter, program, 0, 0)


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
