"""What the sign-up form asks beyond e-mail and password."""

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kernel.forms import LineField


class SignupForm(forms.Form):
    """Base of django-allauth's sign-up, in pages and in the API."""

    name = LineField(
        label=_("Name"), max_length=150, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    field_order = ("name", "email", "password1", "password2")

    def signup(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """The adapter saved everything already; django-allauth wants the method to exist."""
