"""In which orders the lists of this service can be read."""

from typing import ClassVar

from kernel.http.paging import KeysetPagination


class CartPages(KeysetPagination):
    """A person's carts."""

    orderings: ClassVar = {"newest": ("-updated_at", "-id")}


class OrderPages(KeysetPagination):
    """Pages of orders."""

    orderings: ClassVar = {
        "newest": ("-placed_at", "-id"),
        "oldest": ("placed_at", "id"),
        "total": ("total_minor", "id"),
        "-total": ("-total_minor", "-id"),
    }


class HistoryPages(KeysetPagination):
    """Changes of one order."""

    page_size: ClassVar[int] = 100
    orderings: ClassVar = {"oldest": ("version", "id"), "newest": ("-version", "-id")}
    default_ordering: ClassVar[str] = "oldest"


class NotePages(KeysetPagination):
    """Notes about one order."""

    page_size: ClassVar[int] = 100
    orderings: ClassVar = {"newest": ("-created_at", "-id")}


class ParcelPages(KeysetPagination):
    """Parcels of one order."""

    page_size: ClassVar[int] = 100
    orderings: ClassVar = {"oldest": ("shipped_at", "id")}
    default_ordering: ClassVar[str] = "oldest"


class RefundPages(KeysetPagination):
    """Refunds of one order."""

    page_size: ClassVar[int] = 100
    orderings: ClassVar = {"oldest": ("refunded_at", "id")}
    default_ordering: ClassVar[str] = "oldest"


class TaxRatePages(KeysetPagination):
    """Pages of tax rates."""

    page_size: ClassVar[int] = 100
    orderings: ClassVar = {"country": ("country", "tax_class", "id")}
    default_ordering: ClassVar[str] = "country"


class ShippingMethodPages(KeysetPagination):
    """Pages of delivery methods."""

    page_size: ClassVar[int] = 100
    orderings: ClassVar = {"position": ("position", "id")}
    default_ordering: ClassVar[str] = "position"


class VoucherPages(KeysetPagination):
    """Vouchers, the newest first."""

    orderings: ClassVar = {"newest": ("-created_at", "-id"), "code": ("code", "id")}
