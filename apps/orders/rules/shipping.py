"""What delivery costs and where it is offered."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import inf


class ShippingKind(StrEnum):
    """How the price of a delivery is found."""

    FLAT = "flat"
    FREE_ABOVE = "free_above"
    BY_WEIGHT = "by_weight"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightBand:
    """The price of a parcel up to a weight; without a limit for everything heavier."""

    up_to_grams: int | None
    price_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """How one delivery method is priced."""

    kind: ShippingKind
    price_minor: int
    free_above_minor: int | None = None
    bands: tuple[WeightBand, ...] = ()
    countries: frozenset[str] = frozenset()
    """Where it is offered; everywhere when empty."""


def delivers_to(tariff: Tariff, *, country: str) -> bool:
    """Tell whether a parcel can go to a country; an unknown country gets the benefit of the doubt."""
    return not country or not tariff.countries or country in tariff.countries


def price_of(tariff: Tariff, *, subtotal_minor: int, weight_grams: int) -> int | None:
    """Return the price of a parcel, or None when it is too heavy for this method."""
    if tariff.kind is ShippingKind.BY_WEIGHT:
        return _band_price(tariff.bands, weight_grams=weight_grams)
    if tariff.kind is ShippingKind.FREE_ABOVE and _is_free(tariff, subtotal_minor=subtotal_minor):
        return 0
    return tariff.price_minor


def _is_free(tariff: Tariff, *, subtotal_minor: int) -> bool:
    return tariff.free_above_minor is not None and subtotal_minor >= tariff.free_above_minor


def _band_price(bands: Sequence[WeightBand], *, weight_grams: int) -> int | None:
    fitting = (band for band in bands if band.up_to_grams is None or weight_grams <= band.up_to_grams)
    band = min(fitting, key=_upper_end, default=None)
    return None if band is None else band.price_minor


def _upper_end(band: WeightBand) -> float:
    return inf if band.up_to_grams is None else band.up_to_grams


def bands_are_sound(bands: Sequence[WeightBand]) -> bool:
    """Tell whether bands have rising limits, at most one open end, and it comes last."""
    limits = [band.up_to_grams for band in bands]
    closed = [limit for limit in limits if limit is not None]
    rising = all(left < right for left, right in pairwise(closed))
    return bool(bands) and rising and None not in limits[:-1]
