"""The shop's own processes with faults in them: ``python -m chaos.server web ADDRESS`` or ``... worker``.

They are the product's server and worker, after three changes from outside: named points where the process may die,
handlers that fail now and then, and shorter waits, so that what takes minutes after a kill takes seconds here.
"""

import os
import random
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from kernel.server import OneProcess

CARD_SECONDS = 6.0
WAITS: dict[tuple[str, str], object] = {
    ("kernel.events.relay", "LEASE"): timedelta(seconds=6),
    ("kernel.events.inbox", "LEASE"): timedelta(seconds=6),
    ("kernel.events.inbox", "PAUSES"): (0.2, 0.5, 1, 2, 4, 8, 16, 32, 64),
    ("kernel.leases", "HOLD"): timedelta(seconds=6),
    ("kernel.events.worker", "TROUBLE_PAUSE"): 0.5,
    ("apps.notifications.services.sending", "LEASE"): timedelta(seconds=6),
    ("apps.orders.services.payments", "FIRST_CHECK"): timedelta(seconds=6),
    ("apps.orders.services.settling", "LEASE"): timedelta(seconds=6),
    ("apps.orders.services.returning", "LEASE"): timedelta(seconds=6),
    ("apps.orders.rules.payments", "HOLD_GRACE"): timedelta(seconds=12),
}
RHYTHMS = {"orders.expire_orders": 1, "products.expire_holds": 2}
"""Periodic jobs and the seconds between their turns."""


class HandlerFailsError(RuntimeError):
    """A handler that fails because chaos says so."""


class FaultyServer(OneProcess):
    """The product's server; its master holds the application, so that a killed worker is back at once."""

    def load_config(self) -> None:
        """Several masters share the one port."""
        super().load_config()
        for name, value in {"reuse_port": True, "preload_app": True, "timeout": 120}.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Return the application with its faults; no connection of the master's goes to a worker."""
        application = super().load()
        from django.urls import get_resolver

        get_resolver().url_patterns  # noqa: B018 - imports every view, so that all seams are there
        put_faults()
        from django.db import connections

        connections.close_all()
        return application


def put_faults() -> None:
    """Change the product in this process as the environment says."""
    from chaos import points

    hurry(card_seconds=float(os.environ.get("CHAOS_CARD_SECONDS", CARD_SECONDS)))
    folder = Path(os.environ["CHAOS_FOLDER"])
    dice = random.Random(f"{os.environ.get('CHAOS_SEED', '')}-{os.getpid()}")
    flaky = float(os.environ.get("CHAOS_FLAKY", "0"))
    if flaky:
        for function in ("handle_once", "_again"):
            points.wrap("kernel.events.inbox", function, lambda work: _fails(work, flaky, dice=dice, folder=folder))
    pairs = (item.split("=") for item in os.environ.get("CHAOS_POINTS", "").split(",") if item)
    points.install({name: float(probability) for name, probability in pairs}, folder=folder, dice=dice)


def hurry(*, card_seconds: float) -> None:
    """Shorten the waits.

    :raises AttributeError: one of them has another name now.
    """
    from chaos import points
    from kernel import periodic

    for (module, name), value in WAITS.items():
        holder = import_module(module)
        getattr(holder, name)
        setattr(holder, name, value)
    window = timedelta(seconds=card_seconds)
    points.wrap("apps.orders.services.drafts", "terms_of", lambda terms_of: _short(terms_of, window))
    for name, seconds in RHYTHMS.items():
        job = next(job for job in periodic.all_jobs() if job.name == name)
        periodic._jobs[name] = replace(job, rhythm=timedelta(seconds=seconds))


def _short(terms_of: Callable[..., Any], window: timedelta) -> Callable[..., Any]:
    def short(method: Any, **kwargs: Any) -> Any:
        terms = terms_of(method, **kwargs)
        return replace(terms, window=window) if method.code == "sandbox_card" else terms

    return short


def _fails(work: Callable[..., Any], share: float, *, dice: random.Random, folder: Path) -> Callable[..., Any]:
    """Let the handler do its work and then fail, so that the database has to take everything back."""
    from chaos import points

    def fails(*args: Any, **kwargs: Any) -> Any:
        result = work(*args, **kwargs)
        if dice.random() < share and (folder / points.FIRE).exists():
            raise HandlerFailsError("chaos: this handler fails now")
        return result

    return fails


def main(arguments: list[str]) -> None:
    """Serve, or work."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saluhall.settings")
    if arguments[0] == "web":
        FaultyServer(bind=arguments[1]).run()
        return
    import django
    from django.core.management import call_command
    from django.urls import get_resolver

    django.setup()
    get_resolver().url_patterns  # noqa: B018 - imports every view, so that all seams are there
    put_faults()
    (Path(os.environ["CHAOS_FOLDER"]) / f"up-{os.getpid()}").touch()
    call_command("worker")


if __name__ == "__main__":
    main(sys.argv[1:])
