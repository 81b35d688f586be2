"""Which services run here, and which database each one keeps."""

from functools import cache

from django.conf import settings

SERVICES = ("users", "products", "orders", "notifications")


@cache
def local_services() -> tuple[str, ...]:
    """Return the services of this process, in their fixed order."""
    return tuple(settings.SERVICES)


def is_local(service: str) -> bool:
    """True when this process holds the tables of the service."""
    return service in local_services()


def database_of(service: str) -> str:
    """Return the database alias of a service: its own once it has one, else ``default``.

    What belongs to no service (the kernel's own jobs) lives in the first database that is used here.
    """
    if service not in SERVICES:
        return local_databases()[0]
    return service if service in settings.DATABASES else "default"


def share_database(*services: str) -> bool:
    """True when what these services write commits in one step."""
    return len({database_of(service) for service in services}) == 1


def local_databases() -> tuple[str, ...]:
    """Return each database of this process once, in the order of its services."""
    return tuple(dict.fromkeys(database_of(service) for service in local_services()))


def service_of(module: str) -> str:
    """Return the service that a module belongs to, by its name; ``default`` outside of apps."""
    parts = module.split(".")
    return parts[1] if parts[0] == "apps" and len(parts) > 1 else "default"
