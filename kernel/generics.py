"""Lets ``ModelAdmin[Order]`` run as it is typed: Django's stubs make classes generic that are plain at run time."""

from typing import Any

from django.contrib.admin import ModelAdmin, StackedInline, TabularInline
from django.forms import BaseFormSet, BaseModelForm, BaseModelFormSet, ModelChoiceField
from django.views.generic.base import View
from django.views.generic.edit import FormMixin, ModelFormMixin

PLAIN: tuple[Any, ...] = (
    ModelAdmin,
    StackedInline,
    TabularInline,
    BaseFormSet,
    BaseModelForm,
    BaseModelFormSet,
    ModelChoiceField,
    View,
    FormMixin,
    ModelFormMixin,
)


def allow_subscripts() -> None:
    """Make the classes answer to ``[...]`` with themselves."""
    for kind in PLAIN:
        if not hasattr(kind, "__class_getitem__"):
            kind.__class_getitem__ = classmethod(_itself)


def _itself(kind: type, _parameters: Any) -> type:
    return kind
