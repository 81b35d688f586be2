"""``{% load waiting %}{% what_waits as waiting %}``."""

from typing import Any

from django import template

from integrations.authentication import waiting

register = template.Library()


@register.simple_tag(takes_context=True)
def what_waits(context: dict[str, Any]) -> waiting.Waiting | None:
    """Return what the proof that the page asks for will do."""
    return waiting.what_waits(context["request"])
