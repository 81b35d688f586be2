"""Sends each service's tables to its own database once it has one."""

from typing import Any

from django.db.models import Model

from kernel.topology import SERVICES, database_of

EVERYWHERE = frozenset({"kernel"})
"""Apps whose tables (outbox, inbox, keys) stand in every database."""


def _service_of(app_label: str) -> str:
    return app_label if app_label in SERVICES else "users"


class ServiceRouter:
    """One name does it all: app label = database alias. Django's own tables go with the users."""

    def db_for_read(self, model: type[Model], **_hints: Any) -> str | None:
        """Answer where a table is read."""
        label = model._meta.app_label  # noqa: SLF001 - the documented way to a model's label
        return None if label in EVERYWHERE else database_of(_service_of(label))

    db_for_write = db_for_read

    def allow_relation(self, first: Model, second: Model, **_hints: Any) -> bool:
        """Refuse a relation that would leave a database."""
        return self.db_for_read(first.__class__) == self.db_for_read(second.__class__)  # request.user is a proxy

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool:
        """Create a table only where it is used."""
        return app_label in EVERYWHERE or database_of(_service_of(app_label)) == db
