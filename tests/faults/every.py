"""Every story there is."""

from tests.faults.changed import CHANGED
from tests.faults.divided import DIVIDED
from tests.faults.stories import STORIES

EVERY = (*STORIES, *DIVIDED, *CHANGED)
"""The first that reaches a point is the one in which it is broken."""
