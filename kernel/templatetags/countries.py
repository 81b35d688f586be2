"""``{% load countries %}{{ address.country|country_name }}``."""

from functools import lru_cache

from babel import Locale
from django import template
from django.utils.translation import get_language

register = template.Library()


@register.filter
def country_name(code: str) -> str:
    """Name a country in the language of the page; an unknown code stays as it is."""
    return _names(get_language() or "en").get(code, code)


@lru_cache(maxsize=8)
def _names(language: str) -> dict[str, str]:
    return dict(Locale.parse(language.replace("-", "_")).territories)
