"""A bad value stops the start with one sentence."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from kernel import env
from kernel.databases import database, is_remote, is_verified
from kernel.secrets import keep, secret_key

HERE = Path("/srv")


@pytest.fixture(autouse=True)
def _registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "registry", {})


def test_values_are_read_by_their_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"X_YES": "On", "X_COUNT": "7", "X_WAIT": "2.5", "X_WORDS": " a, b ,"}.items():
        monkeypatch.setenv(name, value)

    assert env.boolean("X_YES", default=False, help="") is True
    assert env.integer("X_COUNT", default=1, help="") == 7
    assert env.seconds("X_WAIT", default=1, help="") == 2.5
    assert env.list("X_WORDS", help="") == ("a", "b")
    assert list(env.registry) == ["X_YES", "X_COUNT", "X_WAIT", "X_WORDS"]


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("maybe", lambda: env.boolean("X", default=False, help="")),
        ("7.5", lambda: env.integer("X", default=1, help="")),
        ("70000", lambda: env.integer("X", default=1, maximum=65535, help="")),
        ("soon", lambda: env.seconds("X", default=1, help="")),
        ("30", lambda: env.seconds("X", default=10, minimum=1, maximum=25, help="")),
        ("0", lambda: env.seconds("X", default=10, minimum=1, maximum=25, help="")),
        ("ftp://a", lambda: env.url("X", schemes=("https",), help="")),
        ("blue", lambda: env.choice("X", default="red", choices=("red",), help="")),
    ],
)
def test_a_bad_value_is_named_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, value: str, read: Callable[[], object]
) -> None:
    monkeypatch.setenv("X", value)

    with pytest.raises(ImproperlyConfigured, match=r"^X must"):
        read()


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n")
    monkeypatch.setenv("X_FILE", str(tmp_path / "key"))

    assert env.secret("X", help="") == "from a file"


def test_a_value_and_a_file_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "a")
    monkeypatch.setenv("X_FILE", "/b")

    with pytest.raises(ImproperlyConfigured, match="both set"):
        env.secret("X", help="")


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("X_ONE", "given")
    monkeypatch.setenv("X_TWO", "")
    monkeypatch.delenv("X_TWO")
    (tmp_path / ".env").write_text("# words\nX_ONE=file\nexport X_TWO='in quotes'\n")

    env.load(tmp_path / ".env")

    assert (env.text("X_ONE", help=""), env.text("X_TWO", help="")) == ("given", "in quotes")


def test_a_development_key_is_made_once_and_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    file = tmp_path / ".env"
    file.write_text("DEBUG=true\nSECRET_KEY=\n")

    key, is_kept = secret_key("", file=file, is_development=True)

    assert is_kept
    assert len(key) >= 50
    assert file.read_text() == f"DEBUG=true\nSECRET_KEY={key}\n"
    monkeypatch.delenv("SECRET_KEY")


def test_no_key_is_kept_for_production(tmp_path: Path) -> None:
    _, is_kept = secret_key("", file=tmp_path / ".env", is_development=False)

    assert not is_kept
    assert not (tmp_path / ".env").exists()


def test_a_kept_value_is_for_its_owner_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("X_KEPT", raising=False)

    keep(tmp_path / ".env", "X_KEPT", "v")

    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
    monkeypatch.delenv("X_KEPT")


def test_each_engine_gets_the_options_that_keep_the_promises() -> None:
    sqlite = database("sqlite:///shop.sqlite3", base_dir=HERE)
    postgres = database("postgres://u:p@db/shop", ssl_mode="verify-full", ssl_root_cert="/ca", base_dir=HERE)
    mysql = database("mysql://u:p@db/shop", ssl_mode="verify-full", ssl_root_cert="/ca", base_dir=HERE)

    assert sqlite["NAME"] == "/srv/shop.sqlite3"
    assert sqlite["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert postgres["OPTIONS"]["sslmode"] == "verify-full"
    assert mysql["OPTIONS"]["ssl_mode"] == "VERIFY_IDENTITY"
    assert mysql["OPTIONS"]["isolation_level"] == "read committed"
    assert [is_remote(one) for one in (sqlite, postgres, mysql)] == [False, True, True]
    assert [is_verified(one) for one in (sqlite, postgres, mysql)] == [False, True, True]


def test_a_kept_value_takes_the_place_of_the_one_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("X_KEPT_TWICE=old\nOTHER=1\n", encoding="utf-8")
    monkeypatch.setenv("X_KEPT_TWICE", "old")

    keep(file, "X_KEPT_TWICE", "new")

    assert file.read_text(encoding="utf-8") == "X_KEPT_TWICE=new\nOTHER=1\n"
