"""Reads the account that text messages are sent from: whole, or not at all."""

from kernel.env import refuse


def check_account(*, sid: str, token: str, sender: str) -> None:
    """Stop the start when an account is named by halves: a factor would be offered that never works."""
    given = {"TWILIO_ACCOUNT_SID": sid, "TWILIO_AUTH_TOKEN": token, "TWILIO_FROM": sender}
    missing = [name for name, value in given.items() if not value]
    if missing and len(missing) < len(given):
        refuse(f"Text messages need {' and '.join(missing)}, too.")
    if sid and not sid.isalnum():
        refuse("TWILIO_ACCOUNT_SID must be letters and digits: it is part of an address.")
