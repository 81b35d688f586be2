"""Forms of the account pages."""

from typing import TYPE_CHECKING, Any, cast

from babel import Locale
from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.users.models import Address, User
from apps.users.rules import GIVEN_ROLES
from kernel.actors import Role
from kernel.addresses import Address as PostalAddress
from kernel.http.validation import countries

if TYPE_CHECKING:
    OfUser = forms.ModelForm[User]
    OfAddress = forms.ModelForm[Address]
else:
    OfUser = OfAddress = forms.ModelForm


class ProfileForm(OfUser):
    class Meta:
        model = User
        fields = ("name",)
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}


class AddressForm(OfAddress):
    country = forms.ChoiceField(label=_("Country"), widget=forms.Select(attrs={"autocomplete": "country"}))
    is_default = forms.BooleanField(label=_("Use this address unless I say another"), required=False)

    class Meta:
        model = Address
        fields = ("name", "line1", "line2", "postcode", "city", "region", "country", "phone")
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "line1": forms.TextInput(attrs={"autocomplete": "address-line1"}),
            "line2": forms.TextInput(attrs={"autocomplete": "address-line2"}),
            "postcode": forms.TextInput(attrs={"autocomplete": "postal-code"}),
            "city": forms.TextInput(attrs={"autocomplete": "address-level2"}),
            "region": forms.TextInput(attrs={"autocomplete": "address-level1"}),
            "phone": forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
        }

    def __init__(self, *args: Any, home_country: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        country = cast("forms.ChoiceField", self.fields["country"])
        country.choices = country_choices()
        country.initial = home_country
        self.fields["postcode"].required = True
        if self.instance.is_default:
            del self.fields["is_default"]

    def wants_default(self) -> bool:
        """Tell whether this becomes the default; one that is stays it."""
        return bool(self.cleaned_data.get("is_default"))

    def postal_address(self) -> PostalAddress:
        """Return what was typed as it travels between services."""
        return PostalAddress(**{name: self.cleaned_data[name] for name in self.Meta.fields})


class CustomerFilters(forms.Form):
    """What the back office's list of accounts is narrowed by; read from the address."""

    q = forms.CharField(
        label=_("Search"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Name or email")}),
    )
    tab = forms.ChoiceField(choices=[("", ""), ("active", ""), ("off", "")], required=False, widget=forms.HiddenInput)


class RoleForm(forms.Form):
    """What a super user lets somebody do."""

    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = {Role.REGULAR: _("Customer"), Role.ADMIN: _("Admin"), Role.SUPER_USER: _("Super user")}
        role = cast("forms.ChoiceField", self.fields["role"])
        role.choices = [(role.value, words[role]) for role in GIVEN_ROLES]


def country_choices() -> list[tuple[str, str]]:
    """Return every country by its name, in the language of the page."""
    names = Locale.parse((get_language() or "en").replace("-", "_")).territories
    return sorted(((code, names[code]) for code in countries()), key=lambda choice: choice[1])
