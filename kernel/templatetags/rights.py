"""``{% load rights %}{% if actor|may:"orders" %}``."""

from django import template

from kernel.actors import Actor

register = template.Library()


@register.filter
def may(actor: Actor | None, right: str) -> bool:
    """Tell whether somebody works with this part of the back office; a page without an actor shows none of it."""
    return bool(actor and actor.may(right))
