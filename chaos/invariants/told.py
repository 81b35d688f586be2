"""The ledger, sorted by what it speaks of."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from chaos import ledger

CREATED = 201


@dataclass
class Told:
    """Everything that customers and staff were told."""

    shelf: dict[str, int] = field(default_factory=dict)
    answers: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    """The answers to each key."""
    other_bodies: list[dict[str, Any]] = field(default_factory=list)
    payments: list[dict[str, Any]] = field(default_factory=list)
    refunds: list[dict[str, Any]] = field(default_factory=list)
    cancelled: set[str] = field(default_factory=set)
    wishes: set[str] = field(default_factory=set)
    """Orders that somebody wanted to call off, or money of which somebody wanted back."""
    gave_up: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, file: Path) -> Self:
        """Read the ledger."""
        told = cls()
        for entry in ledger.read(file):
            getattr(told, f"_{entry.pop('kind')}")(entry)
        return told

    @property
    def acknowledged(self) -> dict[str, dict[str, Any]]:
        """The orders that somebody has the shop's word for, by id."""
        return {
            answer["order"]: answer
            for answers in self.answers.values()
            for answer in answers
            if answer["status"] == CREATED
        }

    def _shelf(self, entry: dict[str, Any]) -> None:
        self.shelf[entry["sku"]] = entry["on_hand"]

    def _order(self, entry: dict[str, Any]) -> None:
        self.answers[entry["key"]].append(entry)

    def _other_body(self, entry: dict[str, Any]) -> None:
        self.other_bodies.append(entry)

    def _payment(self, entry: dict[str, Any]) -> None:
        self.payments.append(entry)

    def _refund(self, entry: dict[str, Any]) -> None:
        self.refunds.append(entry)

    def _cancelled(self, entry: dict[str, Any]) -> None:
        self.cancelled.add(entry["order"])

    def _wish(self, entry: dict[str, Any]) -> None:
        self.wishes.add(entry["order"])

    def _gave_up(self, entry: dict[str, Any]) -> None:
        self.gave_up.append(f"order {entry['number']}: {entry['what']}")

    def _refused(self, entry: dict[str, Any]) -> None:
        self.refused[f"{entry['what']} {entry['status']} {entry['code']}"] += 1
