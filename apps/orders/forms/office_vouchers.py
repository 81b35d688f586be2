"""A voucher, as staff types it."""

import re
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.orders.forms.office import OfficeForm
from apps.orders.models.vouchers import Voucher
from apps.orders.rules.totals import PPM
from apps.orders.rules.vouchers import CODE_LENGTH, VoucherKind, normal_code
from apps.orders.services.vouchers import VoucherWish
from kernel.forms import AmountField, MomentField, VersionedForm

KINDS: Final = [
    (VoucherKind.PERCENT.value, _("A percentage off the goods")),
    (VoucherKind.AMOUNT.value, _("An amount off the goods")),
    (VoucherKind.FREE_SHIPPING.value, _("Free delivery")),
]
PERCENT = re.compile(r"(?:100(?:[.,]0{1,4})?|[0-9]{1,2}(?:[.,][0-9]{1,4})?)")
MOST_USES: Final = 2**31 - 1
MOMENT: Final = "%Y-%m-%dT%H:%M"


def _uses(label: Any, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=1,
        max_value=MOST_USES,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        **more,
    )


def _moment(label: Any, **more: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT)
    return MomentField(label=label, required=False, widget=widget, **more)


class VoucherForm(OfficeForm, VersionedForm):
    """Everything about one voucher; money in the shop's currency."""

    code = forms.CharField(
        label=_("Code"),
        max_length=CODE_LENGTH,
        help_text=_("What shoppers type: letters, digits, hyphens. Capitals or not makes no difference."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    description = forms.CharField(
        label=_("Description"), max_length=200, required=False, help_text=_("For your staff; shoppers never see it.")
    )
    kind = forms.ChoiceField(label=_("It gives"), choices=KINDS)
    percent = forms.CharField(
        label=_("Per cent"),
        max_length=8,
        required=False,
        help_text=_("For a percentage: 10 or 12.5."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    amount = AmountField(
        label=_("Amount"), required=False, help_text=_("For an amount; never more than the goods cost.")
    )
    minimum = AmountField(
        label=_("From a sum of"), required=False, help_text=_("Of the goods as shown, without delivery.")
    )
    valid_from = _moment(_("Valid from (UTC)"))
    valid_until = _moment(_("Valid until (UTC)"))
    limit = _uses(_("Uses in all"), help_text=_("Empty: no end."))
    limit_per_person = _uses(_("Uses by one person"), help_text=_("By account and by email address. Empty: no end."))
    is_active = forms.BooleanField(label=_("It counts"), required=False, initial=True)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency

    def clean_code(self) -> str:
        """Return the code as it is kept."""
        code = normal_code(self.cleaned_data["code"])
        if not code:
            raise ValidationError(_("Letters A to Z, digits, hyphens and underscores; a letter or digit first."))
        return code

    def clean_percent(self) -> int | None:
        """Return the rate in parts per million."""
        text = self.cleaned_data["percent"].strip().removesuffix("%").strip()
        if not text:
            return None
        if not PERCENT.fullmatch(text):
            raise ValidationError(_("A number up to 100, such as 10 or 12.5."))
        return int(Decimal(text.replace(",", ".")) * PPM / 100)

    def clean(self) -> dict[str, Any]:
        """Read the money."""
        typed = super().clean() or self.cleaned_data
        typed["amount_money"] = self.money("amount", currency=self.currency)
        typed["minimum_money"] = self.money("minimum", currency=self.currency)
        return typed

    def as_wish(self) -> VoucherWish:
        """Return the voucher as the services want it."""
        names = ("code", "description", "valid_from", "valid_until", "limit", "limit_per_person", "is_active")
        return VoucherWish(
            **{name: self.cleaned_data[name] for name in names},
            kind=VoucherKind(self.cleaned_data["kind"]),
            rate_ppm=self.cleaned_data["percent"],
            amount=self.cleaned_data["amount_money"],
            minimum=self.cleaned_data["minimum_money"],
        )


def percent_text(voucher: Voucher) -> str:
    """Return the rate in percent, without zeros at its end."""
    return f"{Decimal(voucher.rate_ppm) * 100 / PPM:.4f}".rstrip("0").rstrip(".")


def voucher_initial(voucher: Voucher) -> dict[str, Any]:
    """Return what the form of a voucher shows before anything is typed."""
    names = ("code", "description", "kind", "valid_from", "valid_until", "limit", "limit_per_person", "is_active")
    return {name: getattr(voucher, name) for name in (*names, "version")} | {
        "percent": percent_text(voucher) if voucher.rate_ppm else "",
        "amount": voucher.amount.as_text() if voucher.amount_minor else "",
        "minimum": voucher.minimum.as_text() if voucher.minimum_minor else "",
    }
