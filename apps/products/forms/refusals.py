"""A form that shows what a service refused, where it belongs, with all that was typed."""

from collections.abc import Mapping
from typing import ClassVar

from django import forms
from django.utils.translation import gettext as _

from kernel.errors import DomainError

STALE = "precondition_failed"


class ServiceForm(forms.Form):
    """Fields whose values go to one service."""

    names: ClassVar[Mapping[str, str]] = {}
    """The fields of the service that are called otherwise here."""

    def refuse(self, error: DomainError) -> None:
        """Put the refusal at the fields that it names, or above the form."""
        placed = False
        for name, messages in error.fields.items():
            field = self.names.get(name, name)
            if field in self.fields:
                self.add_error(field, list(messages))
                placed = True
        if not placed:
            self.add_error(None, error.message)


class VersionedForm(ServiceForm):
    """A form about something that somebody else may change meanwhile."""

    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, required=False, widget=forms.HiddenInput)

    def refuse_stale(self, error: DomainError, *, current: int) -> None:
        """Show a refusal; after a change by somebody else, sending the form again is a decision to overwrite it."""
        if error.code != STALE:
            self.refuse(error)
            return
        self.data = dict(self.data.items()) | {self.add_prefix("version"): str(current)}
        self.add_error(
            None,
            _(
                "Somebody else changed this meanwhile. What you typed is still here: save again to replace their change."
            ),
        )
