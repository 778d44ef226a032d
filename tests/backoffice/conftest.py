"""What nearly every test of the back office begins with."""

import pytest

from backoffice.database import Database
from tests.backoffice.samples import Trade


@pytest.fixture
def trade(database: Database) -> Trade:
    """A shop with a hundred of each article."""
    return Trade(database)
