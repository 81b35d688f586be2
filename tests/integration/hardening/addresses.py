"""One working example of every address that the URL patterns know."""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from typing import Any

from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve
from django.utils.regex_helper import normalize

SAMPLES = ("0190a8f0-0000-7000-8000-000000000000", "1", "mug", "users", "KEY-1", "sso", "authenticate")


@cache
def addresses() -> tuple[str, ...]:
    """Return them in order; Django's admin once for each kind of page."""
    found = {path for path, _ in _walk(get_resolver(), "")}
    return tuple(sorted(path for path in found if not path.startswith("/admin/") or _is_one_table(path)))


def _is_one_table(path: str) -> bool:
    return path.count("/") < 3 or path.startswith("/admin/users/user/")


def _walk(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    for pattern in resolver.url_patterns:
        regex = prefix + str(pattern.pattern.regex.pattern).removeprefix("^")
        if isinstance(pattern, URLPattern):
            yield _example(regex, pattern.callback), pattern.callback
        else:
            yield from _walk(pattern, regex.removesuffix(r"\Z").removesuffix("$"))


def _example(regex: str, callback: Callable[..., Any]) -> str:
    shadowed = ""
    for form, names in normalize(regex):
        for values in product(SAMPLES, repeat=len(names)):
            path = "/" + form % dict(zip(names, values, strict=True))
            if (found := _view_of(path)) is callback:
                return path
            shadowed = path if found is not None else shadowed
    if shadowed:  # ours stands before django-allauth's own, below the same address
        return shadowed
    raise AssertionError(f"no example fits {regex}: add one to SAMPLES")


def _view_of(path: str) -> Callable[..., Any] | None:
    try:
        return resolve(path).func
    except Resolver404:
        return None
