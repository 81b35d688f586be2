"""Accounts, and the addresses people saved."""

from typing import Any, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from apps.users import rules
from kernel import clock
from kernel.actors import Role
from kernel.ids import uuid7


class UserQuerySet(models.QuerySet["User"]):
    """Reads about accounts alone."""

    def matching(self, text: str) -> Self:
        """Keep those whose name or e-mail contains ``text``."""
        return self.filter(Q(email__icontains=text) | Q(name__icontains=text))


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
    name = models.CharField(_("name"), max_length=150, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("works in the back office"), default=False)
    verified_at = models.DateTimeField(_("e-mail proven at"), null=True, blank=True, editable=False)
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
    def privileged(self) -> bool:
        """The one switch for staff rights: roles, permissions and token claims all ask here."""
        return self.is_active and self.is_staff

    @property
    def role(self) -> Role:
        return rules.role_of(privileged=self.privileged, is_superuser=self.is_superuser)

    @property
    def granted_role(self) -> Role:
        """The role the account was given, also while it is switched off: rules about changing it ask here."""
        return rules.role_of(privileged=self.is_staff, is_superuser=self.is_superuser)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Staff may look at everything in Django's admin; the rest is a super user's or a group's."""
        if not self.privileged:
            return False
        return rules.is_reading(perm) or super().has_perm(perm, obj)

    def has_module_perms(self, app_label: str) -> bool:  # noqa: ARG002 - Django's signature
        return self.privileged

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
    name = models.CharField(_("name"), max_length=150)
    line1 = models.CharField(_("street and number"), max_length=200)
    line2 = models.CharField(_("flat, floor, company"), max_length=200, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    city = models.CharField(_("town"), max_length=120)
    region = models.CharField(_("region"), max_length=120, blank=True)
    country = models.CharField(
        _("country"),
        max_length=2,
        validators=[RegexValidator(r"\A[A-Z]{2}\Z", _("Two capital letters, such as SE."))],
    )
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
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
