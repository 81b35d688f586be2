"""What the users service does when something happens elsewhere, and by the clock."""

from apps.users.services import demo, sessions  # noqa: F401 - a check and a periodic job register themselves
