"""Reads ``EMAIL_URL``: where mail is handed over, and how the way there is secured."""

from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from kernel.env import refuse

SCHEMES = ("console", "smtp", "smtps", "file", "memory")
BACKENDS = "django.core.mail.backends."
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
TIMEOUT_HELP = "How long the mail server may say nothing, from 1 to 25; it may take 25 for one mail in all."
"""25 seconds is what connecting or sending one mail may take in all, by ``smtp.py``."""
PORTS = {"smtp": 25, "smtps": 465}


def mail_settings(address: str) -> dict[str, Any]:
    """Return Django's ``EMAIL_*`` settings for an address such as ``smtps://user:password@host``."""
    parts = urlsplit(address)
    if parts.scheme in PORTS:
        return _smtp(address)
    if parts.scheme == "file":
        return {"EMAIL_BACKEND": f"{BACKENDS}filebased.EmailBackend", "EMAIL_FILE_PATH": unquote(parts.path)}
    name = "locmem" if parts.scheme == "memory" else "console"
    return {"EMAIL_BACKEND": f"{BACKENDS}{name}.EmailBackend"}


def _smtp(address: str) -> dict[str, Any]:
    parts = urlsplit(address)
    options = parse_qs(parts.query)
    starts_tls = options.pop("starttls", ["false"]) == ["true"]
    if options:
        refuse(f"EMAIL_URL does not know {', '.join(sorted(options))}; only ?starttls=true is possible.")
    if not parts.hostname:
        refuse("EMAIL_URL needs a host, such as smtps://user:password@mail.example.com.")
    if parts.password and parts.scheme == "smtp" and not starts_tls and parts.hostname not in LOCAL_HOSTS:
        refuse("EMAIL_URL would send its password in the clear: use smtps:// or add ?starttls=true.")
    return {
        "EMAIL_BACKEND": "integrations.email.smtp.TimelyBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": _port(parts) or PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": starts_tls,
    }


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        refuse("EMAIL_URL has a port that is no number from 1 to 65535.")
        return None
