"""Erasing an account: nothing that names the person is left in any column of any table of any service."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.test import Client

from apps.notifications.models import Message
from apps.notifications.services.sending import send_due
from apps.orders.models.carts import Cart
from apps.orders.models.erased import ErasedCustomer
from apps.orders.models.orders import Order, OrderChange
from apps.orders.services.erasing import forget_customer, forget_finished_orders
from apps.orders.tests.factories import CartFactory, OrderFactory
from apps.users.models import AuditEntry, User
from apps.users.services.accounts import confirm_registration, update_profile
from apps.users.services.addresses import add_address
from apps.users.services.audit import record_event
from apps.users.services.demo import HOME
from apps.users.services.erasure import OrdersUnderWayError, StaffAccountError, erase_account, forget_late_rows
from apps.users.services.invitations import request_account_mail
from apps.users.services.second_factor import prove_phone
from apps.users.services.tokens import create_token
from contracts.orders import OrdersErased
from contracts.users import UserErased
from kernel import clock
from kernel.actors import Actor, Role
from kernel.errors import ForbiddenError, NotFoundError
from kernel.events.inbox import forget_mentions
from kernel.events.publish import publish
from kernel.events.relay import deliver_all
from kernel.ids import uuid7
from kernel.models import InboxRow
from kernel.origins import NOWHERE, Origin, remember
from kernel.transactions import in_transaction
from tests.fixtures import NOON, PASSWORD
from tests.integration.marked import ALIKE, EMAIL, NAME, PHONE, customer, traces

pytestmark = pytest.mark.django_db

TRACES = {
    "account_emailaddress.email",
    "allauth_idp_oidc_token.data",
    "django_admin_log.object_repr",
    "kernel_archive.body",
    "kernel_idempotency.body",
    "kernel_inbox.envelope",
    "mfa_authenticator.data",
    "notifications_message.html",
    "notifications_message.text",
    "notifications_message.to",
    "orders_fulfilment.tracking_number",
    "orders_order.billing_address",
    "orders_order.email",
    "orders_order.note",
    "orders_order.shipping_address",
    "orders_orderchange.actor_label",
    "orders_orderchange.data",
    "orders_ordernote.text",
    "orders_refund.reason",
    "products_importjob.actor_label",
    "products_stockmovement.actor_label",
    "socialaccount_socialaccount.extra_data",
    "users_accesstoken.name",
    "users_address.line1",
    "users_auditentry.actor_label",
    "users_auditentry.after",
    "users_user.email",
    "users_user.name",
    "users_user.phone",
    "usersessions_usersession.user_agent",
}
"""Where the person stands before, among others: a test that fills nothing would find nothing afterwards, too."""


@pytest.fixture
def person(make_user: Any) -> User:
    user: User = make_user(EMAIL, phone=PHONE, verified_at=NOON)
    user.name = NAME
    user.save()
    return user


def self_of(user: User) -> Actor:
    return Actor(id=user.id, role=Role.REGULAR, email=user.email)


def prove_address(user: User) -> None:
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})


def test_nothing_that_names_a_person_is_left_in_any_table(person: User, staff: User) -> None:
    order_id, guest_order_id, cart_id = customer(staff, user=person)
    prove_address(person)
    send_due(now=clock.now())
    assert traces() >= TRACES

    erase_account(user_id=person.id, actor=self_of(person), now=clock.now())
    deliver_all()

    assert traces() == set()
    assert not Cart.objects.filter(id=cart_id).exists()
    for order in Order.objects.filter(id__in=(order_id, guest_order_id)):
        assert (order.customer_id, order.email, order.access_token) == (None, "", "")
        assert (order.total_minor, order.paid_minor, order.refunded_minor) == (2490, 2490, 500)
        assert (order.ship_to.country, order.bill_to.country) == ("SE", "SE")
        assert [line.sku for line in order.lines.all()] == ["MUG"]
    tombstone = User.objects.get(id=person.id)
    assert (tombstone.email, tombstone.name, tombstone.phone) == (f"erased-{person.id}@erased.invalid", "", None)
    assert not tombstone.is_active
    assert not tombstone.has_usable_password()
    assert tombstone.erased_at is not None


def test_an_address_that_the_person_had_before_is_forgotten_too(person: User) -> None:
    record_event(action="sign_in_failed", label=EMAIL, now=NOON)
    request_account_mail(to=EMAIL, subject="Your code", text=f"A code for {EMAIL}")
    _move_to(person, "other@example.com")
    prove_address(person)
    deliver_all()

    erase_account(user_id=person.id, actor=self_of(person), now=clock.now())
    deliver_all()

    assert traces() == set()


def test_the_entry_about_the_erasure_does_not_say_from_where(person: User) -> None:
    prove_address(person)
    record_event(action="signed_in", user_id=person.id, label=EMAIL, now=NOON)
    remember(Origin(address="198.51.100.7", user_agent="The person's browser", request_id="r"))
    try:
        erase_account(user_id=person.id, actor=self_of(person), now=clock.now())
    finally:
        remember(NOWHERE)
    deliver_all()

    assert AuditEntry.objects.filter(action="personal_data_erased").exists()
    assert not AuditEntry.objects.exclude(address="", user_agent="").exists()


def test_a_sign_up_and_a_sign_in_that_were_begun_are_forgotten(person: User, other_shopper: User) -> None:
    prove_address(person)
    prove_phone(user=person, phone=PHONE, now=NOON)
    other = Client()
    other.force_login(other_shopper)
    for email in (EMAIL, "somebody@example.com"):
        Client().post("/accounts/signup/", {"email": email, "password1": PASSWORD, "password2": PASSWORD})
    half_way = Client().post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    begun = [row.get_decoded() for row in Session.objects.all()]
    assert half_way.status_code == 302
    assert sum(EMAIL in str(held) or str(person.id) in str(held) for held in begun) == 2

    erase_account(user_id=person.id, actor=self_of(person), now=clock.now())
    deliver_all()

    left = [str(row.get_decoded()) for row in Session.objects.all()]
    assert [held for held in left if EMAIL in held or str(person.id) in held] == []
    assert len(left) == len(begun) - 2


def test_an_address_that_differs_by_an_accent_is_somebody_elses_and_stays(person: User) -> None:
    prove_address(person)
    order, cart = OrderFactory(email=ALIKE, status="completed"), CartFactory(email=ALIKE)
    request_account_mail(to=ALIKE, subject="Hello", text="Hello")
    record_event(action="sign_in_failed", label=ALIKE, now=NOON)
    deliver_all()

    erase_account(user_id=person.id, actor=self_of(person), now=clock.now())
    deliver_all()

    kept = Order.objects.get(id=order.id)
    assert (kept.email, kept.customer_id) == (ALIKE, None)
    assert Cart.objects.filter(id=cart.id).exists()
    assert [message.to for message in Message.objects.all()] == [ALIKE]
    assert AuditEntry.objects.get(action="sign_in_failed").actor_label == ALIKE


def test_an_address_that_somebody_else_has_by_now_stays_his(person: User, make_user: Any) -> None:
    _move_to(person, "other@example.com")
    prove_address(person)
    make_user(EMAIL)
    record_event(action="sign_in_failed", label=EMAIL, now=NOON)

    erase_account(user_id=person.id, actor=self_of(person), now=clock.now())

    assert AuditEntry.objects.get(action="sign_in_failed").actor_label == EMAIL


def _move_to(person: User, email: str) -> None:
    """Give the account another address, which the log tells as the sign-in pipeline does."""
    told = {"former": person.email, "email": email}
    record_event(action="email_changed", user_id=person.id, label=email, now=NOON, after=told)
    person.email = email
    person.save()


def test_mails_about_forgotten_orders_lose_recipient_and_words_and_nobody_sends_them_again(
    person: User, staff: User
) -> None:
    customer(staff, user=person)
    prove_address(person)
    send_due(now=clock.now())
    sent = Message.objects.filter(status="sent").count()

    erase_account(user_id=person.id, actor=self_of(person), now=clock.now())
    deliver_all()
    office = Client()
    office.force_login(staff)
    again = office.post(f"/office/messages/{Message.objects.first().id}/send-again/")

    assert sent
    assert set(Message.objects.values_list("to", "subject", "text", "html")) == {("", "", "", "")}
    assert Message.objects.count() == sent
    assert again.status_code in {302, 409}


def test_the_history_of_a_forgotten_order_has_no_gap(person: User) -> None:
    order = OrderFactory(customer_id=person.id, email=EMAIL, cancelled=True, number="OLD1")

    erase_account(user_id=person.id, actor=self_of(person), now=NOON)
    deliver_all()

    changes = list(OrderChange.objects.filter(order=order).order_by("version").values_list("version", "kind"))
    assert changes == [(1, "placed"), (2, "erased")]
    assert Order.objects.get(id=order.id).version == 2


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"paid": True},
        {"shipped": True},
        {"cancelled": True, "payment_status": "refund_due"},
    ],
    ids=["unpaid", "unfulfilled", "shipped and unpaid", "refund due"],
)
def test_nobody_is_erased_while_an_order_is_under_way(person: User, published: Any, state: dict[str, Any]) -> None:
    OrderFactory(customer_id=person.id, number="WAIT1", **state)

    with pytest.raises(OrdersUnderWayError) as refused:
        erase_account(user_id=person.id, actor=self_of(person), now=NOON)

    assert refused.value.extra == {"orders": ["WAIT1"]}
    assert User.objects.get(id=person.id).email == EMAIL
    assert published() == []


def test_an_order_of_a_guest_counts_only_under_an_address_that_was_proven(person: User) -> None:
    OrderFactory(email=EMAIL, number="GUEST1")

    assert erase_is_refused(person) is False
    other = User.objects.get(id=person.id)
    assert other.erased_at is not None
    deliver_all()
    assert Order.objects.get(number="GUEST1").email == EMAIL


def test_an_order_of_a_guest_under_the_proven_address_is_waited_for(person: User) -> None:
    OrderFactory(email=EMAIL, number="GUEST1")
    prove_address(person)

    assert erase_is_refused(person) is True


def erase_is_refused(user: User) -> bool:
    try:
        erase_account(user_id=user.id, actor=self_of(user), now=NOON)
    except OrdersUnderWayError:
        return True
    return False


def test_an_order_that_was_placed_meanwhile_is_delivered_first_and_forgotten_then(
    person: User, stop_clock: Any, published: Any
) -> None:
    order = OrderFactory(customer_id=person.id, email=EMAIL, number="LATE1")
    guest_order = OrderFactory(email=EMAIL, number="LATE2")

    forget_customer(customer_id=person.id, emails=[EMAIL], now=NOON)
    assert set(Order.objects.values_list("email", flat=True)) == {EMAIL}

    Order.objects.update(status="completed", payment_status="paid", fulfilment_status="fulfilled")
    stop_clock(NOON + timedelta(days=2))
    forget_finished_orders()

    assert set(Order.objects.values_list("email", flat=True)) == {""}
    told = [event for event in published() if isinstance(event, OrdersErased)]
    assert [set(event.order_ids) for event in told] == [{order.id, guest_order.id}]
    assert not ErasedCustomer.objects.exists()


def test_an_erasure_that_is_told_twice_changes_nothing_more(person: User) -> None:
    order = OrderFactory(customer_id=person.id, email=EMAIL, cancelled=True)
    told = UserErased(version=2, user_id=person.id, emails=[EMAIL], unproven=[])

    for _time in range(2):
        in_transaction("default", lambda: publish(told))
        deliver_all()

    assert Order.objects.get(id=order.id).version == 2
    assert OrderChange.objects.filter(order=order).count() == 2


def test_a_request_that_was_on_its_way_writes_nothing_into_an_erased_account(person: User) -> None:
    actor = self_of(person)
    erase_account(user_id=person.id, actor=actor, now=NOON)

    for late in (
        lambda: add_address(address=HOME, actor=actor, now=NOON),
        lambda: create_token(name=NAME, scopes=["account:read"], actor=actor, now=NOON),
        lambda: update_profile(user_id=person.id, name=NAME, actor=actor, now=NOON),
        lambda: prove_phone(user=person, phone=PHONE, now=NOON),
    ):
        with pytest.raises(NotFoundError):
            late()
    assert not confirm_registration(user_id=person.id, now=NOON)
    deliver_all()

    assert traces() == set()


def test_what_came_late_by_another_way_is_gone_within_the_hour(person: User, other_shopper: User, noon: Any) -> None:
    erase_account(user_id=person.id, actor=self_of(person), now=NOON)
    for user, email in ((person, "late@example.com"), (other_shopper, other_shopper.email)):
        EmailAddress.objects.create(user=user, email=email, verified=False)

    forget_late_rows()

    assert list(EmailAddress.objects.values_list("email", flat=True)) == [other_shopper.email]


def test_erasing_twice_is_erasing_once(person: User, published: Any) -> None:
    for _time in range(2):
        erase_account(user_id=person.id, actor=self_of(person), now=NOON)

    assert [type(event) for event in published()] == [UserErased]


@pytest.mark.parametrize("who", [{"is_staff": True}, {"granted_rights": "orders"}])
def test_who_works_here_is_not_erased(make_user: Any, who: dict[str, Any]) -> None:
    worker = make_user("worker@example.com", **who)

    with pytest.raises(StaffAccountError):
        erase_account(user_id=worker.id, actor=self_of(worker), now=NOON)

    assert User.objects.get(id=worker.id).erased_at is None


def test_the_last_super_user_stays(super_user: User) -> None:
    with pytest.raises(StaffAccountError):
        erase_account(user_id=super_user.id, actor=Actor(id=super_user.id, role=Role.SUPER_USER), now=NOON)


def test_nobody_erases_somebody_else(person: User, other_shopper: User) -> None:
    with pytest.raises(ForbiddenError):
        erase_account(user_id=person.id, actor=self_of(other_shopper), now=NOON)

    assert User.objects.get(id=person.id).email == EMAIL


def test_orders_of_others_stay_as_they_are(person: User) -> None:
    mine = OrderFactory(customer_id=uuid7(), cancelled=True)

    erase_account(user_id=person.id, actor=self_of(person), now=NOON)
    deliver_all()

    assert Order.objects.get(id=mine.id).email == "ada@example.com"
    assert Order.objects.get(id=mine.id).ship_to.name == "Ada Lovelace"


@pytest.mark.parametrize(
    ("text", "is_forgotten"),
    [
        ('"ann@example.com"', True),
        ('"Mail to:\\nANN@example.com."', True),
        ('"joann@example.com"', False),
        ('"jo.ann@example.com"', False),
        ('"ann@example.com.au"', False),
        ('"ann@example.community"', False),
    ],
)
def test_what_waits_for_somebody_with_a_longer_address_is_still_done(
    db: None, text: str, *, is_forgotten: bool
) -> None:
    kept = {"status": "retry", "not_before": NOON, "handled_at": NOON}
    InboxRow.objects.create(consumer="notifications.x", event_id=uuid7(), type="x", envelope=f'{{"to":{text}}}', **kept)

    forget_mentions(service="notifications", words=["ann@example.com"])

    assert InboxRow.objects.exists() is not is_forgotten
