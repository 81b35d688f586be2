"""Closed lists of words that the schema names: countries and currencies."""

from typing import Any

from kernel.http.validation import countries
from kernel.money import currencies


def country_schema() -> dict[str, Any]:
    """Describe a country's code."""
    description = "A country by its ISO 3166-1 alpha-2 code."
    return {"type": "string", "description": description, "examples": ["SE"], "enum": sorted(countries())}


def currency_schema() -> dict[str, Any]:
    """Describe a currency's code."""
    description = "A currency by its ISO 4217 code."
    return {"type": "string", "description": description, "examples": ["EUR"], "enum": list(currencies())}
