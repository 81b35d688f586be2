"""What of django-allauth's our second factor takes the place of: an upgrade that moves any of it turns these red."""

import inspect

import pytest

from integrations.authentication import second_factor_flows
from integrations.authentication.allauth_internals import SEAMS, totp


@pytest.mark.parametrize("name", SEAMS)
def test_the_original_takes_the_arguments_that_we_count_on(name: str) -> None:
    seam = SEAMS[name]
    original = getattr(seam.owner, seam.name).replaces

    assert original.__name__ == seam.name
    assert [*inspect.signature(original).parameters] == seam.arguments.split()


@pytest.mark.parametrize("name", SEAMS)
def test_ours_is_in_its_place_once(name: str) -> None:
    seam = SEAMS[name]
    before = getattr(seam.owner, seam.name)

    second_factor_flows.install()

    assert getattr(seam.owner, seam.name) is before
    assert not hasattr(before.replaces, "replaces")


def test_every_seam_has_its_replacement() -> None:
    assert set(SEAMS) == set(second_factor_flows.REPLACEMENTS)


def test_the_parts_that_we_call_are_what_they_were() -> None:
    assert totp.SECRET_SESSION_KEY == "mfa.totp.secret"
    assert len(totp.generate_totp_secret()) == 32
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238, appendix B
    assert totp.format_hotp_value(totp.hotp_value(secret, 59 // 30)) == "287082"
