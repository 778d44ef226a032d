"""A provider's list, read from both ends: forward from what is on record, back to its beginning.

Each page is on record, with how far it leads, before the next one is asked for. So a list of years
is read in parts, and whoever dies in between is followed by somebody who goes on at that page.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from backoffice.movements import Reading
from domain.movements import ListPage

PAGES = 20
"""Pages at one go: a process that is told to stop waits for no more."""

Page = TypeVar("Page", bound=ListPage)


@dataclass(frozen=True)
class Ends(Generic[Page]):
    """How a list is asked for a page that is newer or older than a name, and how one is kept."""

    newer: Callable[[str], Page]
    older: Callable[[str], Page]
    keep: Callable[[Page, Reading], None]

    def read_on(self, reading: Reading) -> bool:
        """Some pages more; whether all of the list is on record now."""
        for _ in range(PAGES):
            page = self.newer(reading.newest)
            reading, ahead = _forth(reading, page)
            self.keep(page, reading)
            if not ahead:
                break
        else:
            return False
        for _ in range(PAGES):
            if reading.complete or not reading.oldest:
                return True
            page = self.older(reading.oldest)
            reading = replace(reading, oldest=page.oldest or reading.oldest, complete=not page.more)
            self.keep(page, reading)
        return reading.complete


def _forth(reading: Reading, page: ListPage) -> tuple[Reading, bool]:
    """How far a page of what is newer leads, and whether there is still newer. The very first page
    is the newest one: its rest lies behind it."""
    if not page.newest:
        return reading, False
    if not reading.newest:
        first = replace(reading, newest=page.newest, oldest=page.oldest, complete=not page.more)
        return first, False
    return replace(reading, newest=page.newest), page.more
