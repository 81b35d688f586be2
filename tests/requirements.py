"""Check that the requirements files are what pyproject.toml compiles to, hashed, and silent about where they came from.

``python -m tests.requirements``. Without a package index only the last two points and the direct dependencies are checked.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = {
    "requirements.txt": ["pyproject.toml"],
    "requirements-dev.txt": ["pyproject.toml", "--group", "test", "--group", "check", "--group", "redis"],
    "requirements-mysql.txt": ["--group", "mysql"],
    "requirements-redis.txt": ["--group", "redis"],
}
PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)==\S+(?: ; [^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")
SECONDS = 25


def wanted(arguments: list[str]) -> set[str]:
    """Return the direct dependencies that a file must pin."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [argument for argument in arguments if argument in project["dependency-groups"]]
    words = [word for group in groups for word in project["dependency-groups"][group]]
    words += project["project"]["dependencies"] if "pyproject.toml" in arguments else []
    return {re.split(r"[^\w.-]", word)[0].lower().replace("_", "-") for word in words}


def shape_problems(name: str, text: str) -> list[str]:
    """Return what is wrong with a file by itself."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    problems = [f"{name}: not a hashed pin: {line}" for line in lines if not PIN.match(line) and not HASH.match(line)]
    if "://" in text:
        problems.append(f"{name}: names an address")
    pinned = {match.group(1) for line in lines if (match := PIN.match(line))}
    return problems + [f"{name}: lacks {missing}" for missing in sorted(wanted(FILES[name]) - pinned)]


def recompiled(name: str, text: str) -> str | None:
    """Return what uv makes of pyproject.toml today with the present pins preferred; None when no index answers."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / name
        output.write_text(text, encoding="utf-8")
        uv = Path(sys.executable).with_name("uv")
        command = [str(uv), "pip", "compile", "--quiet", *FILES[name], "-o", str(output)]
        try:
            done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return None
        return output.read_text(encoding="utf-8") if done.returncode == 0 else None


def main() -> int:
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in FILES}
    with ThreadPoolExecutor() as pool:
        compiled = dict(zip(FILES, pool.map(recompiled, texts, texts.values()), strict=True))
    problems = [problem for name, text in texts.items() for problem in shape_problems(name, text)]
    problems += [
        f"{name}: is not what pyproject.toml compiles to; run: make requirements"
        for name, again in compiled.items()
        if again not in {None, texts[name]}
    ]
    if None in compiled.values():
        print("requirements: no package index answered, so only names, hashes and form were checked")
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
