"""Idempotency keys: a request that is sent twice happens once and is answered twice, byte for byte."""

import hashlib
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Self
from uuid import UUID

import orjson
from django.db import IntegrityError
from django.http import HttpResponse
from rest_framework.request import Request

from kernel import clock
from kernel.errors import ConflictError, DomainError
from kernel.http.principals import actor_of
from kernel.http.problem import domain_problem
from kernel.models import IdempotencyRow
from kernel.topology import database_of
from kernel.transactions import in_transaction

HEADER = "Idempotency-Key"
ACCEPTED = re.compile(r"[\x21-\x7e]{1,255}")
KEPT_REFUSALS = frozenset({409, 410, 422})
"""Business answers that a repetition must get again; anything else may be tried anew with the same key.

A conflict is none: something changed in that moment, and may be as it should at the next attempt.
"""


class KeyMissingError(DomainError):
    """A request that creates money or orders needs a key of its own."""

    code = "idempotency_key_missing"
    status = 400

    def __init__(self) -> None:
        super().__init__(f"Send a key of your own in the header {HEADER}.")


class KeyInvalidError(DomainError):
    """The key is too long or has characters that no header may have."""

    code = "idempotency_key_invalid"
    status = 400

    def __init__(self) -> None:
        super().__init__(f"{HEADER} may have 1 to 255 printable ASCII characters without spaces.")


class KeyReusedError(DomainError):
    """The key belongs to another request."""

    code = "idempotency_key_reused"
    status = 422

    def __init__(self) -> None:
        super().__init__("This key was used for another request.")


class AnswerForgottenError(DomainError):
    """It was done, and its answer is forgotten together with the person whom it was about."""

    code = "answer_forgotten"
    status = 410

    def __init__(self) -> None:
        super().__init__("This was done; its answer is forgotten together with the person whom it was about.")


class KeyTakenError(Exception):
    """A twin of this request committed first: roll back and repeat its answer."""


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A request under its key."""

    digest: str
    fingerprint: str
    alias: str

    @classmethod
    def of(cls, request: Request, *, scope: str, secret: str = "") -> Self:
        """Read the key; ``scope`` is ``<service>.<use case>``, and each account and machine has keys of its own.

        Guests have keys of their own by the ``secret`` that lets them in: without it nobody gets their answers.

        :raises KeyMissingError: there is none.
        :raises KeyInvalidError: it is no key.
        """
        key = request.headers.get(HEADER)
        if key is None:
            raise KeyMissingError
        if not ACCEPTED.fullmatch(key):
            raise KeyInvalidError
        actor = actor_of(request)
        guest = f"{actor.client}\0{secret}" if secret else actor.client  # no secret spells an account or a machine
        who = actor.id or actor.client_id or guest
        content = orjson.dumps(request.data, option=orjson.OPT_SORT_KEYS)
        return cls(
            digest=hashlib.sha256(f"{scope}\0{who}\0{key}".encode()).hexdigest(),
            fingerprint=hashlib.sha256(content).hexdigest(),
            alias=database_of(scope.split(".", maxsplit=1)[0]),
        )

    def replay(self) -> HttpResponse | None:
        """Return the stored answer, or nothing when the key is new.

        :raises KeyReusedError: the key belongs to another request.
        :raises AnswerForgottenError: it was done once, and nothing more may be said of it.
        """
        row = IdempotencyRow.objects.using(self.alias).filter(digest=self.digest).first()
        if row is None:
            return None
        if row.fingerprint != self.fingerprint:
            raise KeyReusedError
        if not row.body:
            raise AnswerForgottenError
        return HttpResponse(
            row.body.encode(),
            status=row.status,
            content_type=row.content_type,
            headers={"Idempotency-Replayed": "true"},
        )

    def store(
        self, *, status: int, body: bytes, resource_id: UUID | None, content_type: str = "application/json"
    ) -> HttpResponse:
        """Keep the answer, as the first INSERT of the effect's transaction; return it.

        :raises KeyTakenError: a twin committed first.
        """
        try:
            IdempotencyRow.objects.using(self.alias).create(
                digest=self.digest,
                fingerprint=self.fingerprint,
                resource_id=resource_id,
                status=status,
                content_type=content_type,
                body=body.decode(),
                created_at=clock.now(),
            )
        except IntegrityError as error:
            raise KeyTakenError from error
        return HttpResponse(body, status=status, content_type=content_type)

    def store_refusal(self, error: DomainError) -> HttpResponse:
        """Keep a business refusal, in a transaction of its own; return the answer."""
        answer = domain_problem(error)
        if error.status not in KEPT_REFUSALS or isinstance(error, (KeyReusedError, ConflictError)):
            return answer
        try:
            return in_transaction(
                self.alias,
                lambda: self.store(
                    status=answer.status_code,
                    body=answer.content,
                    resource_id=None,
                    content_type=answer.headers["Content-Type"],
                ),
            )
        except KeyTakenError:
            return self.repeat()

    def repeat(self) -> HttpResponse:
        """Return the answer of the twin that was first."""
        answer = self.replay()
        if answer is None:
            msg = "The same request is being worked on."
            raise ConflictError(msg)
        return answer


def run_once(
    request: Request, *, scope: str, effect: Callable[[IdempotentRequest], HttpResponse], secret: str = ""
) -> HttpResponse:
    """Answer a request under its key; ``effect`` calls ``store`` first thing inside its transaction."""
    idem = IdempotentRequest.of(request, scope=scope, secret=secret)
    stored = idem.replay()
    if stored is not None:
        return stored
    try:
        return effect(idem)
    except KeyTakenError:
        return idem.repeat()
    except DomainError as error:
        return idem.store_refusal(error)


def forget_answers(*, service: str, about: Collection[UUID]) -> None:
    """Blank stored answers about these things; that they were given stays, so that a repetition does nothing twice."""
    IdempotencyRow.objects.using(database_of(service)).filter(resource_id__in=about).update(body="")
