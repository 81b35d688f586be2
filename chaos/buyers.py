"""Buyers: they fill carts, order, pay, call off and ask again, and write down each answer before they go on."""

import hashlib
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from chaos.client import Answer, Client, Count, GaveUpError
from chaos.ledger import Ledger
from chaos.server import CARD_SECONDS
from chaos.shelf import RUSHES, Goods, Staff

ADDRESS = {"name": "Ada Buyer", "line1": "Market Street 1", "postcode": "00100", "city": "Helsinki", "country": "FI"}
CARD, SECOND_STEP, DECLINED, CODE = "4242424242424242", "4000000000003220", "4000000000000002", "123456"
CREATED = 201
TRIES = 5
"""How many wishes there are for each order that shall be placed: a shop that places none is not asked for ever."""
LEFT = 0
"""The number of an order that is placed beside those that are counted."""


@dataclass
class Market:
    """What all buyers share."""

    port: int
    ledger: Ledger
    goods: list[Goods]
    staff: Staff
    orders: int
    meeting: threading.Barrier
    """Where buyers wait for each other, their carts full, before they rush for the last pieces."""
    refunds: float = 0.15
    """The share of orders whose money staff is asked to give back."""
    cancels: float = 0.15
    """The share of orders that are called off."""
    twins: float = 0.2
    """How often a request is sent twice at the same moment; an order twice as often."""
    rivals: float = 0.3
    """How often the twin of an order is no repetition but a second order for the same cart."""
    count: Count = field(default_factory=Count)
    tried: int = 0
    failed: int = 0
    done: int = 0
    placed: list["Placed"] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next_number(self) -> int | None:
        """Return the number of the next order to try, or nothing when all are given out."""
        with self._lock:
            if self.tried - self.failed == self.orders or self.tried == TRIES * self.orders:
                return None
            self.tried += 1
            return self.tried

    def finished(self, *, is_placed: bool) -> None:
        """Count one wish as brought to its end; when nothing came of it, there is one more to try."""
        with self._lock:
            self.done += is_placed
            self.failed += not is_placed


@dataclass(kw_only=True)
class Placed:
    """An order that somebody has the word of the shop for."""

    id: str
    key: str
    cart: str
    body: dict[str, Any]
    cart_token: str
    token: str
    digest: str
    method: str
    total: dict[str, str]
    at: float = field(default_factory=time.monotonic)


class Buyer:
    """One person with two connections: for twins, both are used at the same moment."""

    def __init__(self, market: Market, dice: random.Random) -> None:
        self._market = market
        self._dice = dice
        self._clients = [Client(market.port, market.count) for _ in range(2)]
        self._pool = ThreadPoolExecutor(1)

    def buy_until_done(self) -> None:
        """Rush for each of the last pieces, then try one order after another."""
        for sku in RUSHES:
            if not self._try(partial(self._rush, sku)):
                self._market.meeting.abort()
        while self._try(self._buy):
            pass
        self._let_go()

    def order_and_leave(self) -> None:
        """Order by card what does not run out, and never pay."""
        cart = self._ask("POST", "/api/v1/carts/", {})
        if self._add(cart, sku=self._market.goods[-1].sku, quantity=1):
            self._order(LEFT, cart, method="sandbox_card")
        self._let_go()

    def _let_go(self) -> None:
        self._pool.shutdown()
        for client in self._clients:
            client.close()

    def _try(self, buy: Callable[[int], bool]) -> bool:
        """Bring one more wish to its end; False when none is left."""
        number = self._market.next_number()
        if number is None:
            return False
        try:
            is_placed = buy(number)
        except GaveUpError as error:
            is_placed = True
            self._market.ledger.write("gave_up", number=number, what=str(error))
        self._market.finished(is_placed=is_placed)
        return True

    def _rush(self, sku: str, number: int) -> bool:
        """Want the last pieces at the same moment as everybody else: there is one for every second buyer."""
        cart = self._ask("POST", "/api/v1/carts/", {})
        is_inside = self._add(cart, sku=sku, quantity=1)
        with suppress(threading.BrokenBarrierError):  # somebody was killed away: the rest goes on
            self._market.meeting.wait()
        return is_inside and self._order_and_live(number, cart, method="invoice")

    def _buy(self, number: int) -> bool:
        method = self._dice.choices(("invoice", "bank_transfer", "sandbox_card"), (25, 25, 50))[0]
        cart = self._ask("POST", "/api/v1/carts/", {})
        return self._fill(cart) and self._order_and_live(number, cart, method=method)

    def _order_and_live(self, number: int, cart: Answer, *, method: str) -> bool:
        placed = self._order(number, cart, method=method)
        if placed is not None:
            self._market.placed.append(placed)
            self._live_with(placed)
        return placed is not None

    def _fill(self, cart: Answer) -> bool:
        """Put one or two things into the cart; tell whether anything lies in it."""
        inside = False
        for one in self._dice.sample(self._market.goods, k=self._dice.choice((1, 1, 2))):
            inside |= self._add(cart, sku=one.sku, quantity=self._dice.choice((1, 1, 2)))
        return inside

    def _add(self, cart: Answer, *, sku: str, quantity: int) -> bool:
        path = f"/api/v1/carts/{cart.content['id']}/lines/"
        added = self._ask("POST", path, {"sku": sku, "quantity": quantity}, X_Cart_Token=cart.content["token"])
        if added.status != CREATED:
            self._refused("add", added)
        return added.status == CREATED

    def _order(self, number: int, cart: Answer, *, method: str) -> Placed | None:
        key = f"chaos-{number}-{self._dice.getrandbits(32):08x}"
        body = {
            "cart": cart.content["id"],
            "email": f"{key}@example.com",
            "shipping_address": ADDRESS,
            "payment_method": method,
        }
        token = str(cart.content["token"])
        key, first = self._send(body, token=token, key=key)
        if first.status != CREATED:
            self._refused("order", first)
            return None
        content = first.content
        placed = Placed(
            id=content["id"],
            key=key,
            cart=body["cart"],
            body=body,
            cart_token=token,
            token=content["access_token"],
            digest=_digest(first),
            method=method,
            total=content["totals"]["total"],
        )
        self._ask_again(placed)
        return placed

    def _send(self, body: dict[str, Any], *, token: str, key: str) -> tuple[str, Answer]:
        """Order; a twin at the same moment has the same key, or, as a rival for the one cart, another one."""
        keys = [key, f"{key}-rival" if self._dice.random() < self._market.rivals else key]

        def order(client: Client) -> Answer:
            own = keys[self._clients.index(client)]
            return client.ask("POST", "/api/v1/orders/", body, X_Cart_Token=token, Idempotency_Key=own)

        answers = self._twice(order, share=2 * self._market.twins)
        for own, answer in zip(keys, answers, strict=True):
            if answer is not None:
                self._wrote(answer, key=own, body=body)
        won = [(own, one) for own, one in zip(keys, answers, strict=True) if one is not None and one.status == CREATED]
        return won[0] if won else (key, answers[0])

    def _ask_again(self, placed: Placed) -> None:
        """Send the same once more, or something else under the same key."""
        chance = self._dice.random()
        if chance < 0.1:
            self.repeat(placed)
        elif chance < 0.2:
            other = {**placed.body, "note": "something else"}
            answer = self._ask(
                "POST", "/api/v1/orders/", other, X_Cart_Token=placed.cart_token, Idempotency_Key=placed.key
            )
            self._market.ledger.write("other_body", key=placed.key, status=answer.status, code=answer.code)

    def repeat(self, placed: Placed) -> None:
        """Send the same request under the same key."""
        answer = self._ask(
            "POST", "/api/v1/orders/", placed.body, X_Cart_Token=placed.cart_token, Idempotency_Key=placed.key
        )
        self._wrote(answer, key=placed.key, body=placed.body)

    def _wrote(self, answer: Answer, *, key: str, body: dict[str, Any]) -> None:
        entry: dict[str, Any] = {"key": key, "cart": body["cart"], "status": answer.status, "body": _digest(answer)}
        if answer.status == CREATED:
            content = answer.content
            lines = {line["sku"]: line["quantity"] for line in content["lines"]}
            entry |= {"order": content["id"], "total": content["totals"]["total"]["amount"], "lines": lines}
        else:
            entry |= {"code": answer.code}
        self._market.ledger.write("order", **entry)

    def _live_with(self, placed: Placed) -> None:
        """Do with an order what people do: pay, pay late, call off, ask for money back."""
        chance = self._dice.random()
        if placed.method == "sandbox_card":
            self._with_card(placed, chance)
        elif chance < 0.7:
            self._pay_at_the_bank(placed)
        chance = self._dice.random()
        if chance < self._market.cancels:
            self._cancel(placed)
        elif chance < self._market.cancels + self._market.refunds:
            self._give_back(placed)

    def _with_card(self, placed: Placed, chance: float) -> None:
        if chance < 0.15:
            return
        if chance < 0.35:
            target = placed.at + CARD_SECONDS + self._dice.uniform(-0.4, 1.2)
            time.sleep(max(0.0, target - time.monotonic()))
        path = f"/api/v1/orders/{placed.id}/pay/"
        number = self._dice.choices((CARD, SECOND_STEP, DECLINED), (70, 20, 10))[0]
        first, second = self._twice(
            lambda client: client.ask("POST", path, {"card_number": number}, X_Order_Token=placed.token)
        )
        self._paid(placed, first, second)
        if first.status == 200 and first.content["requires_action"]:
            body = {"card_number": number, "confirmation_code": CODE}
            steps = self._twice(lambda client: client.ask("POST", path, body, X_Order_Token=placed.token))
            self._paid(placed, *steps)
        elif number == DECLINED:
            self._paid(placed, self._ask("POST", path, {"card_number": CARD}, X_Order_Token=placed.token))

    def _pay_at_the_bank(self, placed: Placed) -> None:
        """The money arrives; staff writes that down, sometimes two of them at once, sometimes after a cancellation."""
        if self._dice.random() < 0.1:
            self._cancel(placed)
        reference = f"BANK-{placed.key}"
        path = f"/api/v1/orders/{placed.id}/pay/"
        answers = self._twice(
            lambda client: client.ask("POST", path, {"reference": reference}, **self._market.staff.headers)
        )
        self._paid(placed, *answers, what="record")

    def _paid(self, placed: Placed, *answers: Answer | None, what: str = "pay") -> None:
        for answer in answers:
            if answer is None:
                continue
            if answer.status != 200:
                self._refused(what, answer)
                continue
            payment = answer.content["payment"]
            self._market.ledger.write(
                "payment",
                order=placed.id,
                payment=payment["id"],
                reference=payment["reference"],
                state=payment["state"],
                amount=payment["amount"]["amount"],
            )

    def _cancel(self, placed: Placed) -> None:
        self._market.ledger.write("wish", order=placed.id, what="cancel")
        answers = self._twice(
            lambda client: client.ask("POST", f"/api/v1/orders/{placed.id}/cancel/", {}, X_Order_Token=placed.token)
        )
        for answer in answers:
            if answer is not None and answer.status == 200:
                self._market.ledger.write("cancelled", order=placed.id)
            elif answer is not None:
                self._refused("cancel", answer)

    def _give_back(self, placed: Placed) -> None:
        """Ask for part or all of the money, twice at once under two keys: both together may be too much."""
        self._market.ledger.write("wish", order=placed.id, what="refund")
        path = f"/api/v1/orders/{placed.id}/refunds/"
        whole = placed.total["amount"]
        amount = self._dice.choice((whole, "1.00", f"{float(whole) * 0.6:.2f}"))
        body = {"amount": {**placed.total, "amount": amount}, "restock": self._dice.random() < 0.5}
        key = f"refund-{placed.key}"
        keys = iter((key, f"{key}-2" if self._dice.random() < 0.5 else key))
        lock = threading.Lock()

        def give(client: Client) -> Answer:
            with lock:
                own = next(keys)
            return client.ask("POST", path, body, Idempotency_Key=own, **self._market.staff.headers)

        for answer in self._twice(give, share=0.7):
            if answer is not None and answer.status == CREATED:
                found = answer.content
                self._market.ledger.write(
                    "refund", order=placed.id, refund=found["id"], amount=found["amount"]["amount"]
                )
            elif answer is not None:
                self._refused("refund", answer)

    def _ask(self, method: str, path: str, body: object, **headers: str) -> Answer:
        return self._clients[0].ask(method, path, body, **headers)

    def _twice(self, ask: Callable[[Client], Answer], *, share: float | None = None) -> tuple[Answer, Answer | None]:
        """Ask once, or, often enough, twice at the same moment."""
        if self._dice.random() >= (self._market.twins if share is None else share):
            return ask(self._clients[0]), None
        other = self._pool.submit(ask, self._clients[1])
        mine = ask(self._clients[0])
        return mine, other.result()

    def _refused(self, what: str, answer: Answer) -> None:
        self._market.ledger.write("refused", what=what, status=answer.status, code=answer.code)


def _digest(answer: Answer) -> str:
    return hashlib.sha256(answer.body).hexdigest()
