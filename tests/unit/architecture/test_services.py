"""The walls between services, and the few files that a service may have."""

import ast
from collections import Counter
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.contenttypes.fields import GenericForeignKey
from django.db import models

from kernel.error_codes import declared
from tests.unit.architecture.tree import ROOT, files, is_test, python_sources

SERVICES = ("users", "products", "orders", "notifications")
WORDS = {
    "__init__", "models", "rules", "services", "selectors", "serializers", "permissions", "forms", "views", "pages",
    "facade", "handlers", "admin", "urls", "apps", "migrations", "management", "templatetags", "tests",
}  # fmt: skip
NO_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "data", "info", "common", "misc"}
WRITERS = {"views", "pages", "serializers", "admin", "handlers", "forms", "facade"}
WRITES = {"create", "bulk_create", "get_or_create", "update_or_create", "bulk_update"}
ROOT_FOLDERS = 12


def our_models() -> list[type[models.Model]]:
    return [
        model for service in SERVICES for model in apps.get_app_config(service).get_models(include_auto_created=True)
    ]


def test_no_key_crosses_from_one_service_to_another() -> None:
    crossing = [
        f"{model.__name__}.{field.name} -> {field.related_model.__name__}"
        for model in our_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey | models.ManyToManyField)
        and field.related_model._meta.app_label in SERVICES
        and field.related_model._meta.app_label != model._meta.app_label
    ]

    assert crossing == []


def test_no_relation_is_generic_and_no_table_orders_itself() -> None:
    generic = [
        model.__name__
        for model in our_models()
        if any(isinstance(f, GenericForeignKey) for f in model._meta.private_fields)
    ]
    ordered = [model.__name__ for model in our_models() if model._meta.ordering and not model._meta.auto_created]

    assert generic == []
    assert ordered == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_only_the_files_that_every_service_may_have(service: str) -> None:
    prefix = f"apps/{service}/"
    found = {name.removeprefix(prefix).split("/")[0].removesuffix(".py") for name in files() if name.startswith(prefix)}

    assert found - WORDS == set()


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [name for name in files() if name.endswith(".py") and Path(name).stem in NO_NAMES] == []


def test_the_root_is_read_at_a_glance() -> None:
    folders = {name.split("/")[0] for name in files() if "/" in name and not name.startswith(".")}
    code = {folder for folder in folders if any((ROOT / folder).rglob("*.py"))}

    assert len(code) <= ROOT_FOLDERS


def test_signals_are_received_only_where_a_library_speaks_no_other_language() -> None:
    guilty = [
        source.name
        for source in python_sources()
        if not source.name.startswith("integrations/authentication/") and not is_test(source.name)
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.ImportFrom) and (node.module or "") in {"django.dispatch", "django.db.models.signals"})
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "django.core.signals"
            and not source.name.startswith("kernel/")
        )
    ]

    assert guilty == []


def writes_a_table(node: ast.AST) -> bool:
    """True for ``Model.objects.create(...)`` and its like, and for ``something.save()`` outside ``super()``."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    target = ast.unparse(node.func.value)
    if node.func.attr in WRITES or node.func.attr in {"update", "delete"}:
        return ".objects" in target
    return (
        node.func.attr == "save"
        and target not in {"super()", "serializer", "form", "self"}
        and not target.startswith("default_storage")
    )


def test_every_write_goes_through_a_service() -> None:
    guilty = [
        f"{source.name}:{node.lineno}"
        for source in python_sources()
        if source.name.startswith("apps/")
        and {*Path(source.name).with_suffix("").parts} & WRITERS
        and not is_test(source.name)
        for node in ast.walk(source.tree)
        if writes_a_table(node)
    ]

    assert guilty == []


def test_an_error_code_belongs_to_one_failure() -> None:
    named = Counter(error.code for error in declared())

    assert [code for code, times in named.items() if times > 1] == []


def test_every_failure_is_explained() -> None:
    assert [error.__qualname__ for error in declared() if not error.__doc__] == []


def test_only_the_kernel_catches_whatever_comes() -> None:
    guilty = [
        f"{source.name}:{node.lineno}"
        for source in python_sources()
        if not source.name.startswith("kernel/") and not is_test(source.name)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
    ]

    assert guilty == []
