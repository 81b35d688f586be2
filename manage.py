#!/usr/bin/env python
"""Every command of Saluhall: up, runserver, worker, migrate, settings ..."""

import os
import shutil
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Run a management command; ``up`` on a fresh machine starts from the example of the environment."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saluhall.settings")
    if sys.argv[1:2] == ["up"] and not (HERE / ".env").exists():
        shutil.copy(HERE / ".env.example", HERE / ".env")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Saluhall cannot start: {error}")


if __name__ == "__main__":
    main()
