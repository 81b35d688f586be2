"""The environment of a test run, then the product's own settings, unchanged but for the speed of hashing a password."""

import os
import secrets
import tempfile
from pathlib import Path

ENVIRONMENT = {
    "SERVICES": "all",
    "SECRET_KEY": secrets.token_hex(32),
    "DEBUG": "false",
    "ALLOWED_HOSTS": "*",
    "PUBLIC_URL": "http://testserver",
    "RPC_LOOPBACK": "true",
    "BROKER_URL": "",
    "CACHE_URL": "",
    "EMAIL_URL": "",
    "LOG_LEVEL": "CRITICAL",
    "MEDIA_ROOT": str(Path(tempfile.gettempdir()) / f"saluhall-test-media-{os.getuid()}"),
}
os.environ.update(ENVIRONMENT)
os.environ["DATABASE_URL"] = (
    os.environ.get("TEST_DATABASE_URL") or os.environ.get("DATABASE_URL") or "sqlite://:memory:"
)

from saluhall.settings import *  # noqa: E402, F403 - the environment above must stand before they are read

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
