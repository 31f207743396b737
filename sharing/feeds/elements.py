"""Writing XML: elements, and words of people with what XML cannot hold left out."""

from __future__ import annotations

import re

from lxml import etree

# Control characters, lone surrogates and the two non-characters stand in no XML 1.0 document.
BARRED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    return BARRED.sub("", text)


def child(parent: etree._Element, tag: str, text: str = "", **attributes: str) -> etree._Element:
    """A new last element in the parent's own namespace; with its text, where there is any."""
    space = etree.QName(parent).namespace
    found = etree.SubElement(
        parent, f"{{{space}}}{tag}", {name: clean(value) for name, value in attributes.items()}
    )
    if text:
        found.text = clean(text)
    return found


def document(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")
