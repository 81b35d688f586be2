"""The form of a category."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.products.forms.fields import CountField
from apps.products.forms.products import Choices
from apps.products.models.catalogue import Category
from apps.products.services.categories import CategoryFields
from kernel.forms import VersionedForm


class CategoryForm(VersionedForm):
    """A category and its place in the tree."""

    names: ClassVar[dict[str, str]] = {"parent_id": "parent"}

    name = forms.CharField(label=_("Name"), max_length=120)
    parent = forms.ChoiceField(label=_("Inside"), required=False)
    position = CountField(label=_("Position"), required=False, help_text=_("Smaller numbers come first. Empty: last."))
    slug = forms.CharField(
        label=_("Address"), max_length=120, required=False, help_text=_("Empty: made from the name.")
    )
    description = forms.CharField(
        label=_("Description"), max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, parents: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parent = self.fields["parent"]
        assert isinstance(parent, forms.ChoiceField)
        parent.choices = [("", _("Top level")), *parents]

    def as_fields(self) -> CategoryFields:
        """Return the cleaned values as the service names them."""
        cleaned = self.cleaned_data
        fields = CategoryFields(
            name=cleaned["name"],
            description=cleaned["description"],
            parent_id=UUID(cleaned["parent"]) if cleaned["parent"] else None,
        )
        if cleaned["position"] is not None:
            fields["position"] = cleaned["position"]
        if cleaned["slug"]:
            fields["slug"] = cleaned["slug"]
        return fields


def category_initial(category: Category) -> dict[str, Any]:
    """Return what the form of a category shows before anything is typed."""
    names = ("name", "slug", "position", "description", "version")
    return {name: getattr(category, name) for name in names} | {"parent": str(category.parent_id or "")}
