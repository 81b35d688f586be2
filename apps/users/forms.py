"""Forms of the account pages."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, cast

from babel import Locale
from django import forms
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from apps.users.models import Address, User
from apps.users.rules import GIVEN_ROLES, PARTS_OF_EVERYBODY, TOKEN_DAYS, TOKEN_LIVES
from contracts.rights import MEANINGS, SCOPES, Right
from kernel.actors import Actor, Role
from kernel.addresses import Address as PostalAddress
from kernel.errors import DomainError
from kernel.forms import LineField
from kernel.http.validation import countries

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

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


class ErasureForm(forms.Form):
    """Typed slowly, so that nobody erases an account by a slip of the hand."""

    email = forms.CharField(
        label=_("Email address of the account"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email", "autocapitalize": "off"}),
    )

    def __init__(self, *args: Any, account: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def clean_email(self) -> str:
        """Take nothing but the address of this account."""
        typed: str = self.cleaned_data["email"]
        if typed.lower() != self.account.email:
            raise forms.ValidationError(_("This is not the address of the account."))
        return typed


class GroupForm(forms.Form):
    """A permission group: a name, and the rights that its members have."""

    name = LineField(label=_("Name"), max_length=80, help_text=_("Such as: packers, editors, accounting."))
    rights = forms.MultipleChoiceField(
        label=_("What its members work with"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rights = cast("forms.MultipleChoiceField", self.fields["rights"])
        rights.choices = [
            (right.value, f"{right_label(right)}: {translate(MEANINGS[right])}")
            for right in Right
            if actor.may_write(right)
        ]

    def as_group(self) -> dict[str, Any]:
        """Return what was typed as the service takes it."""
        return {
            "name": self.cleaned_data["name"],
            "rights": [Right(right) for right in self.cleaned_data["rights"]],
        }

    def refuse(self, error: DomainError) -> None:
        """Show what the service refused, at the field that it names."""
        named = [name for name in error.fields if name in self.fields]
        for name in named:
            self.add_error(name, list(error.fields[name]))
        if not named:
            self.add_error(None, error.message)


class MemberForm(forms.Form):
    """Whom to put into a group."""

    email = forms.EmailField(
        label=_("Email of the person's account"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )


def right_label(right: Right) -> str:
    """Name a right by one word."""
    return {
        Right.CATALOGUE: translate("Catalogue"),
        Right.ORDERS: translate("Orders"),
        Right.REFUNDS: translate("Refunds"),
        Right.CUSTOMERS: translate("Customers"),
        Right.STAFF: translate("Staff"),
        Right.SETTINGS: translate("Settings"),
    }[right]


def country_choices() -> list[tuple[str, str]]:
    """Return every country by its name, in the language of the page."""
    names = Locale.parse((get_language() or "en").replace("-", "_")).territories
    return sorted(((code, names[code]) for code in countries()), key=lambda choice: choice[1])


class NewTokenForm(forms.Form):
    """What a personal access token is for."""

    name = LineField(label=_("Name"), max_length=80, help_text=_("Which program will use it, such as: stock import."))
    days = forms.TypedChoiceField(
        label=_("Good for"), coerce=int, choices=[(days, "") for days in TOKEN_LIVES], initial=TOKEN_DAYS
    )
    scopes = forms.MultipleChoiceField(
        label=_("What the token may do"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )

    def __init__(self, *args: Any, scopes: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lives = cast("forms.TypedChoiceField", self.fields["days"])
        lives.choices = [(days, ngettext("%(n)s day", "%(n)s days", days) % {"n": days}) for days in TOKEN_LIVES]
        choices = cast("forms.MultipleChoiceField", self.fields["scopes"])
        choices.choices = [(scope, SCOPES[scope]) for scope in scopes]

    def scope_groups(self) -> list[dict[str, Any]]:
        """Return the ticks for oneself and for the back office apart."""
        ticks = list(self["scopes"])
        own = [tick for tick in ticks if _part(tick) in PARTS_OF_EVERYBODY]
        office = [tick for tick in ticks if _part(tick) not in PARTS_OF_EVERYBODY]
        groups = [{"label": _("Account and orders"), "ticks": own}, {"label": _("Back office"), "ticks": office}]
        return [group for group in groups if group["ticks"]]


def _part(tick: forms.boundfield.BoundWidget) -> str:
    return str(tick.data["value"]).partition(":")[0]


PROGRAM_CHOICES = [
    ("openid", _("See which account somebody has")),
    ("profile", _("See the name and the role")),
    ("email", _("See the email address")),
    *((scope, _(meaning)) for scope, meaning in SCOPES.items()),
]
"""What a program may ask for, in words."""


class AddressList(forms.CharField):
    """Addresses, one a line."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "off"})

    def prepare_value(self, value: Any) -> Any:
        """Return the lines as text."""
        return "\n".join(value) if isinstance(value, tuple) else value

    def clean(self, value: Any) -> tuple[str, ...]:
        """Return the lines that hold something."""
        return tuple(line.strip() for line in super().clean(value).splitlines() if line.strip())


class ProgramForm(forms.Form):
    """What an admin says about a program that uses the shop's OAuth server."""

    name = LineField(
        label=_("Name"), max_length=100, help_text=_("What people know it by; they see it when they are asked.")
    )
    is_confidential = forms.TypedChoiceField(
        label=_("Where it runs"),
        coerce=lambda value: value == "True",
        choices=[(True, _("On a server: it keeps a secret")), (False, _("In a browser or on a phone: it keeps none"))],
        widget=forms.RadioSelect,
        initial=True,
    )
    acts_for_people = forms.BooleanField(label=_("People sign in to it with their account here"), required=False)
    keeps_access = forms.BooleanField(label=_("They stay signed in until they or you say otherwise"), required=False)
    acts_for_itself = forms.BooleanField(
        label=_("It works by itself, without a person, such as at night"), required=False
    )
    is_resource_server = forms.BooleanField(
        label=_("It serves data to other programs and may ask whether their tokens are good"), required=False
    )
    redirect_uris = AddressList(
        label=_("Where people come back to"),
        required=False,
        help_text=_(
            "Redirect URIs, one a line, compared letter by letter. https, or http on 127.0.0.1 and localhost. "
            "Who came back to one that you take away is asked again."
        ),
    )
    logout_uris = AddressList(
        label=_("Where people go after signing out"), required=False, help_text=_("One a line; may be empty.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("The most that it may ask for"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=PROGRAM_CHOICES,
    )

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["is_confidential"]

    def refuse(self, error: DomainError) -> None:
        """Show what the service refused, at the fields that it names."""
        named = [name for name in error.fields if name in self.fields]
        for name in named:
            self.add_error(name, list(error.fields[name]))
        if not named:
            self.add_error(None, error.message)


class AuditFilters(forms.Form):
    """What the back office's audit log is narrowed by; read from the address."""

    q = forms.CharField(
        label=_("Search"), max_length=200, required=False, widget=forms.TextInput(attrs={"type": "search"})
    )
    action = forms.ChoiceField(label=_("What"), required=False)
    actor = forms.CharField(
        label=_("Who"),
        max_length=254,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("Email or id"), "autocapitalize": "off"}),
    )
    address = forms.CharField(label=_("Address"), max_length=45, required=False)
    kind = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    subject = forms.CharField(label=_("Id of the thing"), max_length=64, required=False)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, words: "Mapping[str, StrPromise]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        action = cast("forms.ChoiceField", self.fields["action"])
        action.choices = [("", _("Everything")), *sorted(words.items(), key=lambda pair: str(pair[1]))]

    def wanted(self) -> dict[str, Any]:
        """Return what the selector takes; the last day counts to its end."""
        given = self.cleaned_data
        return {
            "action": given["action"],
            "actor_text": given["actor"].strip(),
            "about": (given["kind"].strip(), given["subject"].strip()),
            "address": given["address"].strip(),
            "since": _midnight(given["since"]),
            "until": _midnight(given["until"], days=1),
            "search": given["q"].strip(),
        }


def _midnight(day: date | None, *, days: int = 0) -> datetime | None:
    if day is None or day >= date.max - timedelta(days=days + 1) or day <= date.min + timedelta(days=1):
        return None
    return timezone.make_aware(datetime.combine(day + timedelta(days=days), time.min))
