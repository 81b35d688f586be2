"""Reads the repository as git sees it, for the tests of this folder."""

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TEXT = {".py", ".html", ".css", ".js", ".sh", ".md", ".yml", ".yaml", ".toml", ".txt", ".feature"}
NOT_WRITTEN = ("static/vendor/", "requirements")


@dataclass(frozen=True)
class Source:
    """One Python file."""

    name: str
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        return self.text.count("\n")


@cache
def files() -> tuple[str, ...]:
    """Return every file that is or would be committed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return tuple(sorted(name for name in set(listed) if (ROOT / name).is_file()))


def text_files() -> list[str]:
    """Return the files that people write; migrations are Django's."""
    written = [name for name in files() if not name.startswith(NOT_WRITTEN) and "/migrations/" not in name]
    return [name for name in written if Path(name).suffix in TEXT]


@cache
def python_sources() -> tuple[Source, ...]:
    """Return the Python files, but for migrations, which Django writes."""
    names = [name for name in files() if name.endswith(".py") and "/migrations/" not in name]
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in names}
    return tuple(Source(name, text, ast.parse(text, filename=name)) for name, text in texts.items())


def is_test(name: str) -> bool:
    path = Path(name)
    return "tests" in path.parts or path.name == "conftest.py"
