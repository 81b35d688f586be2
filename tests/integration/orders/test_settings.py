"""The shop's settings, tax rates and delivery methods through the API."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.orders.models.settings import ShippingMethod, TaxRate
from apps.orders.rules.shipping import ShippingKind
from apps.orders.services.shipping_methods import ShippingTerms, save_shipping_method
from apps.orders.services.tax_rates import set_tax_rate
from kernel.actors import SYSTEM
from kernel.errors import ForbiddenError
from kernel.money import Money
from tests.fixtures import NOON

pytestmark = pytest.mark.django_db
RATE = {"country": "FI", "tax_class": "standard", "name": "VAT", "rate": "25.5"}
METHOD = {"code": "parcel", "name": "Parcel", "price": {"amount": "4.90", "currency": "EUR"}}


def test_everybody_reads_the_profile_and_staff_reads_every_setting(api: APIClient, staff_api: APIClient) -> None:
    shown, all_of_it = api.get("/api/v1/shop/").json(), staff_api.get("/api/v1/shop/").json()

    assert shown == {
        "name": "Saluhall",
        "description": "",
        "currency": "EUR",
        "country": "FI",
        "prices_include_tax": True,
    }
    assert all_of_it["invoice_days"] == 14


def test_staff_changes_settings_and_everybody_sees_them_at_once(api: APIClient, staff_api: APIClient) -> None:
    api.get("/api/v1/shop/")

    changed = staff_api.patch("/api/v1/shop/", {"name": "Ada's", "bank_iban": "FI2112345600000785"})

    assert changed.status_code == 200, changed.content
    assert changed.json()["bank_iban"] == "FI2112345600000785"
    assert api.get("/api/v1/shop/").json()["name"] == "Ada's"


def test_a_change_made_for_an_older_version_is_refused(staff_api: APIClient) -> None:
    etag = staff_api.get("/api/v1/shop/").headers["ETag"]
    staff_api.patch("/api/v1/shop/", {"name": "One"}, headers={"If-Match": etag})

    late = staff_api.patch("/api/v1/shop/", {"name": "Two"}, headers={"If-Match": etag})

    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")


def test_a_new_currency_takes_delivery_prices_along(staff_api: APIClient) -> None:
    staff_api.get("/api/v1/shop/")

    staff_api.patch("/api/v1/shop/", {"currency": "JPY"})

    [method] = staff_api.get("/api/v1/shipping-methods/").json()["results"]
    assert method["price"] == {"amount": "5", "currency": "JPY"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"currency": "XXL"}, "currency"),
        ({"country": "ZZ"}, "country"),
        ({"tax_mode": "never"}, "tax_mode"),
        ({"prices_include_tax": "perhaps"}, "prices_include_tax"),
        ({"sender_email": "x"}, "sender_email"),
        ({"low_stock_mark": -1}, "low_stock_mark"),
        ({"low_stock_mark": 10**18}, "low_stock_mark"),
        ({"bank_iban": "FI00"}, "bank_iban"),
        ({"bank_bic": "x"}, "bank_bic"),
        ({"invoice_days": 0}, "invoice_days"),
        ({"card_minutes": 1}, "card_minutes"),
        ({"id": 2}, "id"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(staff_api: APIClient, change: dict[str, Any], field: str) -> None:
    answer = staff_api.patch("/api/v1/shop/", change)

    assert answer.status_code == 400, answer.content
    assert field in answer.json()["errors"]


def test_customers_change_nothing(api: APIClient, shopper: Any) -> None:
    api.force_authenticate(shopper)

    answers = [
        api.patch("/api/v1/shop/", {"name": "Mine"}),
        api.get("/api/v1/tax-rates/"),
        api.post("/api/v1/tax-rates/", RATE),
        api.post("/api/v1/shipping-methods/", METHOD),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    with pytest.raises(ForbiddenError):
        set_tax_rate(country="FI", tax_class="standard", name="VAT", rate_ppm=0, actor=_actor(shopper), now=NOON)


def _actor(user: Any) -> Any:
    from kernel.actors import Actor

    return Actor(id=user.id, email=user.email)


def test_tax_rates_are_created_changed_and_removed(staff_api: APIClient) -> None:
    created = staff_api.post("/api/v1/tax-rates/", RATE)
    address = f"/api/v1/tax-rates/{created.json()['id']}/"
    doubled = staff_api.post("/api/v1/tax-rates/", RATE)
    changed = staff_api.patch(address, {"rate": "14"}, headers={"If-Match": created.headers["ETag"]})
    replaced = staff_api.put(address, {**RATE, "tax_class": "food"})
    read = staff_api.get(address)
    removed = staff_api.delete(address)

    assert (created.status_code, created.json()["rate"]) == (201, "25.5")
    assert (doubled.status_code, doubled.json()["code"]) == (409, "tax_rate_exists")
    assert changed.json()["rate"] == "14"
    assert (replaced.json()["tax_class"], read.json()["rate"]) == ("food", "25.5")
    assert (removed.status_code, TaxRate.objects.count()) == (204, 0)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"country": "XX"}, "country"),
        ({"rate": "100.1"}, "rate"),
        ({"rate": "-1"}, "rate"),
        ({"rate": "many"}, "rate"),
        ({"rate": 10**18}, "rate"),
        ({"tax_class": "Not A Class"}, "tax_class"),
        ({"name": "x" * 61}, "name"),
        ({"planet": "Earth"}, "planet"),
    ],
)
def test_a_wrong_tax_rate_is_refused_by_its_field(staff_api: APIClient, change: dict[str, Any], field: str) -> None:
    answer = staff_api.post("/api/v1/tax-rates/", {**RATE, **change})

    assert answer.status_code == 400, answer.content
    assert field in answer.json()["errors"]


def test_delivery_methods_are_created_changed_and_removed(api: APIClient, staff_api: APIClient) -> None:
    created = staff_api.post("/api/v1/shipping-methods/", METHOD)
    address = f"/api/v1/shipping-methods/{created.json()['id']}/"
    doubled = staff_api.post("/api/v1/shipping-methods/", METHOD)
    hidden = staff_api.patch(address, {"is_active": False})
    seen = api.get("/api/v1/shipping-methods/").json()["results"]
    unseen = api.get(address)
    removed = staff_api.delete(address)

    assert created.status_code == 201, created.content
    assert (doubled.status_code, doubled.json()["code"]) == (409, "shipping_method_exists")
    assert hidden.json() == {**created.json(), "is_active": False}
    assert "parcel" not in [row["code"] for row in seen]
    assert unseen.status_code == 404
    assert removed.status_code == 204


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "no spaces"}, "code"),
        ({"name": ""}, "name"),
        ({"kind": "magic"}, "kind"),
        ({"price": {"amount": "-1", "currency": "EUR"}}, "price.amount"),
        ({"price": {"amount": "1e3", "currency": "EUR"}}, "price.amount"),
        ({"kind": "by_weight"}, "bands"),
        ({"kind": "by_weight", "bands": [{"up_to_grams": 5, "price_minor": 1}] * 2}, "bands"),
        ({"kind": "by_weight", "bands": [{"up_to_grams": 0, "price_minor": 1}]}, "bands.0.up_to_grams"),
        ({"kind": "free_above"}, "free_above"),
        ({"countries": ["XX"]}, "countries.0"),
        ({"position": -1}, "position"),
        ({"currency": "EUR"}, "currency"),
    ],
)
def test_a_wrong_method_is_refused_by_its_field(staff_api: APIClient, change: dict[str, Any], field: str) -> None:
    answer = staff_api.post("/api/v1/shipping-methods/", {**METHOD, **change})

    assert answer.status_code == 400, answer.content
    assert field in answer.json()["errors"], answer.json()


def test_a_price_in_another_currency_is_refused(staff_api: APIClient) -> None:
    answer = staff_api.post("/api/v1/shipping-methods/", {**METHOD, "price": {"amount": "1.00", "currency": "SEK"}})

    assert (answer.status_code, answer.json()["code"]) == (400, "currency_mismatch")


def test_a_shop_is_filled_by_the_same_call_again_and_again(db: None) -> None:
    terms = ShippingTerms(
        code="parcel", name="Parcel", kind=ShippingKind.FLAT, price=Money(590, "EUR"), countries=["SE", "FI"]
    )

    first = save_shipping_method(terms=terms, actor=SYSTEM, now=NOON)
    second = save_shipping_method(terms=terms, actor=SYSTEM, now=NOON)
    rates = [
        set_tax_rate(country="FI", tax_class="standard", name="VAT", rate_ppm=rate, actor=SYSTEM, now=NOON)
        for rate in (240_000, 255_000)
    ]

    assert (first.id, second.countries) == (second.id, ["FI", "SE"])
    assert ShippingMethod.objects.filter(code="parcel").count() == 1
    assert (rates[0].id, TaxRate.objects.get().rate_ppm) == (rates[1].id, 255_000)
