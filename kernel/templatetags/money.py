"""``{% load money %}{{ price|money }}``."""

from django import template
from django.utils.translation import get_language

from kernel.formatting import money_text
from kernel.money import Money

register = template.Library()


@register.filter
def money(value: Money | None) -> str:
    """Show an amount in the language of the page; nothing for nothing."""
    if not isinstance(value, Money):
        return ""
    return money_text(value, get_language() or "en")
