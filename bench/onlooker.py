"""Somebody who asks a busy shop now and then, from a process of its own: what is measured is not the asking of others.

``python -m bench.onlooker PORT SECONDS`` prints, as JSON, the milliseconds that each refusal took.
"""

import json
import sys
import time

from bench import served

PAUSE = 0.02


def main(arguments: list[str]) -> None:
    """Ask for so long."""
    port, end = int(arguments[0]), time.monotonic() + float(arguments[1])
    refused = []
    while time.monotonic() < end:
        answer = served.ask(port, "GET", "/products/")
        if answer.status in served.REFUSALS:
            refused.append(answer.seconds)
        time.sleep(PAUSE)
    print(json.dumps(refused))


if __name__ == "__main__":
    main(sys.argv[1:])
