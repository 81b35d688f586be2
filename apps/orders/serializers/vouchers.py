"""Vouchers, as staff gives them out."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from apps.orders.models.vouchers import Voucher
from apps.orders.rules.totals import PPM
from apps.orders.rules.vouchers import CODE_LENGTH, VoucherKind
from apps.orders.services.vouchers import VoucherWish
from kernel.http.validation import MoneySerializer, QuerySerializer, StrictSerializer

MOST_USES = 2**31 - 1
CODE = rf"^[A-Za-z0-9][A-Za-z0-9_-]{{0,{CODE_LENGTH - 1}}}$"
PERCENT = r"^(100(\.0{1,4})?|[0-9]{1,2}(\.[0-9]{1,4})?)$"


class VoucherSerializer(StrictSerializer):
    """A voucher; money is in the shop's currency."""

    id = serializers.UUIDField(read_only=True)
    code = serializers.RegexField(
        CODE,
        max_length=CODE_LENGTH,
        trim_whitespace=False,
        help_text="Kept in capitals; shoppers may type it as they like.",
    )
    description = serializers.CharField(
        max_length=200, allow_blank=True, required=False, help_text="For the staff; shoppers never see it."
    )
    kind = serializers.ChoiceField(choices=[kind.value for kind in VoucherKind])
    percent = serializers.RegexField(
        PERCENT, max_length=8, required=False, allow_null=True, help_text="For the kind `percent`, as text: 12.5."
    )
    amount = MoneySerializer(required=False, allow_null=True, help_text="For the kind `amount`.")
    minimum = MoneySerializer(
        required=False,
        allow_null=True,
        help_text="What the goods must cost before it counts, as shown, without delivery.",
    )
    valid_from = serializers.DateTimeField(required=False, allow_null=True)
    valid_until = serializers.DateTimeField(
        required=False, allow_null=True, help_text="The first moment at which it does not count any more."
    )
    limit = serializers.IntegerField(
        min_value=1,
        max_value=MOST_USES,
        required=False,
        allow_null=True,
        help_text="How often in all; no end when null.",
    )
    limit_per_person = serializers.IntegerField(
        min_value=1,
        max_value=MOST_USES,
        required=False,
        allow_null=True,
        help_text="How often by one account or one e-mail address; no end when null.",
    )
    is_active = serializers.BooleanField(required=False, help_text="Whether it counts; true by default.")
    used = serializers.IntegerField(
        read_only=True, help_text="How many orders that were not called off it counted for."
    )
    created_at = serializers.DateTimeField(read_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Count the rate in parts per million, as the rules do."""
        if "percent" in attrs:
            percent = attrs.pop("percent")
            attrs["rate_ppm"] = None if percent is None else int(Decimal(percent) * PPM / 100)
        return attrs

    def to_representation(self, instance: Voucher) -> dict[str, Any]:
        """Show what the voucher's kind has, and null for the rest."""
        money = {"amount": instance.amount if instance.amount_minor else None}
        money["minimum"] = instance.minimum if instance.minimum_minor else None
        plain = ("code", "description", "kind", "limit", "limit_per_person", "is_active", "used")
        return {
            "id": str(instance.id),
            **{name: getattr(instance, name) for name in plain},
            "percent": percent_text(instance) or None,
            **{name: MoneySerializer(sum_).data if sum_ else None for name, sum_ in money.items()},
            **{name: self._moment(instance, name) for name in ("valid_from", "valid_until", "created_at")},
        }

    def _moment(self, instance: Voucher, name: str) -> Any:
        moment = getattr(instance, name)
        return None if moment is None else self.fields[name].to_representation(moment)


class VoucherQuerySerializer(QuerySerializer):
    """What a list of vouchers is narrowed by."""

    search = serializers.CharField(
        max_length=100, required=False, allow_blank=True, help_text="Part of the code or the description."
    )


def percent_text(voucher: Voucher) -> str:
    """Return the rate in percent, without zeros at its end; empty for other kinds."""
    percent = Decimal(voucher.rate_ppm) * 100 / PPM
    return f"{percent:.4f}".rstrip("0").rstrip(".") if voucher.rate_ppm else ""


def wish_from(values: dict[str, Any], *, present: Voucher | None = None) -> VoucherWish:
    """Return what a request asks for; what it does not say stays as it is."""
    given = dict(values)
    if "kind" in given:
        given["kind"] = VoucherKind(given["kind"])
    return VoucherWish(**{**(_present(present) if present else {}), **given})


def _present(voucher: Voucher) -> dict[str, Any]:
    names = ("code", "description", "valid_from", "valid_until", "limit", "limit_per_person", "is_active")
    return {
        **{name: getattr(voucher, name) for name in names},
        "kind": VoucherKind(voucher.kind),
        "rate_ppm": voucher.rate_ppm,
        "amount": voucher.amount,
        "minimum": voucher.minimum,
    }
