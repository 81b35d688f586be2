"""The mails of the sign-in pipeline, as events: trouble with the mail server never breaks a sign-up."""

from django.conf import settings
from django.template.loader import render_to_string

from apps.users.models import User
from contracts.users import AccountMailRequested
from kernel.events.publish import publish
from kernel.ids import uuid7
from kernel.transactions import unit_of_work


@unit_of_work
def request_account_mail(*, to: str, subject: str, text: str) -> None:
    """Ask for a mail with a secret in it, such as a code."""
    publish(
        AccountMailRequested(
            version=1, mail_id=uuid7(), to=to, subject_line=subject[:200], text=text.strip() + "\n", html=""
        )
    )


def invite(*, user: User) -> None:
    """Tell somebody that staff made an account, and where to choose a password."""
    context = {"user": user, "reset_url": f"{settings.PUBLIC_URL}/accounts/password/reset/"}
    request_account_mail(
        to=user.email,
        subject=render_to_string("users/mail/invitation.subject", context).strip(),
        text=render_to_string("users/mail/invitation.text", context),
    )
