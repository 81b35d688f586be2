"""What is typed to pay by card."""

import re

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

CARD_NUMBER = re.compile(r"\A[0-9][0-9 -]{10,28}[0-9]\Z")
EXPIRY = re.compile(r"\A(0[1-9]|1[0-2]) ?/? ?([0-9]{2}|20[0-9]{2})\Z")
CVC = re.compile(r"\A[0-9]{3,4}\Z")


class CardForm(forms.Form):
    """The play card of the sandbox; nothing of it is kept."""

    card_number = forms.CharField(
        label=_("Card number"),
        max_length=30,
        validators=[RegexValidator(CARD_NUMBER, _("A card number has 12 to 19 digits."))],
        widget=forms.TextInput(attrs={"autocomplete": "cc-number", "inputmode": "numeric"}),
    )
    expiry = forms.CharField(
        label=_("Expires"),
        max_length=9,
        validators=[RegexValidator(EXPIRY, _("Month and year, such as 04/29."))],
        widget=forms.TextInput(attrs={"autocomplete": "cc-exp", "placeholder": "MM/YY"}),
    )
    cvc = forms.CharField(
        label=_("Security code"),
        max_length=4,
        validators=[RegexValidator(CVC, _("Three or four digits."))],
        widget=forms.TextInput(attrs={"autocomplete": "cc-csc", "inputmode": "numeric"}),
    )

    def clean_card_number(self) -> str:
        """Return the digits alone."""
        return re.sub(r"[ -]", "", str(self.cleaned_data["card_number"]))

    def details(self) -> dict[str, str]:
        """Return what the provider is told."""
        return {name: str(value) for name, value in self.cleaned_data.items()}


class ConfirmationForm(forms.Form):
    """The second step that a bank asks for."""

    confirmation_code = forms.CharField(
        label=_("Code from your bank"),
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
