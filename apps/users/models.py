"""Accounts, and the addresses people saved."""

from datetime import datetime
from typing import Any, Self

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from apps.users import rules
from kernel import clock
from kernel.actors import Role
from kernel.ids import uuid7
from kernel.lines import one_line


class UserQuerySet(models.QuerySet["User"]):
    """Reads about accounts alone."""

    def matching(self, text: str) -> Self:
        """Keep those whose name or e-mail contains ``text``."""
        return self.filter(Q(email__icontains=text) | Q(name__icontains=text))

    def with_second_factor(self) -> Self:
        """Say of each account whether an app's code or a passkey guards it, in the same statement."""
        return self.annotate(second_factor=Exists(_factors("pk")))

    def guarded(self) -> Self:
        """Keep those that an app's code or a passkey guards."""
        return self.filter(Exists(_factors("pk")))


def _factors(user: str) -> models.QuerySet[Authenticator]:
    """Return what guards the account that a column of the outer statement names."""
    factors: models.QuerySet[Authenticator] = Authenticator.objects.filter(user=OuterRef(user))
    return factors.exclude(type=Authenticator.Type.RECOVERY_CODES)


class UserAccounts(BaseUserManager["User"]):
    """Finds accounts; the services make them."""

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who can sign in with an e-mail address."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True, validators=[one_line])
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("works in the back office"), default=False)
    verified_at = models.DateTimeField(_("e-mail proven at"), null=True, blank=True, editable=False)
    phone = models.CharField(_("mobile number"), max_length=20, null=True, editable=False)  # noqa: DJ001 - NULL adds a column without copying the table
    phone_verified_at = models.DateTimeField(_("mobile number proven at"), null=True, blank=True, editable=False)
    granted_rights = models.CharField(max_length=200, null=True, editable=False)  # noqa: DJ001 - as above
    """What the permission groups add up to, separated by spaces; written with each change of a group."""
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
    session_generation = models.PositiveIntegerField(default=0, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    date_joined = models.DateTimeField(_("registered at"), default=clock.now, editable=False)
    updated_at = models.DateTimeField(default=clock.now, editable=False)

    objects = UserAccounts()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = (
            models.CheckConstraint(
                condition=Q(is_superuser=False) | Q(is_staff=True),
                name="users_user_super_user_is_staff",
            ),
        )
        indexes = (models.Index(fields=("date_joined", "id"), name="users_user_newest"),)

    def __str__(self) -> str:
        return self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.lower()
        super().save(*args, **kwargs)

    @property
    def works_here(self) -> bool:
        """True for staff by role or by a permission group, whether or not it may use its rights now."""
        return self.is_active and (self.is_staff or self.has_rights)

    @property
    def has_rights(self) -> bool:
        """True for members of permission groups that give rights."""
        return bool(self.granted_rights)

    @cached_property
    def has_second_factor(self) -> bool:
        """True once a code or a passkey is asked for at sign-in; the sign-in reads it along with the account."""
        if self.phone_verified_at is not None:
            return True
        found = self.__dict__.get("second_factor")
        if found is None:
            found = UserQuerySet(User).filter(id=self.id).guarded().exists()
        return bool(found)

    @property
    def lacks_second_factor(self) -> bool:
        """True for staff whose rights wait for a second factor."""
        return settings.MFA_REQUIRED_FOR_STAFF and self.works_here and not self.has_second_factor

    @property
    def privileged(self) -> bool:
        """The one switch for staff rights: roles, permissions and token claims all ask here."""
        return self.works_here and not self.lacks_second_factor

    @property
    def rights(self) -> frozenset[str]:
        """What the permission groups let the person do now."""
        return frozenset((self.granted_rights or "").split()) if self.privileged else frozenset()

    @property
    def role(self) -> Role:
        return rules.role_of(privileged=self.privileged and self.is_staff, is_superuser=self.is_superuser)

    @property
    def granted_role(self) -> Role:
        """The role the account was given, also while it is switched off: rules about changing it ask here."""
        return rules.role_of(privileged=self.is_staff, is_superuser=self.is_superuser)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Admins may look at everything in Django's admin; the rest is a super user's."""
        if self.role not in rules.STAFF_ROLES:
            return False
        return rules.is_reading(perm) or super().has_perm(perm, obj)

    def has_module_perms(self, app_label: str) -> bool:  # noqa: ARG002 - Django's signature
        return self.role in rules.STAFF_ROLES

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] or self.email

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """Include the generation, so that raising it ends every session of this account."""
        return salted_hmac(
            "apps.users.models.User.get_session_auth_hash",
            f"{self.password}:{self.session_generation}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()


class AddressQuerySet(models.QuerySet["Address"]):
    """Reads about saved addresses alone."""

    def default_first(self) -> Self:
        return self.order_by(models.F("default_of").desc(nulls_last=True), "-id")


class Address(models.Model):
    """Where a person wants parcels and bills sent."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="addresses")
    default_of = models.OneToOneField(
        User,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="default_address",
    )  # unique and nullable: at most one default a person, on every database
    name = models.CharField(_("name"), max_length=150, validators=[one_line])
    line1 = models.CharField(_("street and number"), max_length=200, validators=[one_line])
    line2 = models.CharField(_("flat, floor, company"), max_length=200, blank=True, validators=[one_line])
    postcode = models.CharField(_("postcode"), max_length=20, blank=True, validators=[one_line])
    city = models.CharField(_("town"), max_length=120, validators=[one_line])
    region = models.CharField(_("region"), max_length=120, blank=True, validators=[one_line])
    country = models.CharField(
        _("country"),
        max_length=2,
        validators=[RegexValidator(r"\A[A-Z]{2}\Z", _("Two capital letters, such as SE."))],
    )
    phone = models.CharField(_("telephone"), max_length=40, blank=True, validators=[one_line])
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(default=clock.now, editable=False)

    objects = AddressQuerySet.as_manager()

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        constraints = (
            models.CheckConstraint(
                condition=Q(default_of=None) | Q(default_of=models.F("user")),
                name="users_address_default_of_its_owner",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name}, {self.line1}, {self.postcode} {self.city} ({self.id})"

    @property
    def is_default(self) -> bool:
        return self.default_of_id is not None


class PermissionGroup(models.Model):
    """Rights under one name, which admins compose and give to people."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=80, unique=True)
    rights = models.CharField(max_length=200, blank=True)
    """Separated by spaces, in alphabetical order."""
    members = models.ManyToManyField(User, related_name="permission_groups", blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("permission group")
        verbose_name_plural = _("permission groups")

    def __str__(self) -> str:
        return self.name


class AccessTokenQuerySet(models.QuerySet["AccessToken"]):
    """Reads about tokens."""

    def usable(self, *, now: datetime) -> Self:
        """Keep those that still open something."""
        return self.filter(expires_at__gt=now, user__is_active=True)

    def with_guarded_user(self) -> Self:
        """Bring the person along, and whether a second factor guards the account, in the same statement."""
        return self.select_related("user").annotate(second_factor=Exists(_factors("user")))


class AccessToken(models.Model):
    """A password for one program of one person, which can do less than the person; only its digest is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="access_tokens")
    name = models.CharField(_("name"), max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    """SHA-256 in hex: the token is random, so a slow hash adds nothing."""
    hint = models.CharField(max_length=12)
    """How the random part begins, to tell one from another."""
    scopes = models.CharField(max_length=400)
    """Separated by spaces, in alphabetical order."""
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    objects = AccessTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("personal access token")
        verbose_name_plural = _("personal access tokens")
        indexes = (models.Index(fields=("user", "-created_at", "id"), name="users_token_newest"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}...)"

    @property
    def scope_set(self) -> frozenset[str]:
        return frozenset(self.scopes.split())


class UsedCode(models.Model):
    """A one-time code of an authenticator app that was taken; the constraint refuses it a second time."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    step = models.BigIntegerField()
    """The time step of the code: seconds since 1970 divided by 30."""
    used_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "step"), name="users_code_used_once"),)
        indexes = (models.Index(fields=("used_at",), name="users_code_old"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.step}"


class AuditEntry(models.Model):
    """What somebody did, and from where. A worker seals entries into a chain of digests."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    sequence = models.BigIntegerField(null=True, unique=True)
    """The place in the chain, from 1 without a gap; null until sealed."""
    action = models.CharField(max_length=80)
    at = models.DateTimeField()
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=254, blank=True)
    actor_role = models.CharField(max_length=20)
    client = models.CharField(max_length=120, blank=True)
    address = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    """JSON of the fields that changed."""
    count = models.PositiveIntegerField(default=1)
    """How often it happened: floods of failures are one entry."""
    salt = models.CharField(max_length=32)
    digest = models.CharField(max_length=64, blank=True)
    """Of salt and personal fields together: both may be erased, the digest stays in the chain."""
    chain = models.CharField(max_length=64, blank=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes = (
            models.Index(fields=("at", "id"), name="users_audit_newest"),
            models.Index(fields=("actor_id", "at"), name="users_audit_actor"),
            models.Index(fields=("subject_kind", "subject_id", "at"), name="users_audit_subject"),
            models.Index(fields=("action", "at"), name="users_audit_action"),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.id}"
