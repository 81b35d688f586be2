"""The environment of a test run, then the product's own settings, unchanged but for the speed of passwords and sign-ups."""

import os
import secrets
import tempfile
from pathlib import Path

from integrations.authentication.keys import new_key
from kernel import env

FOLDER = tempfile.TemporaryDirectory(prefix="saluhall-test-")
ENVIRONMENT = {
    "SERVICES": "all",
    "SECRET_KEY": secrets.token_hex(32),
    "JWT_PRIVATE_KEY": new_key(),
    "DEBUG": "false",
    "ALLOWED_HOSTS": "*",
    "PUBLIC_URL": "http://testserver",
    "MFA_REQUIRED_FOR_STAFF": "false",
    "RPC_LOOPBACK": "true",
    "BROKER_URL": "",
    "CACHE_URL": "",
    "EMAIL_URL": "",
    "LOG_LEVEL": "ERROR",
    "SANDBOX_PAYMENTS": "true",
    "THROTTLE_DEFAULT": "1000000/minute",
    "THROTTLE_SEARCH": "1000000/minute",
    "THROTTLE_CHECKOUT": "1000000/minute",
    "MEDIA_ROOT": f"{FOLDER.name}/media",
}
before = set(os.environ)
env.load(Path(__file__).resolve().parent.parent / ".env")
os.environ.update(dict.fromkeys(set(os.environ) - before, ""))  # a developer's .env says nothing to a test
os.environ.update(ENVIRONMENT)
os.environ["DATABASE_URL"] = os.environ.get("DATABASE_URL") or f"sqlite:///{FOLDER.name}/shop.sqlite3"

from saluhall.settings import *  # noqa: E402, F403 - the environment above must stand before they are read
from saluhall.settings import DATABASES  # noqa: E402 - as above

SIGN_UP_SECONDS = 0.0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
for alias, database in DATABASES.items():
    if database["ENGINE"].endswith("sqlite3"):  # a file, as in a shop: what is only in memory has other locks
        database["TEST"] = {"NAME": f"{FOLDER.name}/test-{alias}.sqlite3"}
