"""Identifiers: UUIDv7, so that new rows stay close together in every index."""

import secrets
import time
import uuid


def uuid7() -> uuid.UUID:
    """Return a new UUID of version 7 (RFC 9562): milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80
    value |= 0x7 << 76
    value |= secrets.randbits(12) << 64
    value |= 0b10 << 62
    value |= secrets.randbits(62)
    return uuid.UUID(int=value)


def secret_token() -> str:
    """Return 43 characters that nobody can guess (256 bits, URL-safe)."""
    return secrets.token_urlsafe(32)
