"""``manage.py audit``: check the chain of the audit log, or print its end to keep it elsewhere."""

from argparse import ArgumentParser, ArgumentTypeError

from django.core.management.base import BaseCommand, CommandError

from apps.users.services.audit_chain import MOST_FINDINGS, Head, current_head, verify


class Command(BaseCommand):
    """Reads only."""

    help = "Check that nobody changed, moved or removed an entry of the audit log, or print the end of its chain."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take one of two verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        check = verbs.add_parser("verify", help="check every sealed entry; exit code 1 if something is wrong")
        check.add_argument("--head", type=_head, metavar="SEQUENCE:HASH", help="an end of the chain that you kept")
        verbs.add_parser("head", help="print the end of the chain")

    def handle(self, *, verb: str, head: Head | None = None, **_options: object) -> None:
        """Check or print."""
        if verb == "head":
            self.stdout.write(str(current_head()))
        else:
            self._verify(head)

    def _verify(self, head: Head | None) -> None:
        report = verify(head=head)
        for finding in report.findings[:MOST_FINDINGS]:
            self.stderr.write(finding)
        counts = f"{report.sealed} sealed, {report.erased} of them erased by law, {report.waiting} waiting to be sealed"
        if report.findings:
            msg = f"The audit log is not whole: {len(report.findings)} findings ({counts})."
            raise CommandError(msg, returncode=1)
        self.stdout.write(f"The audit log is whole: {counts}. Head: {report.head}")


def _head(text: str) -> Head:
    try:
        return Head.parse(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
