"""What the back office's list of messages is narrowed by."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.notifications.models import Message


class MessageFilters(forms.Form):
    """Read from the address."""

    q = forms.CharField(
        label=_("Search"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Recipient or subject")}),
    )
    status = forms.ChoiceField(choices=[("", ""), *Message.Status.choices], required=False, widget=forms.HiddenInput)
