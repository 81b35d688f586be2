"""Serializers that refuse what they do not know, and fields for money and addresses."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.fields import empty

from kernel.addresses import Address
from kernel.lines import one_line
from kernel.money import InvalidMoneyError, Money, is_currency

LARGEST = 2**63 - 1
MOST_UNKNOWN = 20
"""How many unknown properties an answer names."""


if TYPE_CHECKING:
    _Mixed = serializers.ModelSerializer[Any]
else:
    _Mixed = object


KINDS: tuple[tuple[Any, Any, str], ...] = (
    ((serializers.CharField, serializers.UUIDField, serializers.DecimalField), str, "This must be text."),
    (serializers.ChoiceField, str, "This must be text."),
    (serializers.BooleanField, bool, "This must be true or false."),
    (serializers.IntegerField, (int, float), "This must be a whole number."),
)


def wrong_kind(field: Any, value: Any) -> str:
    """Return what is wrong with a JSON value's kind; DRF itself would read 0 as text and "yes" as true."""
    if value is None:
        return ""
    if isinstance(field, (serializers.ListField, serializers.DictField)):
        inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        return next(filter(None, (wrong_kind(field.child, one) for one in inner)), "")
    for kinds, accepted, message in KINDS:
        if isinstance(field, kinds):
            is_right = isinstance(value, accepted) and isinstance(value, bool) == (accepted is bool)
            return "" if is_right else message
    return ""


class _RefusesUnknown(_Mixed):
    """Turns every unknown or read-only property into an error at its name, and every value of another kind."""

    is_whole = False
    """Whether PATCH, too, must give everything that is required."""
    reads_text = False
    """Whether all values come as text, as those of a query do."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            known = {name for name, field in self.fields.items() if not field.read_only}
            unknown = [str(name) for name in data if name not in known and name != "csrfmiddlewaretoken"]
            if unknown:
                named = {name: ["There is no such field."] for name in unknown[:MOST_UNKNOWN]}
                raise serializers.ValidationError(named, code="unknown_field")
            self._require_whole(data)
            self._require_short(data)
            self._require_kinds(data)
        return super().to_internal_value(data)

    def _require_whole(self, data: Mapping[str, Any]) -> None:
        """What is inside another thing is given as a whole, even where PATCH leaves out parts of the outer one."""
        outer: object | None = self.parent
        if outer is None:
            return
        fields = self.fields.items()
        missing = [name for name, field in fields if field.required and not field.read_only and name not in data]
        if missing:
            raise serializers.ValidationError({name: ["This field is required."] for name in missing}, code="required")

    def _require_short(self, data: Mapping[str, Any]) -> None:
        """Refuse a list that is too long before DRF looks at each of its elements, and says of each what is wrong."""
        lists = {name: field for name, field in self.fields.items() if isinstance(field, serializers.ListField)}
        long = {
            name: [field.error_messages["max_length"].format(max_length=field.max_length)]
            for name, field in lists.items()
            if field.max_length is not None
            and isinstance(given := data.get(name), list)
            and len(given) > field.max_length
        }
        if long:
            raise serializers.ValidationError(long, code="max_length")

    def _require_kinds(self, data: Mapping[str, Any]) -> None:
        if self.reads_text or isinstance(data, QueryDict):
            return
        found = {name: wrong_kind(self.fields[name], value) for name, value in data.items() if name in self.fields}
        wrong = {name: [message] for name, message in found.items() if message}
        if wrong:
            raise serializers.ValidationError(wrong, code="wrong_kind")

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        if issubclass(field_class, serializers.IntegerField):
            kwargs.setdefault("max_value", LARGEST)
            kwargs.setdefault("min_value", -LARGEST)
        return field_class, kwargs


class StrictSerializer(_RefusesUnknown, serializers.Serializer[Any]):
    """A serializer whose input may hold nothing but its fields."""


class QuerySerializer(StrictSerializer):
    """The same for query parameters, which are text."""

    reads_text = True


class NothingSerializer(StrictSerializer):
    """The body of a request that asks for nothing."""


class StrictModelSerializer(_RefusesUnknown, serializers.ModelSerializer[Any]):
    """The same for a model; it never saves: services do."""


class CurrencyField(serializers.CharField):
    """An ISO 4217 code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=3, max_length=3, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Return the code."""
        code = super().to_internal_value(data)
        if not is_currency(code):
            msg = "This is not a currency."
            raise serializers.ValidationError(msg, code="unknown_currency")
        return code


class MoneySerializer(StrictSerializer):
    """An amount of money, such as ``{"amount": "12.34", "currency": "EUR"}``; never below zero."""

    amount = serializers.RegexField(
        r"^[0-9]{1,15}(\.[0-9]{1,4})?$", max_length=20, help_text="Decimal amount as text, such as 12.34."
    )
    currency = CurrencyField(help_text="ISO 4217 code, such as EUR.")

    def to_internal_value(self, data: Any) -> Money:
        """Read exactly; nothing is rounded."""
        parts = super().to_internal_value(data)
        try:
            money = Money.of(parts["amount"], parts["currency"])
        except InvalidMoneyError as error:
            raise serializers.ValidationError({"amount": [error.message]}, code=error.code) from error
        return money

    def to_representation(self, instance: Any) -> dict[str, str]:
        """Write with all decimals."""
        if isinstance(instance, Mapping):
            return dict(instance)
        return {"amount": instance.as_text(), "currency": instance.currency}


class CountryField(serializers.RegexField):
    """An ISO 3166 alpha-2 code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^[A-Z]{2}$", min_length=2, max_length=2, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Return the code; it must be a country's."""
        code: str = super().to_internal_value(data)
        if code not in countries():
            msg = "This is not a country."
            raise serializers.ValidationError(msg, code="unknown_country")
        return code


@cache
def countries() -> frozenset[str]:
    """Return the codes of all countries."""
    from babel import Locale  # noqa: PLC0415 - its tables are loaded with the first address

    codes = map(str, Locale("en").territories)
    return frozenset(code for code in codes if len(code) == 2 and code.isalpha() and code not in NOT_COUNTRIES)  # noqa: PLR2004 - alpha-2


NOT_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})


class LineField(serializers.CharField):
    """A text of one line."""

    default_validators = (one_line,)


class AddressSerializer(StrictSerializer):
    """A postal address; the validated value is an ``Address``."""

    name = LineField(max_length=120)
    line1 = LineField(max_length=200)
    line2 = LineField(max_length=200, required=False, allow_blank=True, default="")
    postcode = LineField(max_length=20)
    city = LineField(max_length=120)
    region = LineField(max_length=120, required=False, allow_blank=True, default="")
    country = CountryField(help_text="ISO 3166 alpha-2 code, such as SE.")
    phone = LineField(max_length=40, required=False, allow_blank=True, default="")

    def run_validation(self, data: Any = empty) -> Any:
        """Return an ``Address``."""
        value = super().run_validation(data)
        return Address(**value) if isinstance(value, Mapping) else value
