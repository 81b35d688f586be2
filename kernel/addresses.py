"""A postal address: a value, like money."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where somebody lives or wants a parcel; ``country`` is ISO 3166 alpha-2."""

    name: str
    line1: str
    line2: str = ""
    postcode: str
    city: str
    region: str = ""
    country: str
    phone: str = ""
