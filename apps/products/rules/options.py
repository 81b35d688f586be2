"""What a product can be chosen by, and which choice each variant is."""

from collections.abc import Iterable, Sequence
from typing import TypedDict

from kernel.errors import DomainError

MAX_OPTIONS = 3
MAX_VALUES = 250
MAX_LENGTH = 120
CHOICES_TAKEN = "Two variants cannot have the same options."


class Option(TypedDict):
    """One thing to choose, such as a size, and what there is of it."""

    name: str
    values: list[str]


class InvalidOptionsError(DomainError):
    """Options contradict each other, or a variant does not fit them."""

    code = "invalid_options"
    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message, fields={"options": [message]})


class OptionsTakenError(DomainError):
    """Another variant of the product has the same options."""

    code = "options_taken"
    status = 409

    def __init__(self) -> None:
        super().__init__(CHOICES_TAKEN, fields={"options": [CHOICES_TAKEN]})


def check_options(options: Sequence[Option]) -> None:
    """Refuse more than three options, empty or repeated names and values.

    :raises InvalidOptionsError: the first thing that is wrong.
    """
    if len(options) > MAX_OPTIONS:
        raise InvalidOptionsError(f"A product has {MAX_OPTIONS} options at most.")
    _check_texts([option["name"] for option in options], what="names of options")
    for option in options:
        if not option["values"]:
            raise InvalidOptionsError(f"{option['name']} has no values.")
        _check_texts(option["values"], what=f"values of {option['name']}")


def check_choice(options: Sequence[Option], values: Sequence[str]) -> None:
    """Refuse a variant that does not say exactly one known value for each option.

    :raises InvalidOptionsError: a value is missing, superfluous or unknown.
    """
    if len(values) != len(options):
        names = ", ".join(option["name"] for option in options) or "no options"
        raise InvalidOptionsError(f"Exactly one value is needed for each option: {names}.")
    for option, value in zip(options, values, strict=True):
        if value not in option["values"]:
            raise InvalidOptionsError(f"{value} is not a value of {option['name']}.")


def check_choices(options: Sequence[Option], choices: Sequence[Sequence[str]]) -> None:
    """Check every variant of a product, and that no two are the same.

    :raises InvalidOptionsError: a variant does not fit the options.
    :raises OptionsTakenError: two variants are the same.
    """
    for values in choices:
        check_choice(options, values)
    if len({tuple(values) for values in choices}) != len(choices):
        raise OptionsTakenError


def values_of(options: Sequence[Option], chosen: dict[str, str]) -> list[str]:
    """Put a choice by name into the order of the options.

    :raises InvalidOptionsError: a name is unknown or missing.
    """
    names = [option["name"] for option in options]
    unknown = sorted(set(chosen) - set(names))
    if unknown:
        raise InvalidOptionsError("Unknown option: " + ", ".join(unknown) + ".")
    missing = [name for name in names if name not in chosen]
    if missing:
        raise InvalidOptionsError("Missing option: " + ", ".join(missing) + ".")
    return [chosen[name] for name in names]


def derived(choices: Sequence[dict[str, str]]) -> list[Option]:
    """Return the options that these choices are made of, in the order in which they come."""
    options: dict[str, list[str]] = {}
    for choice in choices:
        for name, value in choice.items():
            values = options.setdefault(name, [])
            if value not in values:
                values.append(value)
    return [Option(name=name, values=values) for name, values in options.items()]


def named(options: Sequence[Option], values: Iterable[str]) -> dict[str, str]:
    """Return a variant's choice by the names of the options."""
    return dict(zip((option["name"] for option in options), values, strict=False))


def _check_texts(texts: Sequence[str], *, what: str) -> None:
    if len(texts) > MAX_VALUES:
        raise InvalidOptionsError(f"There are too many {what}.")
    if any(not text.strip() or text != text.strip() or len(text) > MAX_LENGTH for text in texts):
        raise InvalidOptionsError(f"The {what} must have 1 to {MAX_LENGTH} characters without blanks around.")
    if len({text.casefold() for text in texts}) != len(texts):
        raise InvalidOptionsError(f"The {what} must differ.")
