"""Settings from the environment: typed, with one sentence when a value is wrong, and remembered for the docs."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
LINE = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One declared variable; ``example`` is what a copied .env.example starts development with."""

    name: str
    kind: str
    default: str
    help: str
    group: str
    example: str | None


registry: dict[str, Variable] = {}
_groups: list[str] = ["General"]


@contextmanager
def group(title: str) -> Iterator[None]:
    """Put the variables declared inside under one heading of the docs."""
    _groups.append(title)
    try:
        yield
    finally:
        _groups.pop()


def _raw(name: str, kind: str, default: str, help_text: str, example: str | None) -> str:
    registry[name] = Variable(name=name, kind=kind, default=default, help=help_text, group=_groups[-1], example=example)
    value = os.environ.get(name, "")
    path = os.environ.get(f"{name}_FILE", "")
    if value and path:
        msg = f"{name} and {name}_FILE are both set; keep one of them."
        raise ImproperlyConfigured(msg)
    if not path:
        return value.strip() or default
    try:
        return Path(path).read_text(encoding="utf-8").strip() or default
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{name}_FILE names {path}, which cannot be read: {error}."
        raise ImproperlyConfigured(msg) from error


def text(name: str, *, default: str = "", help: str, example: str | None = None) -> str:  # noqa: A002 - the word that reads best in settings
    """Read a piece of text."""
    return _raw(name, "text", default, help, example)


def secret(name: str, *, default: str = "", help: str, example: str | None = None) -> str:  # noqa: A002 - as above
    """Read a text that must never be shown."""
    return _raw(name, "secret", default, help, example)


def boolean(name: str, *, default: bool, help: str, example: str | None = None) -> bool:  # noqa: A002 - as above
    """Read yes or no."""
    value = _raw(name, "yes or no", "true" if default else "false", help, example).lower()
    if value not in TRUE | FALSE:
        msg = f"{name} must be true or false, not {value!r}."
        raise ImproperlyConfigured(msg)
    return value in TRUE


def integer(
    name: str,
    *,
    default: int,
    help: str,  # noqa: A002 - as above
    minimum: int = 0,
    maximum: int = 2**31 - 1,
    example: str | None = None,
) -> int:
    """Read a whole number within bounds."""
    value = _raw(name, "whole number", str(default), help, example)
    if not re.fullmatch(r"-?[0-9]{1,10}", value) or not minimum <= int(value) <= maximum:
        msg = f"{name} must be a whole number from {minimum} to {maximum}, not {value!r}."
        raise ImproperlyConfigured(msg)
    return int(value)


def seconds(
    name: str,
    *,
    default: float,
    help: str,  # noqa: A002 - as above
    minimum: float = 0,
    maximum: float = 10**9,
    example: str | None = None,
) -> float:
    """Read a duration in seconds within bounds; fractions are allowed."""
    value = _raw(name, "seconds", f"{default:g}", help, example)
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", value):
        msg = f"{name} must be a number of seconds, not {value!r}."
        raise ImproperlyConfigured(msg)
    if not minimum <= float(value) <= maximum:
        msg = f"{name} must be from {minimum:g} to {maximum:g} seconds, not {value!r}."
        raise ImproperlyConfigured(msg)
    return float(value)


def url(
    name: str,
    *,
    default: str = "",
    schemes: tuple[str, ...],
    help: str,  # noqa: A002 - as above
    example: str | None = None,
) -> str:
    """Read an address with one of the given schemes, or nothing."""
    value = _raw(name, "address", default, help, example)
    if value and urlsplit(value).scheme not in schemes:
        msg = f"{name} must start with one of {', '.join(f'{scheme}://' for scheme in schemes)}."
        raise ImproperlyConfigured(msg)
    return value


def choice(
    name: str,
    *,
    default: str,
    choices: tuple[str, ...],
    help: str,  # noqa: A002 - as above
    example: str | None = None,
) -> str:
    """Read one of a few words."""
    value = _raw(name, "one of " + ", ".join(word or "(empty)" for word in choices), default, help, example)
    if value not in choices:
        msg = f"{name} must be one of {', '.join(word or '(empty)' for word in choices)}, not {value!r}."
        raise ImproperlyConfigured(msg)
    return value


def rate(name: str, *, default: str, help: str, example: str | None = None) -> str:  # noqa: A002 - as above
    """Read how often something may happen, such as ``60/minute``."""
    value = _raw(name, "number/second, /minute, /hour or /day", default, help, example)
    if not re.fullmatch(r"[1-9][0-9]{0,8}/(second|minute|hour|day)", value):
        msg = f"{name} must be like 60/minute, not {value!r}."
        raise ImproperlyConfigured(msg)
    return value


def list(name: str, *, default: str = "", help: str, example: str | None = None) -> tuple[str, ...]:  # noqa: A001, A002 - the words that read best in settings
    """Read words separated by commas."""
    value = _raw(name, "list, separated by commas", default, help, example)
    return tuple(part.strip() for part in value.split(",") if part.strip())


def load(path: Path) -> None:
    """Take variables from a ``.env`` file; what the environment already says wins."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = LINE.match(line)
        if match is None:
            msg = f"{path.name} has a line that is not NAME=value: {line[:40]!r}."
            raise ImproperlyConfigured(msg)
        name, value = match.groups()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        if f"{name}_FILE" not in os.environ:
            os.environ.setdefault(name, value)


def refuse(sentence: str) -> None:
    """Stop the start with one sentence."""
    raise ImproperlyConfigured(sentence)
