"""What text may hold, and HTML that cannot do harm."""

import html
import re
from collections.abc import Mapping, Sequence

import nh3

TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4"),
    *("h5", "h6", "hr", "i", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "sup", "table", "tbody"),
    *("td", "tfoot", "th", "thead", "tr", "u", "ul"),
}
ATTRIBUTES = {"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"}}
MOST_TAGS = 5_000
"""Tags made to hurt, each of which waits for those before it, are put in order in a time that grows with the square."""
SCHEMES = {"http", "https", "mailto", "tel"}


def is_storable(text: str) -> bool:
    """True without NUL and without halves of characters, which databases refuse."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def is_storable_deep(value: object) -> bool:
    """As ``is_storable``, for everything inside lists and mappings too."""
    if isinstance(value, str):
        return is_storable(value)
    if isinstance(value, Mapping):
        return all(is_storable_deep(part) for pair in value.items() for part in pair)
    if isinstance(value, Sequence):
        return all(is_storable_deep(part) for part in value)
    return True


def has_too_many_tags(markup: str) -> bool:
    """Tell whether some HTML is not to be sanitised at all: 100,000 characters of it took five seconds."""
    return markup.count("<") > MOST_TAGS


def sanitised(markup: str) -> str:
    """Return HTML with the tags of a text only: no scripts, styles, pictures or frames."""
    return nh3.clean(markup, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES)


def plain_text(markup: str) -> str:
    """Return the words of some HTML."""
    without_tags = re.sub(r"<[^>]*>", " ", markup)
    return re.sub(r"\s+", " ", html.unescape(without_tags)).strip()
