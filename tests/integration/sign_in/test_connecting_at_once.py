"""Connecting an account elsewhere while other things happen: no role comes back, and one person has it."""

from collections.abc import Callable

import pytest
from allauth.core.context import request_context
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.core.exceptions import ValidationError
from django.test import RequestFactory

from apps.users.models import User
from tests.integration.sign_in.fake_provider import FakeProvider

pytestmark = pytest.mark.django_db


def test_a_role_that_was_taken_away_since_the_request_began_stays_away(
    make_user: Callable[..., User], provider: FakeProvider
) -> None:
    as_read = make_user("ann@example.com", is_staff=True)
    User.objects.filter(id=as_read.id).update(is_staff=False)
    request = RequestFactory().get("/")
    request.user = as_read

    with request_context(request):
        login = SocialLogin(user=as_read, account=SocialAccount(provider="sso", uid="one"))
        login.connect(request, as_read)

    assert SocialAccount.objects.get().user == as_read
    assert not User.objects.get(id=as_read.id).is_staff


def test_who_connects_what_somebody_else_connected_a_moment_before_is_told_so(
    make_user: Callable[..., User], provider: FakeProvider
) -> None:
    first, second = make_user("first@example.com"), make_user("second@example.com")
    SocialAccount.objects.create(user=first, provider="sso", uid="one")
    late = SocialLogin(user=second, account=SocialAccount(provider="sso", uid="one"))

    with pytest.raises(ValidationError):  # django-allauth answers it on the page of connected accounts
        late.connect(RequestFactory().get("/"), second)

    assert SocialAccount.objects.get().user == first
