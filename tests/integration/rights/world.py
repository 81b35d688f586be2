"""A shop with one of everything that belongs to one person, and everybody who may try to reach it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from allauth.idp.oidc.models import Token
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import admin
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from apps.notifications.tests.factories import MessageFactory
from apps.orders.tests.factories import (
    CartFactory,
    OrderFactory,
    RefundFactory,
    ShippingMethodFactory,
    TaxRateFactory,
    VoucherFactory,
)
from apps.products.models.imports import ImportJob
from apps.products.models.stock import StockMovement
from apps.products.services.media import add_picture
from apps.products.tests.factories import CategoryFactory, ReservationFactory, VariantFactory
from apps.products.tests.importing import png
from apps.users import rules
from apps.users.models import AuditEntry, User
from apps.users.services.audit import record_event
from apps.users.tests.factories import AccessTokenFactory, AddressFactory, GroupFactory
from contracts.rights import SCOPES, Right
from integrations.authentication.tests.authenticator_app import prove_email, set_up_app
from integrations.authentication.tests.programs import connect_machine
from kernel import clock
from kernel.actors import SYSTEM
from kernel.ids import uuid7
from tests.fixtures import PASSWORD, sign_in_afresh

TOKEN = "saluhall_pat_" + "f" * 43
APPS_ONLY = ("/_allauth/{client}/v1/tokens/refresh",)
ONE_TABLE = "users/user"
PICTURE = "rights/picture.png"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What there is, by the names that addresses use; and how each person signs what he sends."""

    things: dict[str, object]
    """``orders`` for an ``{id}`` below ``/api/v1/orders/``, ``order_id`` for a page."""
    rows: dict[str, object]
    """The id of a row of each table of Django's admin."""
    sessions: dict[str, str] = field(repr=False)
    tokens: dict[str, str] = field(repr=False)

    def addresses(self, method: str, template: str, *, person: str) -> list[str]:
        """Return the real addresses of a template: one, or one for each kind of client.

        An admin tries to write into every table of Django's admin; else one stands for all.
        """
        if "{table}" in template:
            everything = person == "admin" and method == "POST"
            tables = self.rows if everything else {ONE_TABLE: self.rows[ONE_TABLE]}
            return [self._filled(template.replace("{table}", table), object_id=row) for table, row in tables.items()]
        if "{client}" in template:
            kinds = ("app",) if template in APPS_ONLY else ("app", "browser")
            return [template.replace("{client}", kind) for kind in kinds]
        return [self._filled(template)]

    def _filled(self, template: str, **more: object) -> str:
        parts = template.split("/")
        collection = parts[3] if template.startswith("/api/v1/") and len(parts) > 3 else ""
        names = self.things | {"id": self.things.get(collection, "")} | more
        return template.format_map(names)

    def ask(self, person: str, method: str, address: str, body: object) -> Any:
        """Send a request as somebody and undo whatever it did."""
        client = Client(raise_request_exception=False)
        headers = self._headers(person, address)
        if person in self.sessions and "X-Session-Token" not in headers:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[person]
        form = body if isinstance(body, dict) else {}
        with undone():
            if address.startswith(("/api/", "/_allauth/")):
                return client.generic(method, address, _json(body), content_type="application/json", headers=headers)
            send: Callable[..., Any] = getattr(client, method.lower())
            return send(address, form, headers=headers)

    def _headers(self, person: str, address: str) -> dict[str, str]:
        headers = {"Idempotency-Key": str(uuid7())} if address.startswith("/api/") else {}
        if person in self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens[person]}"
        elif person in self.sessions and address.startswith("/_allauth/app/"):
            headers["X-Session-Token"] = self.sessions[person]
        return headers


@contextmanager
def undone() -> Iterator[None]:
    """Take back what happens inside; services see no transaction around them, as in a shop."""
    block = transaction.atomic()
    vars(block)["_from_testcase"] = True  # as Django's own test cases do
    with block:
        yield
        transaction.set_rollback(True)
    cache.clear()


def build() -> World:
    """Make the shop and its people."""
    owner = _person("owner@example.com")
    people = {
        "owner": owner,
        "stranger": _person("stranger@example.com"),
        "unguarded": _person("unguarded@example.com", is_staff=True),
        "admin": _person("admin@example.com", is_staff=True),
        "super user": _person("super@example.com", is_staff=True, is_superuser=True),
    }
    for right in Right:
        people[f"only {right}"] = _person(f"only-{right}@example.com", granted_rights=f"{right}")
        others = rules.rights_text(set(Right) - {right})
        people[f"all but {right}"] = _person(f"but-{right}@example.com", granted_rights=others)
    people["orders and refunds"] = _person("both@example.com", granted_rights="orders refunds")
    for name in people.keys() - {"owner", "stranger", "unguarded"}:
        set_up_app(people[name])
    program = connect_machine(scopes=tuple(SCOPES))
    things = _things(owner) | _of_identity(owner)
    reading = " ".join(scope for scope in SCOPES if scope.endswith(":read"))
    AccessTokenFactory(user=people["admin"], text=TOKEN, scopes=reading)
    machine = program.post(grant_type="client_credentials").json()["access_token"]
    return World(
        things=things,
        rows=_rows(),
        sessions={name: _session(person) for name, person in people.items()},
        tokens={"machine": machine, "read-only": TOKEN},
    )


def _person(email: str, **values: Any) -> User:
    user = User(email=email, name="Somebody", verified_at=clock.now(), **values)
    user.set_password(PASSWORD)
    user.save()
    prove_email(user)
    return user


def _things(owner: User) -> dict[str, object]:
    variant = VariantFactory(sku="MUG", on_hand=100)
    cart = CartFactory(customer_id=owner.id, with_lines={"MUG": 1})
    order = OrderFactory(customer_id=owner.id, email=owner.email, paid=True)
    ReservationFactory(order_id=order.id, lines={"MUG": 1})
    media = add_picture(product_id=variant.product_id, content=png(), actor=SYSTEM, now=clock.now())
    (Path(settings.MEDIA_ROOT) / PICTURE).parent.mkdir(parents=True, exist_ok=True)
    (Path(settings.MEDIA_ROOT) / PICTURE).write_bytes(png())
    group = GroupFactory()
    group.members.add(owner)
    things = {
        "carts": cart.id,
        "line_id": cart.lines.get().id,
        "orders": order.id,
        "addresses": AddressFactory(user=owner).id,
        "categories": CategoryFactory().id,
        "products": variant.product_id,
        "variants": variant.id,
        "media": media.id,
        "stock": "MUG",
        "stock-movements": StockMovement.objects.get().id,
        "shipping-methods": ShippingMethodFactory().id,
        "tax-rates": TaxRateFactory().id,
        "vouchers": VoucherFactory().id,
        "users": owner.id,
        "groups": group.id,
        "tokens": AccessTokenFactory(user=owner).id,
        "refunds": RefundFactory(order=order).id,
        "messages": MessageFactory(about=order.id, to=owner.email).id,
        "product-imports": ImportJob.objects.create(actor_role="admin").id,
    }
    pages = {
        "order_id": "orders",
        "address_id": "addresses",
        "category_id": "categories",
        "product_id": "products",
        "variant_id": "variants",
        "media_id": "media",
        "sku": "stock",
        "method_id": "shipping-methods",
        "rate_id": "tax-rates",
        "voucher_id": "vouchers",
        "user_id": "users",
        "group_id": "groups",
        "token_id": "tokens",
        "message_id": "messages",
        "refund_id": "refunds",
        "job_id": "product-imports",
    }
    return (
        things
        | {name: things[thing] for name, thing in pages.items()}
        | {
            "slug": variant.product.slug,
            "path": PICTURE,
            "pk": 1,
            "provider_id": "elsewhere",
            "uidb36": "abc",
            "key": "abc-def",
            "app_label": "orders",
            "url": "nothing-there/",
            "content_type_id": 1,
            "object_id": owner.id,
        }
    )


def _of_identity(owner: User) -> dict[str, object]:
    """Return what belongs to signing in: a connected program, an entry of the audit log, a session."""
    record_event(action="signed_in", user_id=owner.id, label=owner.email, now=clock.now())
    program_id = connect_machine(scopes=("settings:read",)).id  # no more than a holder of the right may give
    entry = AuditEntry.objects.latest("at")
    Token.objects.create(type="rt", hash="0" * 64, client_id=program_id, user=owner, scopes="openid")
    session = UserSession.objects.create(user=owner, session_key="a" * 32, ip="192.0.2.1", user_agent="Firefox")
    return {
        "audit": entry.id,
        "entry_id": entry.id,
        "oauth-clients": program_id,
        "client_id": program_id,
        "session_id": session.id,
    }


def _rows() -> dict[str, object]:
    """Return the id of some row of each table; of an empty one, an id that nothing has."""
    return {
        f"{table._meta.app_label}/{table._meta.model_name}": _first(table) or uuid7() for table in admin.site._registry
    }


def _first(table: Any) -> object:
    return table._default_manager.values_list("pk", flat=True).first()


def _session(user: User) -> str:
    """Sign somebody in who has just shown again who he is."""
    key: str = sign_in_afresh(Client(), user).session.session_key
    return key


def _json(body: object) -> bytes:
    return orjson.dumps(body)
