"""SVG drawings that hold shapes only: no script, no style, no reference to anything outside."""

import re
from typing import Final
from xml.parsers import expat

ELEMENTS: Final = frozenset(
    {
        *("svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "title", "desc", "defs"),
        *("linearGradient", "radialGradient", "stop", "clipPath", "mask", "pattern", "text", "tspan"),
    }
)
ATTRIBUTE: Final = re.compile(r"(?!on)[A-Za-z][A-Za-z-]*\d?", re.IGNORECASE)
FORBIDDEN: Final = frozenset({"style", "href", "src"})
DISGUISE: Final = re.compile(r"[\\\x00-\x1f\x7f-\x9f]")
"""What splits or spells a word otherwise for the eyes of a browser; plain line breaks came here as blanks."""
OUTSIDE: Final = re.compile(r"javascript:|data:|//|url\s*\(\s*['\"]?\s*(?!#)", re.IGNORECASE)
NAMESPACE: Final = {"xmlns": "http://www.w3.org/2000/svg"}


def is_plain_drawing(content: bytes) -> bool:
    """True when every element and attribute is one that can only draw."""
    parser = expat.ParserCreate()
    faults: list[str] = []
    names: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        names.append(name)
        if name not in ELEMENTS:
            faults.append(name)
        for attribute, value in attributes.items():
            is_known = ATTRIBUTE.fullmatch(attribute) and attribute.lower() not in FORBIDDEN
            if NAMESPACE.get(attribute) != value and not (is_known and _is_plain(value)):
                faults.append(attribute)

    def refuse(*_: object) -> None:
        faults.append("declaration")

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    parser.ProcessingInstructionHandler = refuse
    try:
        parser.Parse(content, True)  # noqa: FBT003 - expat takes it by place only
    except (expat.ExpatError, ValueError):
        return False
    return not faults and names[:1] == ["svg"]


def _is_plain(value: str) -> bool:
    return not OUTSIDE.search(value) and not DISGUISE.search(value)
