"""Variants as staff type them: a value that is new becomes one of the product's option values, in the same step."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from apps.products.models.catalogue import Variant
from apps.products.rules.options import Option
from apps.products.services.drafts import VariantDraft
from apps.products.services.locking import locked_product, locked_variant
from apps.products.services.products import set_options
from apps.products.services.rights import require_staff
from apps.products.services.variants import VariantFields, add_variant, update_variant
from kernel.actors import Actor
from kernel.transactions import unit_of_work


@unit_of_work
def add_typed_variant(*, product_id: UUID, draft: VariantDraft, actor: Actor, now: datetime) -> Variant:
    """Add a variant, and its values to the product's options.

    :raises OptionsTakenError: another variant has the same values.
    """
    require_staff(actor)
    _make_room(product_id, draft.options, actor=actor, now=now)
    return add_variant(product_id=product_id, draft=draft, actor=actor, now=now)


@unit_of_work
def update_typed_variant(
    *, variant_id: UUID, changes: VariantFields, actor: Actor, now: datetime, version: int | None = None
) -> Variant:
    """Change a variant, and add its values to the product's options."""
    require_staff(actor)
    _, product = locked_variant(variant_id)
    _make_room(product.id, changes.get("options", []), actor=actor, now=now)
    return update_variant(variant_id=variant_id, changes=changes, actor=actor, now=now, version=version)


def _make_room(product_id: UUID, values: Sequence[str], *, actor: Actor, now: datetime) -> None:
    product = locked_product(product_id)
    options = [
        Option(name=option["name"], values=[*option["values"], *({value} - set(option["values"]))])
        for option, value in zip(product.options, values, strict=False)
    ]
    if options != product.options[: len(options)]:
        rest = product.options[len(options) :]
        set_options(product_id=product_id, options=[*options, *rest], choices={}, actor=actor, now=now)
