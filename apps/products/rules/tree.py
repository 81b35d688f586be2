"""A tree of categories as paths: one text tells all ancestors."""

from dataclasses import dataclass

from kernel.errors import DomainError

MAX_PATH = 700


class CategoryTooDeepError(DomainError):
    """The names of a category and its ancestors are too long together."""

    code = "category_too_deep"
    status = 400

    def __init__(self) -> None:
        message = "This category is too deep in the tree."
        super().__init__(message, fields={"parent": [message]})


class CategoryCycleError(DomainError):
    """A category cannot be put below itself."""

    code = "category_cycle"
    status = 409

    def __init__(self) -> None:
        message = "A category cannot be below itself."
        super().__init__(message, fields={"parent": [message]})


@dataclass(frozen=True, slots=True)
class Path:
    """Where a category stands: slugs between slashes, names one a line, the root first."""

    slugs: str
    names: str


ROOT = Path("/", "")


def below(parent: Path, *, slug: str, name: str) -> Path:
    """Return the path of a category below another.

    :raises CategoryTooDeepError: it would not fit into its column.
    """
    path = Path(f"{parent.slugs}{slug}/", f"{parent.names}\n{name}" if parent.names else name)
    if len(path.slugs) > MAX_PATH or len(path.names) > MAX_PATH:
        raise CategoryTooDeepError
    return path


def moved(path: Path, *, old: Path, new: Path) -> Path:
    """Return the path of a descendant after an ancestor went from ``old`` to ``new``.

    :raises CategoryTooDeepError: it would not fit into its column.
    """
    result = Path(new.slugs + path.slugs.removeprefix(old.slugs), new.names + path.names.removeprefix(old.names))
    if len(result.slugs) > MAX_PATH or len(result.names) > MAX_PATH:
        raise CategoryTooDeepError
    return result


def check_no_cycle(*, moving: Path, parent: Path) -> None:
    """Refuse a parent that is the category itself or below it.

    :raises CategoryCycleError: the tree would become a ring.
    """
    if parent.slugs.startswith(moving.slugs):
        raise CategoryCycleError
