"""What the users service does when something happens elsewhere, and by the clock."""

from apps.users.services import sessions  # noqa: F401 - its periodic job registers itself
