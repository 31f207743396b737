"""Why a photograph is refused, and what the person can do about it."""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Reason(StrEnum):
    """One word for each way to be refused; it is safe to log, the file's name and content are not."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MANY_PIXELS = "too_many_pixels"
    UNREADABLE = "unreadable"
    TOO_SLOW = "too_slow"
    TOO_MUCH_MEMORY = "too_much_memory"
    BUSY = "busy"
    CARRIES_ANOTHER_FILE = "carries_another_file"
    DOCUMENT = "document"
    ARCHIVE = "archive"
    PROGRAM = "program"
    MARKUP = "markup"
    VIDEO = "video"
    OTHER_PICTURE = "other_picture"
    UNKNOWN = "unknown"


_SMALLER_COPY = _(
    "This photograph needs more work to open than the hub allows. Save a smaller copy "
    "(12 megapixels is plenty) as JPEG and send that."
)

MESSAGES: dict[Reason, Promise] = {
    Reason.EMPTY: _("The file is empty. Choose the photograph again; if it stays empty, take it again."),
    Reason.TOO_LARGE: _(
        "The file is larger than %(megabytes)d MB. Choose a smaller size in the camera or save a smaller "
        "copy, and send that."
    ),
    Reason.TOO_MANY_PIXELS: _(
        "The picture has more than %(megapixels)d megapixels. Save a smaller copy and send that."
    ),
    Reason.UNREADABLE: _(
        "The file is damaged or incomplete and cannot be opened. Send it again; if that fails too, open it "
        "on your device, save a new copy as JPEG and send the copy."
    ),
    Reason.TOO_SLOW: _SMALLER_COPY,
    Reason.TOO_MUCH_MEMORY: _SMALLER_COPY,
    Reason.BUSY: _("The hub is opening other photographs just now. Wait a minute and send this one again."),
    Reason.CARRIES_ANOTHER_FILE: _(
        "Another file is hidden inside this photograph. If that is news to you, keep the original and tell "
        "your security desk. To post the picture, take a screenshot of it and send that."
    ),
    Reason.DOCUMENT: _(
        "This is a document, not a photograph. Save its picture as JPEG or PNG and send that."
    ),
    Reason.ARCHIVE: _(
        "This is an archive or an Office document, not a photograph. Take the pictures out of it and send "
        "them one by one."
    ),
    Reason.PROGRAM: _(
        "This is a program, not a photograph. Do not open it, and tell your security desk where it came from."
    ),
    Reason.MARKUP: _(
        "This is a web page or a drawing (HTML or SVG), not a photograph. Take a screenshot of it and send "
        "that."
    ),
    Reason.VIDEO: _(
        "This is a film, not a photograph. Pause it at the right moment, take a screenshot and send that."
    ),
    Reason.OTHER_PICTURE: _(
        "Pictures of this kind (GIF, TIFF, BMP, AVIF, camera raw) are not taken. Save a copy as JPEG or PNG "
        "and send that."
    ),
    Reason.UNKNOWN: _("This is not a photograph the hub can open. Send a JPEG, PNG, WebP or HEIC file."),
}


class Refused(ValueError):
    """The photograph is not taken; `str()` tells the person why and what to do, in their language."""

    def __init__(self, reason: Reason, **numbers: int) -> None:
        super().__init__(reason, numbers)
        self.reason = reason
        self.numbers = numbers

    def __str__(self) -> str:
        text = str(MESSAGES[self.reason])
        return text % self.numbers if self.numbers else text
