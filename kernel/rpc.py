"""One service asks another: in process, or through JSON as over a wire."""

from collections.abc import Callable
from functools import cache, wraps
from importlib import import_module
from typing import Any, TypeVar, cast, get_type_hints

import orjson
from django.conf import settings

from kernel.codec import decode, encode
from kernel.errors import DomainError
from kernel.topology import is_local

T = TypeVar("T")


def client(protocol: type[T]) -> T:
    """Return what answers a contract: the facade of the service.

    With ``RPC_LOOPBACK`` every argument and answer goes through JSON, so that a contract that cannot travel fails.
    """
    service: str = vars(protocol)["service"]
    if not is_local(service):
        msg = f"The {service} service does not run here."
        raise RuntimeError(msg)
    if settings.RPC_LOOPBACK:
        return cast("T", _Loopback(protocol, _facade(service)))
    return cast("T", _facade(service))


@cache
def _facade(service: str) -> object:
    return import_module(f"apps.{service}.facade").Facade()


class _Loopback:
    """Calls a facade as if it stood on another machine."""

    def __init__(self, protocol: type, facade: object) -> None:
        self._protocol = protocol
        self._facade = facade

    def __getattr__(self, name: str) -> Callable[..., Any]:
        declared = getattr(self._protocol, name)
        if not callable(declared):
            return cast("Callable[..., Any]", declared)
        hints = get_type_hints(declared)
        answer = hints.pop("return", Any)
        method = getattr(self._facade, name)

        @wraps(declared)
        def call(**arguments: object) -> object:
            sent = {key: decode(hints[key], _wire(value)) for key, value in arguments.items()}
            try:
                result = method(**sent)
            except DomainError as error:
                _wire(dict(error.extra))
                raise
            return decode(answer, _wire(result))

        return call


def _wire(value: object) -> Any:
    return orjson.loads(orjson.dumps(encode(value)))
