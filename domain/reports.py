"""Reports of operations: what they say of which orders, and what each figure means.

Every figure is about the same orders: those that were accepted within the period. All counts come
of recorded facts. What each figure counts, and what it leaves out, is in docs/reports.md.
"""

from datetime import datetime
from enum import StrEnum

from pydantic import computed_field

from domain.model import Model
from domain.report_scope import ReportScope
from domain.status import Step


class Share(Model):
    """So many of so many. ``percent`` has two decimals, halves rounded up; None of nothing."""

    count: int
    of: int

    @computed_field
    @property
    def percent(self) -> float | None:
        """The share in percent."""
        return (20_000 * self.count + self.of) // (2 * self.of) / 100 if self.of else None


class Spread(Model):
    """Percentiles of ``n`` measured times, in seconds, by nearest rank: the smallest that so many
    percent of them do not exceed. Each is a time that was measured; None where none was."""

    n: int = 0
    p50: float | None = None
    p90: float | None = None


class StepTimes(Model):
    """How long a step takes, measured once for each order (or shipment) that completed it.

    ``duration`` is the time in which it was being done: all tries up to the first that succeeded;
    of what people and couriers do, from when they could begin to their word. ``waiting`` is the
    time before it and between tries in which nothing else of the order was under way either.
    """

    step: Step
    name: str
    measured: str
    duration: Spread
    waiting: Spread


class StepMistakes(Model):
    """What went wrong at a step. ``tries`` are all facts of it, ``again`` those that were not the
    first. ``failed`` tries got an error or no answer, ``refused`` messages did not fit the order;
    ``declined`` is an ordinary no (a card, a warehouse), and no mistake.

    ``short`` are shipments of which pieces were missing. ``with_mistakes`` are orders with one that
    failed or was refused, a short pick, or a case of this step; of those that have taken it.
    """

    step: Step
    name: str
    tries: int = 0
    again: int = 0
    failed: int = 0
    refused: int = 0
    declined: int = 0
    short: int = 0
    cases: int = 0
    with_mistakes: Share


class PathFigures(Model):
    """One operation against the expected way of orders that have ended and have facts.

    It was ``skipped`` where it was expected and never recorded as done. ``added`` is how often it
    was done beyond that, in ``added_in`` orders.
    """

    step: Step
    operation: str
    skipped: Share
    added: int
    added_in: Share


class Part(StrEnum):
    """The four parts of a perfect order."""

    ON_TIME = "on_time"
    COMPLETE = "complete"
    UNDAMAGED = "undamaged"
    RIGHT_DOCUMENTS = "right_documents"


class Flaw(StrEnum):
    """Why an order is not perfect. Another reason is a member here, its part below, and the orders
    that have it in `backoffice.report_flaws`."""

    LATE = "late"
    NOT_DELIVERED = "not_delivered"
    SHORT = "short"
    SUBSTITUTED = "substituted"
    NOT_CHARGED = "not_charged"
    RETURNED = "returned"
    REISSUED = "reissued"
    INVOICE_TAKEN_BACK = "invoice_taken_back"


PART_OF = {
    Flaw.LATE: Part.ON_TIME,
    Flaw.NOT_DELIVERED: Part.ON_TIME,
    Flaw.SHORT: Part.COMPLETE,
    Flaw.SUBSTITUTED: Part.COMPLETE,
    Flaw.NOT_CHARGED: Part.COMPLETE,
    Flaw.RETURNED: Part.UNDAMAGED,
    Flaw.REISSUED: Part.RIGHT_DOCUMENTS,
    Flaw.INVOICE_TAKEN_BACK: Part.RIGHT_DOCUMENTS,
}


class GroupBy(StrEnum):
    """What orders are told apart by. One in two warehouses, or with two carriers, is in both."""

    ALL = "all"
    CHANNEL = "channel"
    WAREHOUSE = "warehouse"
    CARRIER = "carrier"
    MONTH = "month"


class FlawFigure(Model):
    """How many of the judged orders have a flaw; one order may have several."""

    flaw: Flaw
    part: Part
    orders: Share


class PerfectOrders(Model):
    """How many orders were perfect, and how many of them in each part.

    Not judged, neither perfect nor imperfect: orders that are ``under_way``, that ended
    ``unshipped`` (nothing of them ever left), and ``unpromised`` ones, which came and were promised
    for no day.
    Each share is of those that are judged. An order is judged as a whole, whatever the filter.
    """

    by: GroupBy
    value: str
    orders: int = 0
    under_way: int = 0
    unshipped: int = 0
    unpromised: int = 0
    perfect: Share
    on_time: Share
    complete: Share
    undamaged: Share
    right_documents: Share
    flaws: tuple[FlawFigure, ...]


class OrderCounts(Model):
    """The orders that a report is about. ``without_facts`` have no step fact on record (those that
    came a moment ago, say), so the times and mistakes of steps say nothing of them."""

    accepted: int
    ended: Share
    without_facts: Share


class OrderReport(Model):
    """Everything that is reported of some orders. ``begins`` and ``ends`` are the period's moments;
    the one that it ends with is not in it."""

    scope: ReportScope
    begins: datetime
    ends: datetime
    orders: OrderCounts
    times: tuple[StepTimes, ...]
    mistakes: tuple[StepMistakes, ...]
    path: tuple[PathFigures, ...]
    perfect: PerfectOrders
    groups: tuple[PerfectOrders, ...]
