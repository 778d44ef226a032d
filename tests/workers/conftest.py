"""A till of its own for each test: empty world, empty database."""

from collections.abc import Iterator

import pytest
import stripe

from backoffice.database import Database
from sandbox.client import SandboxClient
from tests.workers.till import Till


@pytest.fixture
def till(
    outside: SandboxClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Till]:
    """The sandbox's own bugs fail the test that brought them out."""
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.02)
    outside.reset()
    opened = Till(outside, database)
    yield opened
    opened.close()
    assert outside.errors() == []
