"""What the back office's pages of events are narrowed by, and what is sent out again."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kernel.events.choosing import Choice, Status
from kernel.forms import MomentField
from kernel.topology import local_services


def _moment(label: Any, *, is_required: bool = False) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return MomentField(label=label, required=is_required, widget=widget)


def _text(label: Any, example: str) -> forms.CharField:
    attributes = {"placeholder": example, "autocapitalize": "off", "spellcheck": "false"}
    return forms.CharField(label=label, max_length=100, required=False, widget=forms.TextInput(attrs=attributes))


class EventFilters(forms.Form):
    """What waits; read from the address."""

    service = forms.ChoiceField(label=_("Service"), required=False)
    type = _text(_("Type"), "orders.order_placed.v1")
    since = _moment(_("From"))
    until = _moment(_("Until"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        service = cast("forms.ChoiceField", self.fields["service"])
        service.choices = [("", _("All")), *((name, name) for name in local_services())]

    def choice(self) -> Choice:
        """Return what is meant."""
        given = self.cleaned_data
        return Choice(service=given["service"], type=given["type"].strip(), since=given["since"], until=given["until"])


class FailureFilters(EventFilters):
    """What handlers did; read from the address, and sent along when all of it is to be handled again."""

    consumer = _text(_("Handler"), "orders.announce")
    event = forms.UUIDField(label=_("Event"), required=False)
    status = forms.ChoiceField(choices=Status.choices, required=False, widget=forms.HiddenInput)
    field_order = ("consumer", "type", "event", "service", "since", "until", "status")

    def shown_status(self) -> str:
        """Return which tab is open."""
        return str(self.cleaned_data.get("status") or Status.DEAD)

    def choice(self) -> Choice:
        """Return what is meant."""
        given = self.cleaned_data
        event: UUID | None = given["event"]
        return Choice(
            statuses=(self.shown_status(),),
            event_ids=(event,) if event else (),
            service=given["service"],
            consumer=given["consumer"].strip(),
            type=given["type"].strip(),
            since=given["since"],
            until=given["until"],
        )


class RefillForm(EventFilters):
    """Which span goes out again."""

    since = _moment(_("From"), is_required=True)
    field_order = ("since", "until", "type", "service")


def pair_of(text: str) -> tuple[str, UUID]:
    """Read what a tick in the list stands for.

    :raises ValidationError: it is none.
    """
    consumer, _, event_id = text.partition(" ")
    try:
        return consumer, UUID(event_id)
    except ValueError as error:
        raise ValidationError(text) from error
