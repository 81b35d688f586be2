"""The people of the demo shop."""

from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from allauth.account.models import EmailAddress
from django.conf import settings

from apps.users.models import User
from apps.users.services.addresses import add_address
from kernel.actors import Actor, Role
from kernel.addresses import Address
from kernel.checks import refuse_production
from kernel.transactions import unit_of_work

DEMO_USERS = (
    ("shopper@example.com", "Sofia Shopper", Role.REGULAR),
    ("other@example.com", "Otto Other", Role.REGULAR),
    ("admin@example.com", "Ada Admin", Role.ADMIN),
    ("super@example.com", "Sam Super", Role.SUPER_USER),
)
DEMO_EMAILS = tuple(email for email, _name, _role in DEMO_USERS)
HOME = Address(
    name="Sofia Shopper", line1="Storgatan 1", postcode="111 22", city="Stockholm", country="SE", phone="+46 8 123 45"
)


@unit_of_work
def ensure_demo_users(*, password: str, now: datetime) -> list[User]:
    """Make those that are missing; an existing one keeps everything but takes the password."""
    return [_ensure(email=email, name=name, role=role, password=password, now=now) for email, name, role in DEMO_USERS]


def _ensure(*, email: str, name: str, role: Role, password: str, now: datetime) -> User:
    user = User.objects.filter(email=email).first()
    if user is None:
        # The id follows from the address, so that other services can show things of these people.
        user = User(
            id=uuid5(NAMESPACE_URL, f"mailto:{email}"), email=email, name=name, verified_at=now, date_joined=now
        )
        user.is_staff = role is not Role.REGULAR
        user.is_superuser = role is Role.SUPER_USER
    if not user.check_password(password):
        user.set_password(password)
        user.save()
    EmailAddress.objects.update_or_create(user=user, email=email, defaults={"primary": True, "verified": True})
    if email == DEMO_EMAILS[0] and not user.addresses.exists():
        add_address(address=HOME, actor=Actor(id=user.id, role=user.role), now=now)
    return user


@refuse_production
def demo_users_in_production() -> str:
    """Name the demo users that can still sign in, for they share a password that is printed."""
    if settings.DEBUG:
        return ""
    found = User.objects.filter(email__in=DEMO_EMAILS, is_active=True).order_by("email").values_list("email", flat=True)
    return f"Demo users can sign in: {', '.join(found)}. Switch them off before you sell." if found else ""
