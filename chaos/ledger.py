"""What customers were told: each answer is in the file before its buyer goes on."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Ledger:
    """Appends entries from many buyers."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lock = threading.Lock()
        self._out = file.open("a", encoding="utf-8")

    def write(self, kind: str, **entry: Any) -> None:
        """Append one entry; it is with the operating system when this returns."""
        line = json.dumps({"kind": kind, **entry}, separators=(",", ":"))
        with self._lock:
            self._out.write(line + "\n")
            self._out.flush()

    def close(self) -> None:
        """Let go of the file."""
        self._out.close()


def read(file: Path) -> Iterator[dict[str, Any]]:
    """Yield every entry, in the order in which they were written."""
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
