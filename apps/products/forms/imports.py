"""The form that takes in a product file."""

from django import forms
from django.utils.translation import gettext_lazy as _

from kernel.forms import ServiceForm


class ImportForm(ServiceForm):
    """A file in Shopify's product format and what to do with it."""

    file = forms.FileField(
        label=_("Product file"),
        help_text=_("CSV with Shopify's columns, or a ZIP with the CSV and its pictures."),
        widget=forms.FileInput(attrs={"accept": ".csv,.zip,text/csv,application/zip"}),
    )
    dry_run = forms.BooleanField(label=_("Only check it, change nothing"), required=False)
    set_stock = forms.BooleanField(label=_("Set stock to the file's quantities"), required=False)
