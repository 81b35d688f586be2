"""Forms about the pictures of a product."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.products.forms.products import Choices
from kernel.forms import ServiceForm, VersionedForm

ACCEPTED = "image/jpeg,image/png,image/webp,image/gif"


class PictureForm(ServiceForm):
    """A picture to be taken in."""

    file = forms.FileField(
        label=_("Picture"),
        help_text=_("JPEG, PNG, WebP or GIF."),
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )
    alt = forms.CharField(
        label=_("Description"), max_length=500, required=False, help_text=_("For those who cannot see it.")
    )


class PictureTextForm(VersionedForm):
    """What a picture shows, and of which variant."""

    alt = forms.CharField(label=_("Description"), max_length=500, required=False)
    variant = forms.ChoiceField(label=_("Variant"), required=False)

    def __init__(self, *args: Any, variants: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        variant = self.fields["variant"]
        assert isinstance(variant, forms.ChoiceField)
        variant.choices = [("", _("All variants")), *variants]
