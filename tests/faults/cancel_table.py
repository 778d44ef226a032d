"""docs/cancel.md, read: for each place and moment what a cancel must end in."""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "cancel.md"


class Moment(StrEnum):
    """When a cancel comes, seen from one place on an order's way."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


@dataclass(frozen=True)
class Place:
    """An activity's point, or a wait."""

    name: str
    is_wait: bool


class Share(StrEnum):
    """How much of an order's money, or goods: all, or what belongs to one of two shipments."""

    NOTHING = "nothing"
    FIRST = "the first's"
    SECOND = "the second's"
    ALL = "all"

    def of(self, whole: int, rest: int) -> int:
        """As much of the whole, the second shipment's part given."""
        return {self.NOTHING: 0, self.FIRST: whole - rest, self.SECOND: rest, self.ALL: whole}[self]


@dataclass(frozen=True)
class Outcome:
    """A row of the second table."""

    name: str
    accepted: bool
    words: str
    status: str
    taken: Share
    given_back: Share
    gone: Share
    labels: int
    mails: frozenset[str]
    maybe: frozenset[str]
    """Mails that may have been on their way."""


@dataclass(frozen=True)
class CancelTable:
    """Both tables."""

    places: dict[Place, dict[Moment, str]]
    outcomes: dict[str, Outcome]


class Door(StrEnum):
    """Where a cancel comes in."""

    API = "api"
    UI = "ui"


@dataclass(frozen=True)
class Cell:
    """One cancel, and what the table says that it ends in."""

    place: Place
    moment: Moment
    door: Door
    outcome: Outcome

    def __str__(self) -> str:
        """As a red line names it."""
        return (
            f"{self.moment} {'wait ' if self.place.is_wait else ''}{self.place.name} ({self.door})"
        )


def cells_of(table: CancelTable) -> list[Cell]:
    """The whole matrix, in the table's sequence."""
    return [
        Cell(place, moment, door, table.outcomes[name])
        for place, row in table.places.items()
        for moment, name in row.items()
        for door in Door
    ]


def read_table() -> CancelTable:
    """The page as it is. Raises ValueError where a row is not understood."""
    places: dict[Place, dict[Moment, str]] = {}
    outcomes: dict[str, Outcome] = {}
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|") or cells[0] in ("Step", "Ending", "---"):
            continue
        if len(cells) == 5:
            places[_place(cells[1])] = dict(zip(Moment, cells[2:], strict=True))
        elif len(cells) == 7:
            outcomes[cells[0]] = _outcome(cells)
        else:
            raise ValueError(f"{PAGE.name}: a row of {len(cells)} cells: {line}")
    unknown = {name for row in places.values() for name in row.values()} - set(outcomes)
    if unknown:
        raise ValueError(f"{PAGE.name}: no ending is called {sorted(unknown)}")
    return CancelTable(places, outcomes)


def _place(cell: str) -> Place:
    name = cell.removeprefix("wait for ")
    return Place(name.replace("`", ""), name != cell)


_MONEY = {
    "nothing taken": (Share.NOTHING, Share.NOTHING),
    "taken": (Share.ALL, Share.NOTHING),
    "taken and given back": (Share.ALL, Share.ALL),
    "the first's taken": (Share.FIRST, Share.NOTHING),
    "the first's taken and given back": (Share.FIRST, Share.FIRST),
    "taken, the second's given back": (Share.ALL, Share.SECOND),
}
_GOODS = {"here": Share.NOTHING, "gone": Share.ALL, "the first's gone": Share.FIRST}


def _outcome(cells: list[str]) -> Outcome:
    name, told, status, money, goods, labels, mails = cells
    sure, _, maybe = mails.partition(", and ")
    words = re.findall('"([^"]+)"', told)
    return Outcome(
        name=name,
        accepted=not told.startswith("refused"),
        words=words[0],
        status=_quoted(status)[0],
        taken=_MONEY[money][0],
        given_back=_MONEY[money][1],
        gone=_GOODS[goods],
        labels=int(labels),
        mails=frozenset(_quoted(sure)),
        maybe=frozenset(_quoted(maybe)),
    )


def _quoted(cell: str) -> list[str]:
    return re.findall("`([^`]+)`", cell)
