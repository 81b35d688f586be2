"""The columns of a product CSV: those of Shopify's format, and ours beside them."""

from typing import Final

HANDLE: Final = "Handle"
TITLE: Final = "Title"
BODY: Final = "Body (HTML)"
VENDOR: Final = "Vendor"
TYPE: Final = "Type"
TAGS: Final = "Tags"
PUBLISHED: Final = "Published"
STATUS: Final = "Status"
OPTION_NAMES: Final = ("Option1 Name", "Option2 Name", "Option3 Name")
OPTION_VALUES: Final = ("Option1 Value", "Option2 Value", "Option3 Value")
SKU: Final = "Variant SKU"
GRAMS: Final = "Variant Grams"
QUANTITY: Final = "Variant Inventory Qty"
PRICE: Final = "Variant Price"
COMPARE_AT: Final = "Variant Compare At Price"
REQUIRES_SHIPPING: Final = "Variant Requires Shipping"
TAXABLE: Final = "Variant Taxable"
BARCODE: Final = "Variant Barcode"
IMAGE_SRC: Final = "Image Src"
IMAGE_POSITION: Final = "Image Position"
IMAGE_ALT: Final = "Image Alt Text"
VARIANT_IMAGE: Final = "Variant Image"
SEO_TITLE: Final = "SEO Title"
SEO_DESCRIPTION: Final = "SEO Description"

# Ours: Shopify has no place for these, and ignores them.
SUMMARY: Final = "Summary"
CATEGORY: Final = "Category"
TAX_CLASS: Final = "Tax Class"
ATTRIBUTE_PREFIX: Final = "Attribute: "

REQUIRED: Final = (HANDLE, TITLE)

UNDERSTOOD: Final = frozenset(
    {
        HANDLE,
        TITLE,
        BODY,
        VENDOR,
        TYPE,
        TAGS,
        PUBLISHED,
        *OPTION_NAMES,
        *OPTION_VALUES,
        SKU,
        GRAMS,
        QUANTITY,
        PRICE,
        COMPARE_AT,
        REQUIRES_SHIPPING,
        TAXABLE,
        BARCODE,
        IMAGE_SRC,
        IMAGE_POSITION,
        IMAGE_ALT,
        VARIANT_IMAGE,
        SEO_TITLE,
        SEO_DESCRIPTION,
        SUMMARY,
        CATEGORY,
        TAX_CLASS,
    }
)
"""What the shop has a field for; every other column is kept as it stands."""

STANDARD: Final = (
    HANDLE,
    TITLE,
    BODY,
    VENDOR,
    TYPE,
    TAGS,
    PUBLISHED,
    OPTION_NAMES[0],
    OPTION_VALUES[0],
    OPTION_NAMES[1],
    OPTION_VALUES[1],
    OPTION_NAMES[2],
    OPTION_VALUES[2],
    SKU,
    GRAMS,
    "Variant Inventory Tracker",
    QUANTITY,
    "Variant Inventory Policy",
    "Variant Fulfillment Service",
    PRICE,
    COMPARE_AT,
    REQUIRES_SHIPPING,
    TAXABLE,
    BARCODE,
    IMAGE_SRC,
    IMAGE_POSITION,
    IMAGE_ALT,
    "Gift Card",
    SEO_TITLE,
    SEO_DESCRIPTION,
    "Google Shopping / Google Product Category",
    "Google Shopping / Gender",
    "Google Shopping / Age Group",
    "Google Shopping / MPN",
    "Google Shopping / AdWords Grouping",
    "Google Shopping / AdWords Labels",
    "Google Shopping / Condition",
    "Google Shopping / Custom Product",
    "Google Shopping / Custom Label 0",
    "Google Shopping / Custom Label 1",
    "Google Shopping / Custom Label 2",
    "Google Shopping / Custom Label 3",
    "Google Shopping / Custom Label 4",
    VARIANT_IMAGE,
    "Variant Weight Unit",
    "Variant Tax Code",
    SUMMARY,
    CATEGORY,
    TAX_CLASS,
)
"""The order in which an export writes them; attributes and unknown columns follow."""


def is_attribute(column: str) -> bool:
    return column.startswith(ATTRIBUTE_PREFIX) and len(column) > len(ATTRIBUTE_PREFIX)


def is_unknown(column: str) -> bool:
    """True for a column that is kept as text; ``Status`` is understood and kept."""
    return column not in UNDERSTOOD and not is_attribute(column)


def is_of_the_variant(column: str) -> bool:
    """True for an unknown column whose value belongs to the row's variant, also in a product's first row."""
    return column.startswith(("Variant ", "Cost per item", "Unit Price ", "Price / ", "Compare At Price / "))
