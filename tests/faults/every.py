"""Every story there is."""

from tests.faults.aftercare import AFTERCARE
from tests.faults.changed import CHANGED
from tests.faults.divided import DIVIDED
from tests.faults.elsewhere import ELSEWHERE
from tests.faults.stories import STORIES
from tests.faults.transferred import TRANSFERRED

EVERY = (*STORIES, *DIVIDED, *CHANGED, *TRANSFERRED, *ELSEWHERE, *AFTERCARE)
"""The first that reaches a point is the one in which it is broken."""
