"""Which unhappy branches a run was to meet, and which of them it met.

A branch is drawn for an order when the run is planned, and met when ledgers and record say that
the order went that way. What is drawn need not come: a cancel may be quicker. A branch that no
order of a run met proves nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cli.chaos import complaints, days, hours
from cli.chaos.bodies import BAD_CARDS, RISKY_CARD, SCARCE
from cli.chaos.evidence import Evidence
from cli.chaos.plan import OrderPlan
from cli.chaos.shop import INSTEAD
from cli.chaos.transfers import Paying

ENOUGH = 5
"""A branch that was drawn for so many orders is one that the run's rates promise."""


@dataclass(frozen=True)
class Branch:
    """One way that an order may go, by which plans it is drawn, and by what it is known."""

    name: str
    drawn: Callable[[OrderPlan], bool]
    met: Callable[[Evidence], bool]


@dataclass(frozen=True)
class Count:
    """For how many orders a branch was drawn, and how many went that way."""

    name: str
    drawn: int
    met: int

    @property
    def missed(self) -> bool:
        """Whether it was promised and never met."""
        return self.drawn >= ENOUGH and not self.met


def counts(files: Sequence[Evidence]) -> list[Count]:
    """Every branch, with how many orders were to go that way and how many went."""
    return [
        Count(
            branch.name,
            sum(branch.drawn(file.placed.plan) for file in files),
            sum(branch.met(file) for file in files),
        )
        for branch in BRANCHES
    ]


def _was(status: str) -> Callable[[Evidence], bool]:
    return lambda file: any(one["status"] == status for one in file.page.get("transitions", ()))


def _card(plan: OrderPlan) -> str:
    return str(plan.body["payment"].get("payment_method", ""))


def _pays(paying: Paying) -> Callable[[OrderPlan], bool]:
    return lambda plan: plan.transfer is not None and plan.transfer.paying is paying


def _paid(*ways: Paying, ending: str = "payment_secured") -> Callable[[Evidence], bool]:
    """By how the customer paid, and what the order came to by it."""
    came = _was(ending)
    names = {way.value for way in ways}
    return lambda file: file.placed.paid in names and came(file)


def _by_transfer(paying: Paying, ending: str = "payment_secured") -> Branch:
    name = f"a bank transfer comes {paying.value}"
    return Branch(name, _pays(paying), _paid(paying, ending=ending))


def _substituted(state: str) -> Callable[[Evidence], bool]:
    return lambda file: any(one["state"] == state for one in file.page.get("substitutions", ()))


def _instead(plan: OrderPlan) -> bool:
    lacking = {fault.params["line"] for fault in plan.faults if "short" in fault.params}
    skus = {line["sku"] for line in plan.body["lines"] if line["id"] in lacking}
    return plan.short_pick == "substitute" and bool(skus & INSTEAD.keys())


def _lacks(plan: OrderPlan) -> bool:
    return any(fault.kind == "short_pick" and "short" in fault.params for fault in plan.faults)


def _complains(plan: OrderPlan) -> bool:
    return plan.complaint is not None


def _cancels(plan: OrderPlan) -> bool:
    return plan.cancel is not None


def _scarce(plan: OrderPlan) -> bool:
    return any(line["sku"] in SCARCE for line in plan.body["lines"])


def _short(file: Evidence) -> bool:
    picks = (one for one in file.entries if one.kind == "picked")
    return any(line.get("short") for pick in picks for line in pick.data["lines"])


def _amended(file: Evidence) -> bool:
    return any(not one["refused"] for one in file.page.get("amendments", ()))


def _amendment_refused(file: Evidence) -> bool:
    return any(one["refused"] for one in file.page.get("amendments", ()))


BRANCHES: tuple[Branch, ...] = (
    Branch("a card is declined", lambda plan: _card(plan) in BAD_CARDS, _was("awaiting_payment")),
    _by_transfer(Paying.IN_FULL),
    _by_transfer(Paying.IN_PARTS),
    _by_transfer(Paying.TOO_MUCH),
    _by_transfer(Paying.TWICE),
    _by_transfer(Paying.A_PART, "declined"),
    _by_transfer(Paying.LATE, "declined"),
    _by_transfer(Paying.NEVER, "declined"),
    _by_transfer(Paying.ASTRAY, "awaiting_payment"),
    Branch("held for review", lambda plan: _card(plan) == RISKY_CARD, _was("in_review")),
    Branch("goods are waited for", _scarce, _was("backordered")),
    Branch("several shipments", _scarce, lambda file: len(file.page.get("shipments", ())) > 1),
    Branch("pieces are missing", _lacks, _short),
    Branch("a substitute is taken", _instead, _substituted("accepted")),
    Branch("a substitute is refused", _instead, _substituted("refused")),
    Branch("a substitute is not answered", _instead, _substituted("unanswered")),
    Branch(
        "customs data are missing",
        lambda plan: bool(plan.undeclared),
        lambda file: any(
            one["kind"] == "no_rate" and file.placed.plan.undeclared in one["reason"]
            for one in file.cases
            if file.placed.plan.undeclared
        ),
    ),
    Branch("a later day is told", lambda plan: plan.too_soon, days.told_of_a_later_day),
    Branch(
        "delivered late",
        lambda plan: plan.too_soon,
        lambda file: file.page.get("delivered_late") is True,
    ),
    Branch("waits for working hours", lambda plan: plan.forgotten, hours.waited_for_hours),
    Branch("cancelled before the capture", _cancels, _was("cancelling")),
    Branch("recalled after the capture", _cancels, _was("recalling")),
    Branch("amended", lambda plan: plan.amend is not None, _amended),
    Branch("an amendment is refused", lambda plan: plan.amend is not None, _amendment_refused),
    Branch(
        "staff give money back",
        lambda plan: plan.goodwill is not None,
        lambda file: file.placed.given_back > 0,
    ),
    Branch("a complaint is solved", _complains, lambda file: complaints.ended("solved")(file.page)),
    Branch(
        "a complaint is declined", _complains, lambda file: complaints.ended("declined")(file.page)
    ),
    Branch(
        "an offer for a complaint is refused",
        lambda plan: plan.complaint is not None and plan.complaint.says == "refuse",
        lambda file: complaints.was_refused(file.page),
    ),
)
