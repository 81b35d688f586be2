"""What a caller says about a variant that does not exist yet."""

from dataclasses import dataclass, field
from typing import Any

from kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantDraft:
    """A variant to be made; without a SKU one is made from the product's slug and the options."""

    price: Money
    sku: str = ""
    options: list[str] = field(default_factory=list)
    compare_at_price: Money | None = None
    barcode: str = ""
    weight_grams: int = 0
    requires_shipping: bool = True
    is_taxable: bool = True
    on_hand: int = 0
    low_stock_mark: int | None = None
    extra_columns: dict[str, Any] = field(default_factory=dict)
