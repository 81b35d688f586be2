"""``python -m chaos``: one run, one table; the exit code is 1 when anything is wrong."""

import sys

from chaos.options import Options
from chaos.processes import leave_tidily
from chaos.run import run

if __name__ == "__main__":
    leave_tidily()
    text, is_well = run(Options.parse())
    print(text)
    sys.exit(0 if is_well else 1)
