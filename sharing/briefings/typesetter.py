"""The program that sets one paper, run by pdf.py in a process of its own: JSON on stdin, the PDF on stdout.

Arguments: seconds of processor time it may take, the template, and the folder of its pictures, where it has any: it
reads no other file. It imports nothing of the hub.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any, Literal

import typst

TEMPLATE = Path(sys.argv[2])
PICTURES: Any = sys.argv[3] if len(sys.argv) > 3 else None
# In every one of the fonts that come with typst: what stands for a letter that none of them has.
STAND_IN = "\u25a1"
NO_GLYPH = "could not be displayed"
STANDARD: Literal["ua-1"] = "ua-1"


def main() -> None:
    seconds = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    data = json.loads(sys.stdin.buffer.read())
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
    try:
        paper = setting(data, fonts)
    except typst.TypstError as error:
        if NO_GLYPH not in str(error):
            raise
        paper = setting(replaced(data, without_glyph(data, fonts)) | {"stand_in": True}, fonts)
    sys.stdout.buffer.write(paper)


def setting(data: dict[str, Any], fonts: typst.Fonts) -> bytes:
    """What people wrote goes in as data: nothing in it is read as markup."""
    return typst.compile(
        TEMPLATE.read_bytes(),
        root=PICTURES,
        font_paths=fonts,
        sys_inputs={"data": json.dumps(data)},
        format="pdf",
        pdf_standards=STANDARD,
    )


def without_glyph(data: dict[str, Any], fonts: typst.Fonts) -> set[str]:
    """The letters in `data` that no font has, each tried by itself."""
    found = set()
    for letter in {letter for letter in json.dumps(data, ensure_ascii=False) if letter > "~" or letter < " "}:
        try:
            typst.compile(
                b'#set document(title: "-")\n#text(font: "Libertinus Serif", sys.inputs.letter)',
                font_paths=fonts,
                sys_inputs={"letter": letter},
                format="pdf",
                pdf_standards=STANDARD,
            )
        except typst.TypstError:
            found.add(letter)
    return found


def replaced(value: Any, letters: set[str]) -> Any:
    if isinstance(value, str):
        return "".join(STAND_IN if letter in letters else letter for letter in value)
    if isinstance(value, list):
        return [replaced(each, letters) for each in value]
    if isinstance(value, dict):
        return {name: replaced(each, letters) for name, each in value.items()}
    return value


if __name__ == "__main__":
    main()
