"""Reads docs/rights.md and its two lists: what each rule answers to whom, and which addresses follow it."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = ROOT / "docs/rights.md"
LISTS = (ROOT / "docs/rights_of_the_api.md", ROOT / "docs/rights_of_the_pages.md")
ROW = re.compile(r"^\| \*\*(?P<rule>[^*]+)\*\* \|(?P<answers>(?:[^|]+\|){8})$")
HEADING = re.compile(r"^## (?P<rule>.+)$")
RIGHT = re.compile(r"^Right \*\*(?P<right>\w+)\*\*(?P<also>, with \*\*orders\*\*)?:$")
ROUTE = re.compile(r"^(?P<methods>[A-Z, ]+?)\s{2,}(?P<path>/\S*)$")

PEOPLE = ("anonymous", "owner", "stranger", "unguarded", "admin", "super user", "machine", "read-only")
"""The columns, in their order; ``unguarded`` is an admin without a second factor."""
ANSWERS = frozenset({"yes", "sign in", "no", "hidden", "2fa"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The document as data."""

    rules: dict[str, dict[str, str]]
    routes: dict[tuple[str, str], str]
    """The rule of a method and an address."""
    rights: dict[tuple[str, str], str]
    """The right that opens it to members of permission groups, with ``orders`` behind it where that is needed, too."""
    repeated: list[tuple[str, str]]

    def expected(self, method: str, path: str, person: str) -> str:
        """Return what a person must be answered."""
        return self.rules[self.routes[method, path]][person]


@cache
def table() -> Table:
    """Read the documents."""
    rules: dict[str, dict[str, str]] = {}
    routes: dict[tuple[str, str], str] = {}
    repeated: list[tuple[str, str]] = []
    rights: dict[tuple[str, str], str] = {}
    rule = right = ""
    lines = [line for page in (DOCUMENT, *LISTS) for line in page.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        if row := ROW.match(line):
            answers = [answer.strip() for answer in row["answers"].rstrip("|").split("|")]
            rules[row["rule"]] = dict(zip(PEOPLE, answers, strict=True))
        elif heading := HEADING.match(line):
            rule, right = heading["rule"], ""
        elif named := RIGHT.match(line):
            right = named["right"] + (" orders" if named["also"] else "")
        elif route := ROUTE.match(line):
            for method in route["methods"].split(", "):
                repeated += [(method, route["path"])] if (method, route["path"]) in routes else []
                routes[method, route["path"]] = rule
                if right:
                    rights[method, route["path"]] = right
    return Table(rules=rules, routes=routes, rights=rights, repeated=repeated)
