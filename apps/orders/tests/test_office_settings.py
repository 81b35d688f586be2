"""The back office's settings: the shop, its taxes, its ways to deliver."""

from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F
from django.test import Client

from apps.orders.models.settings import ShippingMethod, ShopSettings, TaxRate
from apps.orders.tests.factories import ShippingMethodFactory, TaxRateFactory, VoucherFactory

pytestmark = pytest.mark.django_db

SETTINGS = "/office/settings/"


@pytest.fixture
def office(client: Client, staff: Any) -> Client:
    """Return a client that an admin has signed in."""
    client.force_login(staff)
    return client


def fields(**changes: Any) -> dict[str, Any]:
    """Return the fields of the shop's form."""
    return {
        "name": "Market hall",
        "country": "SE",
        "currency": "SEK",
        "low_stock_mark": 3,
        "tax_mode": "per_line",
        "invoice_days": 30,
        "bank_transfer_days": 7,
        "card_minutes": 30,
        "bank_iban": "FI21 1234 5600 0007 85",
    } | changes


def method_fields(**changes: Any) -> dict[str, Any]:
    """Return the fields of a delivery method's form."""
    return {
        "name": "Express",
        "code": "express",
        "kind": "flat",
        "price": "12,90",
        "tax_class": "standard",
        "position": 1,
        "is_active": "on",
    } | changes


def test_the_settings_are_saved(office: Client) -> None:
    office.get(SETTINGS)

    answer = office.post(SETTINGS, fields(prices_include_tax="on"))
    saved = ShopSettings.objects.get()

    assert (answer.status_code, answer["Location"]) == (302, SETTINGS)
    assert (saved.name, saved.country, saved.currency, saved.prices_include_tax) == ("Market hall", "SE", "SEK", True)
    assert (saved.low_stock_mark, saved.invoice_days) == (3, 30)
    assert "Market hall" in office.get(SETTINGS).content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"currency": "ABC"}, "currency"),
        ({"country": "XX"}, "country"),
        ({"bank_iban": "FI21 1234 5600 0007 86"}, "bank_iban"),
        ({"sender_email": "nobody"}, "sender_email"),
        ({"invoice_days": 0}, "invoice_days"),
        ({"low_stock_mark": "9" * 30}, "low_stock_mark"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_at_its_field(office: Client, changes: dict[str, Any], field: str) -> None:
    answer = office.post(SETTINGS, fields(description="Kept") | changes)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert "Kept" in answer.content.decode()
    assert ShopSettings.objects.get().name == "Saluhall"


def test_a_tax_rate_is_added_changed_and_deleted(office: Client) -> None:
    office.post(f"{SETTINGS}taxes/", {"country": "SE", "tax_class": "books", "name": "Moms", "rate": "6"})
    rate = TaxRate.objects.get()
    added = (rate.country, rate.tax_class, rate.rate_ppm)
    address = f"{SETTINGS}taxes/{rate.id}/"
    shown = office.get(address).content.decode()
    office.post(address, {"country": "SE", "tax_class": "books", "name": "Moms", "rate": "5.5"})
    rate.refresh_from_db()
    answer = office.post(f"{address}delete/")

    assert added == ("SE", "books", 60_000)
    assert 'name="rate" value="6"' in shown
    assert rate.rate_ppm == 55_000
    assert answer.status_code == 302
    assert not TaxRate.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "tax_class"),
        ({"country": "SE", "rate": "101"}, "rate"),
        ({"country": "SE", "tax_class": "A B"}, "tax_class"),
    ],
)
def test_a_tax_rate_that_cannot_be_is_refused_at_its_field(office: Client, changes: dict[str, str], field: str) -> None:
    TaxRateFactory()

    typed = {"country": "FI", "tax_class": "standard", "name": "ALV", "rate": "24"} | changes
    answer = office.post(f"{SETTINGS}taxes/", typed)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert TaxRate.objects.count() == 1


def test_a_delivery_method_is_added_changed_and_deleted(office: Client) -> None:
    office.post(f"{SETTINGS}shipping/new/", method_fields(countries="se, fi"))
    method = ShippingMethod.objects.get(code="express")
    added = (method.price_minor, method.countries, method.is_active)
    address = f"{SETTINGS}shipping/{method.id}/"
    changed = method_fields(kind="by_weight", price="", bands="1000: 4.90\nmore: 9", is_active="")
    office.post(address, changed)
    method.refresh_from_db()
    shown = office.get(address).content.decode()
    office.post(f"{address}delete/")

    assert added == (1290, ["FI", "SE"], True)
    assert method.bands == [{"up_to_grams": 1000, "price_minor": 490}, {"up_to_grams": None, "price_minor": 900}]
    assert method.is_active is False
    assert "1000: 4.90\nmore: 9.00" in shown
    assert not ShippingMethod.objects.filter(code="express").exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "taken"}, "code"),
        ({"code": "a b"}, "code"),
        ({"price": ""}, "price"),
        ({"price": "-1"}, "price"),
        ({"price": "1.999"}, "price"),
        ({"kind": "free_above"}, "free_above"),
        ({"kind": "by_weight"}, "bands"),
        ({"kind": "by_weight", "bands": "heavy: 5"}, "bands"),
        ({"kind": "by_weight", "bands": "2000: 5\n1000: 4"}, "bands"),
        ({"kind": "by_weight", "bands": f"{'9' * 30}: 5"}, "bands"),
        ({"countries": "FI, ZZ"}, "countries"),
    ],
)
def test_a_delivery_method_that_cannot_be_is_refused_at_its_field(
    office: Client, changes: dict[str, str], field: str
) -> None:
    ShippingMethodFactory(code="taken")

    answer = office.post(f"{SETTINGS}shipping/new/", method_fields() | changes)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert 'value="Express"' in answer.content.decode()
    assert not ShippingMethod.objects.filter(name="Express").exists()


def test_the_list_shows_methods_that_are_off(office: Client) -> None:
    ShippingMethodFactory(name="Pigeon", is_active=False)

    assert "Pigeon" in office.get(f"{SETTINGS}shipping/").content.decode()


@pytest.mark.parametrize("path", ["taxes", "shipping"])
def test_what_does_not_exist_is_not_found(office: Client, path: str) -> None:
    assert office.get(f"{SETTINGS}{path}/{uuid4()}/").status_code == 404
    assert office.post(f"{SETTINGS}{path}/{uuid4()}/delete/").status_code == 404


def forms_of_what_may_change() -> dict[str, tuple[Any, dict[str, Any]]]:
    """Return what has a form with a version, and what is typed into it."""
    rate, method, voucher = TaxRateFactory(), ShippingMethodFactory(), VoucherFactory()
    kept = {"code": "SPRING", "kind": "percent", "percent": "10", "is_active": "on"}
    delivery = {"name": "Typed", "code": "post", "kind": "flat", "price": "5", "tax_class": "standard", "position": "0"}
    return {
        f"{SETTINGS}taxes/{rate.id}/": (
            rate,
            {"country": "FI", "tax_class": "books", "name": "Typed", "rate": "6"},
        ),
        f"{SETTINGS}shipping/{method.id}/": (method, delivery),
        f"/office/vouchers/{voucher.id}/": (voucher, kept | {"description": "Typed"}),
        SETTINGS: (ShopSettings.objects.the_one(), fields(description="Typed")),
    }


def test_a_form_that_was_opened_before_somebody_else_saved_overwrites_only_when_it_is_sent_again(
    office: Client,
) -> None:
    for address, (thing, typed) in forms_of_what_may_change().items():
        seen = typed | {"version": office.get(address).context["form"]["version"].value()}
        type(thing).objects.filter(pk=thing.pk).update(version=F("version") + 1)

        stale = office.post(address, seen)
        again = office.post(address, typed | {"version": stale.context["form"]["version"].value()})

        assert (stale.status_code, again.status_code) == (422, 302), address
        shown = stale.content.decode()
        assert "Somebody else changed this meanwhile" in shown
        assert "Typed" in shown
