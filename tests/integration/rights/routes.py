"""Every address of the product, with the methods that it takes: from the OpenAPI file and from the URL patterns."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import orjson
from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
UNLISTED = ("GET", "POST")
"""What a page takes that names no methods: Django's admin."""
OUTSIDE = (("GET", "/livez"), ("GET", "/readyz"))
"""Answered before the URL patterns are asked."""
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")
TABLES = "|".join(sorted(f"{table._meta.app_label}/{table._meta.model_name}" for table in admin.site._registry))
KIND = re.compile(r"^/_allauth/(?:app|browser)/")
TABLE = re.compile(rf"^/admin/(?:{TABLES})/")
Route = tuple[str, str]


@cache
def operations() -> frozenset[Route]:
    """Return the operations of the OpenAPI file."""
    from api.views import schema_text

    paths = orjson.loads(schema_text("json"))["paths"]
    return frozenset(
        (method.upper(), path) for path, methods in paths.items() for method in methods if method.upper() in METHODS
    )


@cache
def pages() -> frozenset[Route]:
    """Return every other address with its methods: ``{table}`` is each one of Django's admin, ``{client}`` app or browser."""
    documented = {shape(path) for _, path in operations()}
    found: dict[str, frozenset[str]] = {}
    for path, view in _patterns(get_resolver()):
        template = KIND.sub("/_allauth/{client}/", TABLE.sub("/admin/{table}/", path))
        if shape(path) not in documented and template not in found:
            found[template] = methods_of(view)
    return frozenset({*OUTSIDE, *((method, path) for path, methods in found.items() for method in methods)})


def routes() -> frozenset[Route]:
    """Return everything that can be asked for."""
    return operations() | pages()


def shape(path: str) -> str:
    """Return an address without the names of its parts."""
    return re.sub(r"\{\w+\}", "{}", path)


def tables() -> list[str]:
    """Return the tables of Django's admin."""
    return TABLES.split("|")


def methods_of(view: Any) -> frozenset[str]:
    """Return what a view answers: a class by its methods, a function by the decorator that names them."""
    made = getattr(view, "view_class", None) or getattr(view, "cls", None)
    actions: dict[str, str] = getattr(view, "actions", None) or {}
    if made is not None:
        names = actions or {name: name for name in made.http_method_names if hasattr(made, name)}
        return frozenset(name.upper() for name in names) & frozenset(METHODS)
    return frozenset(_named(view) or UNLISTED) & frozenset(METHODS)


def _named(view: Any) -> list[str]:
    """Look through the decorators for the one of Django that lists methods."""
    layer: Any = view
    while layer is not None:
        cells = dict(zip(layer.__code__.co_freevars, layer.__closure__ or (), strict=False)) if _is_plain(layer) else {}
        if "request_method_list" in cells:
            return list(cells["request_method_list"].cell_contents)
        layer = getattr(layer, "__wrapped__", None)
    return []


def _is_plain(layer: Any) -> bool:
    return hasattr(layer, "__code__")


def _patterns(resolver: URLResolver, prefix: str = "/") -> Iterator[tuple[str, Callable[..., Any]]]:
    for pattern in resolver.url_patterns:
        path = prefix + _readable(str(pattern.pattern))
        if isinstance(pattern, URLPattern):
            yield path, pattern.callback
        else:
            yield from _patterns(pattern, path)


def _readable(pattern: str) -> str:
    """Write a pattern as OpenAPI writes addresses."""
    named = GROUP.sub(r"{\1}", PARAMETER.sub(r"{\1}", pattern) if "(?P" not in pattern else pattern)
    return named.removeprefix("^").removesuffix("$").removesuffix(r"\Z").replace("\\", "")
