"""How text becomes words, so that every database finds the same."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

MAX_QUERY = 200
MAX_WORDS = 8
MAX_WORD = 40
MAX_TEXT = 20_000
SHORTEST_INDEXED = 3
"""MariaDB and MySQL leave shorter words out of their index."""
UNINDEXED = frozenset(
    [
        "a",
        "about",
        "an",
        "are",
        "as",
        "at",
        "be",
        "by",
        "com",
        "de",
        "en",
        "for",
        "from",
        "how",
        "i",
        "in",
        "is",
        "it",
        "la",
        "of",
        "on",
        "or",
        "that",
        "the",
        "this",
        "to",
        "was",
        "what",
        "when",
        "where",
        "who",
        "will",
        "with",
        "und",
        "www",
    ]
)
"""What MariaDB and MySQL leave out, whatever the length."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What somebody looks for: words for the index, and beginnings of words that only a scan finds."""

    indexed: tuple[str, ...]
    scanned: tuple[str, ...]
    words: tuple[str, ...] = ()
    """All of them, in the order in which they were typed."""

    def __bool__(self) -> bool:
        return bool(self.indexed or self.scanned)


def normalised(text: str) -> str:
    """Return small letters and digits without accents, separated by single blanks."""
    small = unicodedata.normalize("NFKD", text).casefold()  # letters in mathematical dress get small only undressed
    bare = "".join(one for one in unicodedata.normalize("NFKD", small) if not unicodedata.combining(one))
    return " ".join(re.findall(r"[^\W_]+", bare.casefold()))


def searchable(parts: Iterable[str]) -> str:
    """Return what the index holds of a product; it begins with a blank, so that a scan can tell where words begin."""
    return (" " + " ".join(normalised(part) for part in parts if part))[:MAX_TEXT]


def terms(query: str) -> Terms:
    """Cut a query into words; each is looked for as a beginning, a plural without its ``s``."""
    words = [_singular(word[:MAX_WORD]) for word in normalised(query[:MAX_QUERY]).split()]
    unique = list(dict.fromkeys(words))[:MAX_WORDS]
    wanted = [word for word in unique if word not in UNINDEXED] or unique
    indexed = tuple(word for word in wanted if _is_indexed(word))
    return Terms(indexed, tuple(word for word in wanted if not _is_indexed(word)), tuple(wanted))


def _is_indexed(word: str) -> bool:
    return len(word) >= SHORTEST_INDEXED and word not in UNINDEXED


def _singular(word: str) -> str:
    is_plural = len(word) > SHORTEST_INDEXED and word.endswith("s") and not word.endswith("ss")
    return word[:-1] if is_plural else word
