"""Forms about a product as a whole."""

from typing import Any, ClassVar, cast
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.products.forms.fields import CountField, lines
from apps.products.models.catalogue import Product
from apps.products.services.drafts import VariantDraft
from apps.products.services.products import ProductFields
from kernel.forms import AmountField, VersionedForm, money_of
from kernel.money import Money

Choices = list[tuple[str, str]]
SEPARATOR = ":"


class ProductForm(VersionedForm):
    """What staff may say about a product."""

    names: ClassVar[dict[str, str]] = {"category_id": "category", "currency": "price"}

    name = forms.CharField(label=_("Name"), max_length=255)
    summary = forms.CharField(
        label=_("Summary"), max_length=500, required=False, help_text=_("One sentence for lists and search engines.")
    )
    description = forms.CharField(
        label=_("Description"),
        max_length=50_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Text or simple HTML: paragraphs, lists, headings, links."),
    )
    category = forms.ChoiceField(label=_("Category"), required=False)
    vendor = forms.CharField(label=_("Vendor"), max_length=255, required=False)
    product_type = forms.CharField(label=_("Type"), max_length=255, required=False)
    tags = forms.CharField(label=_("Tags"), max_length=2000, required=False, help_text=_("Separated by commas."))
    attributes = forms.CharField(
        label=_("Attributes"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line, such as “Material: Oak”."),
    )
    tax_class = forms.SlugField(
        label=_("Tax class"), max_length=30, initial="standard", help_text=_("As in the shop's tax settings.")
    )
    slug = forms.CharField(
        label=_("Address"), max_length=255, required=False, help_text=_("Empty: made from the name.")
    )
    seo_title = forms.CharField(label=_("Title for search engines"), max_length=255, required=False)
    seo_description = forms.CharField(label=_("Description for search engines"), max_length=500, required=False)
    is_published = forms.BooleanField(label=_("Published: show it in the shop"), required=False)

    def __init__(self, *args: Any, categories: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        category = self.fields["category"]
        assert isinstance(category, forms.ChoiceField)
        category.choices = [("", "—"), *categories]

    def clean_attributes(self) -> dict[str, str]:
        """Read ``name: value`` lines."""
        attributes: dict[str, str] = {}
        for line in lines(self.cleaned_data["attributes"]):
            name, found, value = line.partition(SEPARATOR)
            if not (found and name.strip() and value.strip()):
                raise ValidationError(
                    _("“%(line)s” is not a name and a value."), code="invalid", params={"line": line[:60]}
                )
            attributes[name.strip()] = value.strip()
        return attributes

    def clean_tags(self) -> list[str]:
        """Read the tags, each once."""
        tags = (tag.strip() for tag in self.cleaned_data["tags"].split(","))
        return list(dict.fromkeys(tag for tag in tags if tag))

    def as_fields(self) -> ProductFields:
        """Return the cleaned values as the service names them."""
        cleaned = self.cleaned_data
        plain = ("name", "summary", "description", "vendor", "product_type", "tags", "attributes", "tax_class")
        fields: dict[str, Any] = {name: cleaned[name] for name in (*plain, "seo_title", "seo_description")}
        fields["is_published"] = cleaned["is_published"]
        fields["category_id"] = UUID(cleaned["category"]) if cleaned["category"] else None
        if cleaned["slug"]:
            fields["slug"] = cleaned["slug"]
        return cast("ProductFields", fields)


class NewProductForm(ProductForm):
    """A new product with its first variant."""

    price = AmountField(label=_("Price"))
    compare_at = AmountField(label=_("Price before"), required=False, help_text=_("Shown crossed out."))
    sku = forms.CharField(label=_("SKU"), max_length=64, required=False, help_text=_("Empty: made from the address."))
    on_hand = CountField(label=_("In stock"), initial=0)

    first_price: Money | None = None
    first_compare_at: Money | None = None

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        self.currency = currency
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Read the amounts in the shop's currency."""
        self.first_price = money_of(self, "price", currency=self.currency)
        self.first_compare_at = money_of(self, "compare_at", currency=self.currency)
        return self.cleaned_data

    def as_draft(self) -> VariantDraft:
        """Return the first variant."""
        assert self.first_price is not None
        return VariantDraft(
            price=self.first_price,
            compare_at_price=self.first_compare_at,
            sku=self.cleaned_data["sku"],
            on_hand=self.cleaned_data["on_hand"],
        )


def product_initial(product: Product) -> dict[str, Any]:
    """Return what the form of a product shows before anything is typed."""
    names = ("name", "slug", "summary", "description", "vendor", "product_type", "tax_class", "version")
    initial = {name: getattr(product, name) for name in (*names, "seo_title", "seo_description", "is_published")}
    return initial | {
        "category": str(product.category_id or ""),
        "tags": ", ".join(product.tags),
        "attributes": "\n".join(f"{name}{SEPARATOR} {value}" for name, value in product.attributes.items()),
    }
