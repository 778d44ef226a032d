"""What `ordersaga doctor` says of an environment."""

from pathlib import Path

import pytest

from backoffice.data_keys import DataKeyBook
from backoffice.database import Database
from backoffice.migrating import behind
from cli.doctor import Finding, examine
from runtime.embedded_postgres import EmbeddedPostgres
from runtime.master_keys import MasterKeys, new_master_key


class Look:
    """Looks at an environment that a test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def all(self, **settings: str) -> list[str]:
        for name, value in settings.items():
            self._monkeypatch.setenv(f"ORDERSAGA_{name.upper()}", value)
        return [one.text for one in examine()]

    def about(self, words: str, **settings: str) -> Finding:
        for name, value in settings.items():
            self._monkeypatch.setenv(f"ORDERSAGA_{name.upper()}", value)
        (finding,) = [one for one in examine() if words in one.text]
        return finding


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Look:
    return Look(monkeypatch)


def test_a_database_that_does_not_answer_is_a_finding(found: Look) -> None:
    away = "postgresql://orders:x@127.0.0.1:1/orders"
    assert found.about("does not answer", database_url=away).level == "error"


def test_a_database_that_was_not_migrated_is_a_finding(
    found: Look, postgres: EmbeddedPostgres
) -> None:
    url = postgres.create_database("not_migrated")
    assert found.about("run `ordersaga migrate`", database_url=url).level == "error"


def test_a_database_of_this_release_is_well(found: Look, database_url: str) -> None:
    assert found.about("this release", database_url=database_url).level == "ok"


def test_a_master_key_that_orders_need_and_is_not_here_is_named(
    found: Look, database_url: str
) -> None:
    migrated = Database(database_url)
    old, new = new_master_key("k1"), new_master_key("k2")
    for setting in (old, new):
        masters = MasterKeys.read(setting)
        assert masters is not None
        for order in ("ord_a", "ord_b"):
            DataKeyBook(migrated).keep(masters.wrap(f"{order}{masters.first.id}", bytes(32)))
    migrated.close()
    words = "orders cannot be read: master key k1 is not among ORDERSAGA_CODEC_KEYS"
    assert found.about(words, database_url=database_url, codec_keys=new).level == "error"
    assert found.about("master key k2 is not among", codec_keys=old).level == "error"
    other = f"{new_master_key('k1')},{new}"
    assert "another key under this id" in found.about("cannot be read", codec_keys=other).text
    assert not [one for one in found.all(codec_keys=f"{old},{new}") if "cannot be read" in one]


def test_a_key_that_is_none_is_a_finding(found: Look) -> None:
    said = found.about("SENDGRID_WEBHOOK_KEY cannot be used:", sendgrid_webhook_key="zzz")
    assert said.level == "error"
    assert found.about("CODEC_KEYS cannot be used:", codec_keys="zzz").level == "error"
    assert found.about("DATABASE_URL cannot be used:", database_url="zzz").level == "error"


def test_an_admin_key_that_can_be_guessed_is_a_warning_and_a_short_one_an_error(
    found: Look,
) -> None:
    assert found.about("guessed", admin_key="Password-12345678").level == "warning"
    for short in ("a", "x7Kq-9zPw_3mRt5"):
        said = found.about("guessed", admin_key=short)
        assert said.level == "error"
        assert "the API does not start with it" in said.text


def test_every_setting_that_cannot_be_is_told_and_the_rest_is_looked_at_all_the_same(
    found: Look,
) -> None:
    both = {"database_pool": "many", "erase_after_days": "0"}
    said = found.about("ORDERSAGA_DATABASE_POOL: Input should be a valid integer", **both)
    assert said.level == "error"
    assert found.about("ORDERSAGA_ERASE_AFTER_DAYS: Input should be greater").level == "error"
    assert found.about("ORDERSAGA_STRIPE_KEY is not set").level == "missing"
    assert found.about("TEMPORAL_ADDRESS is not set").level == "missing"
    assert found.about("ORDERSAGA_LOG_LEVEL: must be DEBUG", log_level="loud").level == "error"


@pytest.mark.parametrize("setting", ["ORDERSAGA_DATABASE_URL", "TEMPORAL_ADDRESS"])
def test_what_no_process_starts_without_is_missing_though_up_brings_its_own(
    found: Look, setting: str
) -> None:
    said = found.about(f"{setting} is not set: API, workers and `migrate` do not start without it")
    assert said.level == "missing"
    assert "`ordersaga demo` and `up` start the embedded" in said.text


def test_an_engine_is_looked_for_where_the_profile_says(
    found: Look, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    profile = tmp_path / "temporal.toml"
    profile.write_text('[profile.default]\naddress = "127.0.0.1:1"\n')
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(profile))
    said = found.about("Temporal at 127.0.0.1:1 does not answer")
    assert said == Finding("error", "Temporal at 127.0.0.1:1 does not answer: Connection refused")


def test_where_spans_go_is_told_without_the_password(
    found: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found.about("not traced").level == "ok"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "https://me:tell-nobody@spans.example:4318")
    said = found.about("spans go to https://spans.example:4318")
    assert said.level == "ok"
    assert "tell-nobody" not in said.text
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    assert found.about("tracing is off").level == "warning"


def test_no_secret_is_ever_shown(found: Look) -> None:
    found.about("ORDERSAGA_PUBLIC_URL", admin_key="tell-nobody", stripe_key="sk_live_tell")
    assert not any("tell" in one.text for one in examine())


def test_tables_know_how_far_they_are_behind(database: Database) -> None:
    assert behind(database) == ""
