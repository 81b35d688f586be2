"""Orders through HTTP at a steady rate that waits for nobody; each answer is in the ledger that the verdict reads."""

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from chaos.client import Answer, Client, Count
from chaos.ledger import Ledger

ADDRESS = {"name": "Ada Buyer", "line1": "Market Street 1", "postcode": "00100", "city": "Helsinki", "country": "FI"}
SKU = "BENCH-LAMP"
SENDERS = 32
CREATED = 201


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """Where the orders go."""

    port: int
    ledger: Ledger
    count: Count

    def sell(self, *, rate: float, seconds: float) -> list[float]:
        """Let somebody come every so often; return how many seconds each order that was taken took to be placed."""
        began = time.monotonic()
        with ThreadPoolExecutor(SENDERS) as pool:
            started = []
            for number in range(int(rate * seconds)):
                time.sleep(max(0.0, began + number / rate - time.monotonic()))
                started.append(pool.submit(self._buy))
            return [took for one in started if (took := one.result()) is not None]

    def _buy(self) -> float | None:
        """Fill a cart and order it; nobody asks twice, so that every refusal counts."""
        client = Client(self.port, self.count)
        try:
            cart = self._step("cart", client.once("POST", "/api/v1/carts/", {}))
            if cart is None:
                return None
            token = {"X_Cart_Token": str(cart["token"])}
            line = {"sku": SKU, "quantity": 1}
            if self._step("add", client.once("POST", f"/api/v1/carts/{cart['id']}/lines/", line, **token)) is None:
                return None
            return self._order(client, cart["id"], token)
        finally:
            client.close()

    def _order(self, client: Client, cart_id: str, token: dict[str, str]) -> float | None:
        key = f"bench-{token_hex(8)}"
        body = {"cart": cart_id, "email": f"{key}@example.com", "shipping_address": ADDRESS}
        began = time.monotonic()
        answer = client.once("POST", "/api/v1/orders/", body, **token, Idempotency_Key=key)
        took = time.monotonic() - began
        placed = self._step("order", answer)
        if answer is None or placed is None:
            return None
        self.ledger.write(
            "order",
            key=key,
            cart=cart_id,
            status=answer.status,
            body=hashlib.sha256(answer.body).hexdigest(),
            order=placed["id"],
            total=placed["totals"]["total"]["amount"],
            lines={SKU: 1},
        )
        return took

    def _step(self, what: str, answer: Answer | None) -> dict[str, Any] | None:
        """Return what was made, or write down that nothing was."""
        if answer is not None and answer.status == CREATED:
            return answer.content
        status, code = (answer.status, answer.code) if answer else (0, "no_answer")
        self.ledger.write("refused", what=what, status=status, code=code)
        return None
