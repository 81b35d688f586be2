"""The secret key: given, or generated once for a development machine, never shipped."""

import os
import secrets
from pathlib import Path


def secret_key(given: str, *, file: Path, is_development: bool) -> tuple[str, bool]:
    """Return the key and whether it outlives this process.

    In development a missing one is written into the ``.env`` that exists; elsewhere a system check refuses the start.
    """
    if given:
        return given, True
    key = secrets.token_urlsafe(48)
    if is_development and file.is_file():
        keep(file, "SECRET_KEY", key)
        return key, True
    return key, False


def keep(file: Path, name: str, value: str) -> None:
    """Write a variable into a ``.env`` file, in place of the line of that name, even one that is empty or a comment."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    entry = f"{name}={value}"
    given = [place for place, line in enumerate(lines) if line.strip().startswith(f"{name}=")]
    empty = [place for place, line in enumerate(lines) if line.strip() in {f"#{name}=", f"# {name}="}]
    if places := given + empty:
        lines[places[0]] = entry
    else:
        lines.append(entry)
    part = file.with_name(f"{file.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write("\n".join(lines) + "\n")
    part.replace(file)
    os.environ[name] = value
