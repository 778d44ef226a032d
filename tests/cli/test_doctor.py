"""What `ordersaga doctor` says of an environment."""

import pytest

from backoffice.database import Database
from backoffice.migrating import behind
from cli.doctor import Finding, examine
from runtime.embedded_postgres import EmbeddedPostgres


class Look:
    """Looks at an environment that a test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

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
    assert found.about("does not answer", database_url=away).level == "missing"


def test_a_database_that_was_not_migrated_is_a_finding(
    found: Look, postgres: EmbeddedPostgres
) -> None:
    url = postgres.create_database("not_migrated")
    assert found.about("ordersaga migrate", database_url=url).level == "missing"


def test_a_database_of_this_release_is_well(found: Look, database_url: str) -> None:
    assert found.about("this release", database_url=database_url).level == "ok"


def test_a_key_that_is_none_is_a_finding(found: Look) -> None:
    said = found.about("SENDGRID_WEBHOOK_KEY:", sendgrid_webhook_key="zzz")
    assert said.level == "missing"


def test_an_admin_key_that_can_be_guessed_is_a_warning(found: Look) -> None:
    assert found.about("guessed", admin_key="a").level == "warning"


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
