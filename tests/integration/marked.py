"""A customer who left traces in every table, all of them with one of three words that nobody else uses."""

from collections.abc import Iterator
from typing import Any

from django.db import connections, models
from rest_framework.test import APIClient

from apps.orders.models.orders import OrderChange
from apps.orders.tests.factories import OrderFactory
from apps.products.models.imports import ImportJob
from apps.products.models.stock import StockMovement
from apps.products.tests.factories import VariantFactory
from apps.users.models import AuditEntry
from kernel.events.relay import deliver_all
from kernel.ids import uuid7
from kernel.models import ArchiveRow, InboxRow
from kernel.topology import local_databases
from tests.fixtures import NOON

EMAIL = "zyxara@markeson.example"
ALIKE = "zyxara@márkeson.example"
"""At another domain, which MariaDB takes for the same."""
NAME = "Zyxara Markeson"
PHONE = "+46700998877"
WORDS = ("zyxara", "markeson", "46700998877")
ADDRESS = {
    "name": NAME,
    "line1": "Zyxaragatan 7",
    "line2": "c/o Markeson",
    "postcode": "46700998877",
    "city": "Zyxaraby",
    "region": "Zyxaraland",
    "country": "SE",
    "phone": PHONE,
}
PROGRAMS = {"allauth_idp_oidc.Client"}
"""What staff wrote about a program, not about itself."""
FILLED: dict[type, Any] = {
    models.DateTimeField: NOON,
    models.JSONField: {"words": NAME},
    models.GenericIPAddressField: "203.0.113.9",
    models.IntegerField: 1,
    models.BooleanField: False,
}


def traces() -> set[str]:
    """Return each ``table.column`` of every database in which one of the words still stands, whoever made the table."""
    return {place for alias in local_databases() for place in _traces_in(alias)}


def _traces_in(alias: str) -> Iterator[str]:
    connection = connections[alias]
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    if any(word in str(value).lower() for word in WORDS):
                        yield f"{table}.{column}"


def rows_with_a_key_to(user: Any) -> list[models.Model]:
    """Make a row in every table that has a key to the account, each text of it with the person's name."""
    tables = {relation.related_model for relation in user._meta.related_objects if not relation.many_to_many}
    return [
        saved_row(table, **{field.name: user for field in _keys(table, type(user))})
        for table in sorted(tables, key=lambda table: table._meta.label)
        if not table._meta.auto_created and table._meta.label not in PROGRAMS
    ]


def _keys(table: type[models.Model], target: type[models.Model]) -> list[Any]:
    return [field for field in table._meta.concrete_fields if field.related_model is target]


def saved_row(table: type[models.Model], **given: Any) -> models.Model:
    """Insert a row; what is not given is text with the person's name, or something harmless."""
    values = {
        field.name: _filling(field)
        for field in table._meta.concrete_fields
        if field.name not in given and not field.primary_key and not field.is_relation
    }
    row = table(**values, **given)
    row.save(force_insert=True)
    return row


def _filling(field: Any) -> Any:
    if field.choices:
        return field.choices[0][0]
    for kind, value in FILLED.items():
        if isinstance(field, kind):
            return value
    if isinstance(field, models.UUIDField):
        return uuid7()
    return (EMAIL if isinstance(field, models.EmailField) else NAME)[: field.max_length]


class Buyer:
    """Orders through the API, as somebody who is signed in or as a guest."""

    def __init__(self, staff: APIClient, *, user: Any = None) -> None:
        self.client = APIClient()
        self.staff = staff
        if user is not None:
            self.client.force_login(user)

    def order(self, *, key: str) -> dict[str, Any]:
        """Buy two mugs, with the words in everything that a customer can type."""
        cart = self.client.post("/api/v1/carts/", {}).json()
        token = {"X-Cart-Token": cart["token"]}
        self.client.post(f"/api/v1/carts/{cart['id']}/lines/", {"sku": "MUG", "quantity": 2}, headers=token)
        body = {"cart": cart["id"], "email": EMAIL.title(), "shipping_address": ADDRESS, "note": f"Ring {NAME}"}
        answer = self.client.post("/api/v1/orders/", body, headers={**token, "Idempotency-Key": key})
        assert answer.status_code == 201, answer.content
        order: dict[str, Any] = answer.json()
        return order

    def finish(self, order_id: str) -> None:
        """Let staff ship, take the money, give some back and write about it, until the order is over."""
        parcel = {"carrier": "Post", "tracking_number": NAME, "tracking_url": "https://post.example/zyxara"}
        refund = {"amount": {"amount": "5.00", "currency": "EUR"}, "reason": f"{NAME} complained"}
        for path, body in (
            ("fulfilments", parcel),
            ("pay", {"reference": f"bank-{order_id}"}),
            ("refunds", refund),
            ("notes", {"text": f"{NAME} is nice"}),
        ):
            headers = {"Idempotency-Key": f"{order_id}-{path}"}
            answer = self.staff.post(f"/api/v1/orders/{order_id}/{path}/", body, headers=headers)
            assert answer.status_code < 300, (path, answer.content)


def customer(staff: Any, *, user: Any) -> tuple[str, str, str]:
    """Let a person leave traces everywhere; return the ids of an order, of a guest's order and of an open cart."""
    VariantFactory(sku="MUG", price_minor=1000, on_hand=10, product__name="Mug")
    staff_api = APIClient()
    staff_api.force_login(staff)
    rows_with_a_key_to(user)
    signed_in, guest = Buyer(staff_api, user=user), Buyer(staff_api)
    orders = [signed_in.order(key="mine")["id"], guest.order(key="guest")["id"]]
    for buyer, order_id in zip((signed_in, guest), orders, strict=True):
        buyer.finish(order_id)
    cart = signed_in.client.post("/api/v1/carts/", {}).json()["id"]
    deliver_all()
    _once_worked_here(user)
    _given_up()
    _archived(user)
    _audited(user)
    return (*orders, cart)


def _once_worked_here(user: Any) -> None:
    """Leave the name in histories of others, from a time before the person was a mere customer."""
    by = {"actor_id": user.id, "actor_label": EMAIL}
    saved_row(StockMovement, sku="MUG", reason="counted", **by)
    saved_row(ImportJob, filename="mugs.csv", state="done", actor_role="admin", **by)
    saved_row(OrderChange, order=OrderFactory(cancelled=True), version=2, kind="paid", data={}, **by)


def _archived(user: Any) -> None:
    """Leave copies of events that a broker took."""
    for kind in (
        "orders.order_paid.v1",
        "products.stock_low.v1",
        "notifications.action_recorded.v1",
        "users.user_registered.v1",
    ):
        saved_row(ArchiveRow, type=kind, subject=str(user.id), request_id="", body=f'{{"email": "{EMAIL}"}}')


def _audited(user: Any) -> None:
    """Leave a sign-in in the audit log, and one that failed."""
    of_nobody = dict.fromkeys(("actor_role", "client", "request_id", "digest", "chain"), "") | {
        "sequence": None,
        "erased_at": None,
    }
    about = {"subject_kind": "user", "subject_id": str(user.id)}
    saved_row(AuditEntry, actor_id=user.id, actor_label=EMAIL, action="signed_in", **about, **of_nobody)
    saved_row(
        AuditEntry,
        actor_id=None,
        actor_label=EMAIL,
        action="sign_in_failed",
        subject_kind="",
        subject_id="",
        **of_nobody,
    )


def _given_up() -> None:
    """Leave an event about the person in each inbox that nobody could handle."""
    for consumer in ("orders.forget_person", "products.forget_person", "notifications.forget_person"):
        saved_row(
            InboxRow,
            consumer=consumer,
            type="users.user_erased.v1",
            status=InboxRow.Status.DEAD,
            error="",
            envelope=f'{{"email": "{EMAIL}"}}',
        )
