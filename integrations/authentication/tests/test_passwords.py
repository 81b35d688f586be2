"""How passwords are kept."""

from django.contrib.auth.hashers import check_password, make_password
from django.test import override_settings

HASHER = "integrations.authentication.hashers.OwaspArgon2PasswordHasher"


def test_a_password_is_kept_with_the_figures_of_owasp() -> None:
    with override_settings(PASSWORD_HASHERS=[HASHER]):
        kept = make_password("correct-horse")

        assert kept.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
        assert check_password("correct-horse", kept)
        assert not check_password("wrong-horse", kept)
