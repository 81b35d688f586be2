"""A form that shows what a service refused, where it belongs, with all that was typed."""

from collections.abc import Mapping
from typing import ClassVar

from django import forms

import kernel.forms
from kernel.errors import DomainError


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


class VersionedForm(ServiceForm, kernel.forms.VersionedForm):
    """A form about something that somebody else may change meanwhile."""
