"""Sign-in by others, from the button to the account."""
