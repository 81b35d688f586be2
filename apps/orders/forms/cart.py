"""What is typed at the basket."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.orders.rules.carts import MAX_QUANTITY
from apps.orders.rules.vouchers import CODE_LENGTH

SKU_LENGTH = 64


def quantity_field() -> forms.IntegerField:
    """Return the field for how many of one thing are wanted."""
    return forms.IntegerField(
        label=_("Quantity"),
        min_value=1,
        max_value=MAX_QUANTITY,
        initial=1,
        error_messages={
            "required": _("Say how many."),
            "invalid": _("A whole number, please."),
            "min_value": _("At least 1. To take it out, use Remove."),
            "max_value": _("At most %(limit_value)s of one thing can be ordered at once."),
        },
        widget=forms.NumberInput(attrs={"class": "quantity", "inputmode": "numeric"}),
    )


class AddLineForm(forms.Form):
    """What a product page sends."""

    sku = forms.CharField(label=_("Article"), max_length=SKU_LENGTH, widget=forms.HiddenInput)
    quantity = quantity_field()


class VoucherForm(forms.Form):
    """A voucher's code, as somebody types it; at the till the field may stay empty."""

    use_required_attribute = False

    voucher = forms.CharField(
        label=_("Voucher code"),
        max_length=CODE_LENGTH,
        error_messages={"required": _("Type the code of your voucher.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class QuantityForm(forms.Form):
    """How many of a line that lies in the basket."""

    quantity = quantity_field()
