"""``manage.py doctor``: is everything in the data as it has to be, and if not, what mends it."""

from argparse import ArgumentParser

import orjson
from django.core.management.base import BaseCommand, CommandError

from kernel.doctor import MOST_FINDINGS, PAUSE_SECONDS, Result, all_checks, examine
from kernel.management.ready import require_databases

SHOWN = 20


class Command(BaseCommand):
    """Reads only."""

    help = (
        "Check on live data that nothing is oversold, lost, doubled or stuck, and say what mends it; changes nothing. "
        "The exit code is 1 when something is wrong."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the form of the answer."""
        parser.add_argument("--json", action="store_true", help="answer in JSON, with every finding")
        parser.add_argument(
            "--timeless", action="store_true", help="leave out what only a worker that stands still can break"
        )
        parser.add_argument(
            "--pause", type=float, default=PAUSE_SECONDS, help="seconds before a second look at what seems wrong"
        )

    def handle(self, *, json: bool, timeless: bool, pause: float, **_options: object) -> None:
        """Look, tell, and fail when something is wrong."""
        require_databases()
        results = examine(all_checks(with_time=not timeless), pause=pause)
        wrong = [result for result in results if result.findings]
        if json:
            self.stdout.write(orjson.dumps(_as_json(results), option=orjson.OPT_INDENT_2).decode())
        else:
            for result in wrong:
                self.stdout.write(_as_text(result))
        if wrong:
            count = sum(len(result.findings) for result in wrong)
            msg = f"{count} findings in {len(wrong)} of {len(results)} checks; docs/operations.md explains each."
            raise CommandError(msg, returncode=1)
        if not json:
            self.stdout.write(
                f"All is well: {len(results)} checks, 0 findings. The audit log has its own: manage.py audit verify"
            )


def _as_text(result: Result) -> str:
    lines = [f"{result.check.name}: {result.check.promise}"]
    for finding in result.findings[:SHOWN]:
        lines += [f"  {finding.about}: {finding.problem}", f"    -> {finding.mend}"]
    left = len(result.findings) - SHOWN
    if left > 0:
        more = " or more" if len(result.findings) == MOST_FINDINGS else ""
        lines.append(f"  ... and {left}{more} like these; --json lists them.")
    return "\n".join([*lines, ""])


def _as_json(results: list[Result]) -> dict[str, object]:
    return {
        "is_well": not any(result.findings for result in results),
        "checks": [
            {
                "name": result.check.name,
                "promise": result.check.promise,
                "findings": [
                    {"about": finding.about, "problem": finding.problem, "mend": finding.mend}
                    for finding in result.findings
                ],
            }
            for result in results
        ],
    }
