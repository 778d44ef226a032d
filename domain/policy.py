"""What a shop decides beforehand, so that a workflow need not ask anybody."""

from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from domain.backorder import OutOfStock
from domain.calendar import WorkingCalendar
from domain.cases import CaseAnswer
from domain.hours import WorkingHours
from domain.model import Model, unsaid
from domain.money import Currency
from domain.routing import Route, RouteBy, SplitOrders
from domain.shipping import LabelFormat, RateChoice, ServiceLevel

Percent = Annotated[int, Field(ge=0, le=100)]
Patience = Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=365))]


class ShortPick(StrEnum):
    """What becomes of an order when pieces of it are missing for good.

    Staff are asked; what is there ships; lines that lack a piece are left out whole; or the
    order waits until the warehouse has picked it anew; or the customer is offered something else.
    """

    ASK = "ask"
    SHIP = "ship"
    DROP_LINE = "drop_line"
    WAIT = "wait"
    SUBSTITUTE = "substitute"


class SubstitutePrice(StrEnum):
    """What goes in place of something else costs as that, or its own price where that is lower.

    Never more: that the shop has not what was ordered costs the customer nothing.
    """

    LOWER = "lower"
    AS_ORDERED = "as_ordered"


class Policy(Model):
    """A shop's rules. An order keeps those that held when it was accepted.

    Spans of time are ISO 8601: `P3D` is three days, `PT4H` four hours.
    """

    model_config = ConfigDict(use_attribute_docstrings=True)

    out_of_stock: OutOfStock = OutOfStock.REFUSE
    """An order for more than there is: `refuse` ends it, `hold_all` lets it wait whole."""
    routing: RouteBy = RouteBy.PRIORITY
    """Which warehouse is asked first: by its `priority`, or the `nearest`, one in the country that
    the parcel goes to."""
    split: SplitOrders = SplitOrders.NEVER
    """Whether an order that no warehouse has whole comes from several (`when_needed`), each with a
    parcel of its own, or counts as more than there is (`never`)."""
    reroute_on_reject: Annotated[bool, unsaid(False)] = False
    """Whether what a warehouse rejects goes from another one that has all of it, without asking
    anybody."""
    backorder_within: Patience = timedelta(days=30)
    """How long an order waits for its goods; then it ends as out of stock."""
    ask_before_backorder_ends: Annotated[timedelta, Field(ge=timedelta(0))] = timedelta(0)
    """How long before that end staff are asked whether it waits on; 0 asks nobody."""
    pay_within: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=30))] = timedelta(
        days=3
    )
    """How long a customer whose payment failed may pay otherwise; 0 declines at once."""
    transfer_within: Patience = timedelta(days=7)
    """How long a customer who pays by bank transfer may take, until the money is here."""
    transfer_reminder: Annotated[timedelta, Field(ge=timedelta(0))] = timedelta(days=2)
    """How long before that they are reminded of it; 0 reminds nobody."""
    renew_before: Patience = timedelta(days=1)
    """How long before an authorization lapses it is made anew."""
    short_pick: ShortPick = ShortPick.ASK
    """What becomes of an order of which the warehouse cannot find every piece."""
    substitute_within: Patience = timedelta(days=1)
    """How long a customer may think about what is offered in place of missing pieces."""
    substitute_unanswered: Literal[
        CaseAnswer.SHIP, CaseAnswer.DROP_LINE, CaseAnswer.WAIT, CaseAnswer.CANCEL
    ] = CaseAnswer.SHIP
    """What becomes of missing pieces in whose place nothing goes: nothing fits, or the customer
    does not want it, or says nothing."""
    substitute_price: SubstitutePrice = SubstitutePrice.LOWER
    """What a substitute costs: the lower of both prices, or as much as what was ordered."""
    ask_despite_welcome: bool = False
    """Whether customers are asked as well who said with their order that substitutes are
    welcome."""
    review_above: dict[Currency, Annotated[int, Field(ge=0, le=10**13)]] = Field(
        default_factory=dict
    )
    """A total above this, in the currency's minor unit, is looked at before it is fulfilled."""
    review_when_countries_differ: bool = False
    """Whether an order billed to one country and shipped to another is looked at as well."""
    review_within: Patience = timedelta(days=1)
    """How long staff may look at an order that is held for review."""
    review_unanswered: Literal[CaseAnswer.RELEASE, CaseAnswer.REJECT] = CaseAnswer.REJECT
    """What becomes of an order that nobody looked at within ``review_within``."""
    warehouse_hours: Annotated[WorkingHours | None, unsaid(None)] = None
    """When the warehouse works. `pick_within`, `pack_within`, `hand_over_within` and
    `recall_answer_within` count these hours alone; without it they run round the clock."""
    support_hours: Annotated[WorkingHours | None, unsaid(None)] = None
    """When staff answer. `case_answer_within` and `review_within` count these hours alone; without
    it they run round the clock."""
    pick_within: Patience = timedelta(days=3)
    """How long the warehouse may take to pick; then staff are told."""
    pack_within: Patience = timedelta(days=2)
    """How long it may take to pack what is picked; then staff are told."""
    hand_over_within: Patience = timedelta(days=2)
    """How long a released parcel may wait for the courier; then staff are told."""
    deliver_within: Patience = timedelta(days=14)
    """How long the courier may take, where no day was promised; then staff are told."""
    recall_answer_within: Patience = timedelta(hours=4)
    """How long the warehouse may look for a recalled parcel; then staff are told."""
    case_answer_within: Patience = timedelta(days=2)
    """How long staff may take to answer a case; then it is decided without them."""
    give_up_after: Patience = timedelta(days=14)
    """How long a trouble that nobody answers is tried again before the order is cancelled."""
    handling_time: Annotated[
        timedelta, Field(ge=timedelta(0), le=timedelta(days=90)), unsaid(timedelta(0))
    ] = timedelta(0)
    """How long an order takes from its acceptance to the dock, of `warehouse_hours` where there are
    some. The promise to the customer counts from then: the next collection by `courier_calendar`
    (its `cut_off`), and the service level's `transit_days`."""
    transit_days: dict[ServiceLevel, Annotated[int, Field(ge=1, le=60)]] = Field(
        default_factory=lambda: {
            ServiceLevel.ECONOMY: 8,
            ServiceLevel.STANDARD: 5,
            ServiceLevel.EXPRESS: 2,
        }
    )
    """How many working days each service level takes; one that is not named is not offered."""
    courier_calendar: WorkingCalendar = WorkingCalendar()
    """When the courier collects."""
    rate_choice: Annotated[RateChoice, unsaid(RateChoice.CHEAPEST_IN_TIME)] = (
        RateChoice.CHEAPEST_IN_TIME
    )
    """Which rate is bought: the cheapest that keeps the promise to the customer, and where none
    does the fastest; or always the cheapest, or the fastest."""
    label_extra: Annotated[int, Field(ge=0)] = 500
    """How much more labels may cost than those that were chosen first, in their currency's minor
    unit, before a person is asked: for a new address, for parcels that were packed otherwise than
    booked, or because a carrier sells none."""
    label_within: Patience = timedelta(hours=4)
    """How long a carrier may take to make a label; then it counts as not sold."""
    label_format: LabelFormat = LabelFormat.PDF_4X6
    """What the label printer takes."""
    max_parcel_grams: Annotated[int, Field(gt=0)] = 25_000
    """What a parcel may weigh; what is heavier goes in several."""
    weight_tolerance_percent: Percent = 15
    """How much a packed parcel may differ from the weight that was booked, in percent of it."""
    weight_tolerance_grams: Annotated[int, Field(ge=0)] = 250
    """The same in grams; the larger of the two counts."""
    packaging_grams: Annotated[int, Field(ge=0)] = 150
    """What an empty carton weighs."""
    dispute_answer_before: Annotated[Patience, unsaid(timedelta(days=2))] = timedelta(days=2)
    """How long before the bank's own day a dispute is answered at the latest: until then staff may
    decide."""
    dispute_unanswered: Annotated[
        Literal[CaseAnswer.SUBMIT, CaseAnswer.ACCEPT], unsaid(CaseAnswer.SUBMIT)
    ] = CaseAnswer.SUBMIT
    """What becomes of a dispute that nobody decides about: the evidence on record is sent
    (`submit`), or the money is left to the customer (`accept`)."""
    complaints_within: Annotated[
        timedelta,
        Field(ge=timedelta(0), le=timedelta(days=365)),
        unsaid(timedelta(days=7)),
    ] = timedelta(days=7)
    """How long after the last parcel's end a customer may complain; so long the order stays open,
    or until the last complaint has ended. 0 ends it with the parcel, or with the review."""
    refund_without_asking: Annotated[
        dict[Currency, Annotated[int, Field(ge=0, le=10**13)]], unsaid({})
    ] = Field(default_factory=dict)
    """An order's first complaint about pieces that come to no more than this, in the currency's
    minor unit, is refunded without asking staff."""
    complaint_unanswered: Annotated[
        Literal[CaseAnswer.WAIT, CaseAnswer.REFUND, CaseAnswer.REJECT], unsaid(CaseAnswer.WAIT)
    ] = CaseAnswer.WAIT
    """What becomes of a complaint that staff do not answer within ``case_answer_within``: its case
    stays open, overdue (`wait`); its price is offered (`refund`), or it is declined (`reject`)."""
    solution_within: Annotated[Patience, unsaid(timedelta(days=7))] = timedelta(days=7)
    """How long a customer may think about what is offered for a complaint."""
    solution_unanswered: Annotated[
        Literal[CaseAnswer.ACCEPT, CaseAnswer.REJECT], unsaid(CaseAnswer.ACCEPT)
    ] = CaseAnswer.ACCEPT
    """What a customer's silence means: they take what is offered (`accept`), or nothing."""
    lost_parcel: Annotated[Literal[CaseAnswer.WAIT, CaseAnswer.REFUND], unsaid(CaseAnswer.WAIT)] = (
        CaseAnswer.WAIT
    )
    """What is offered for a parcel that the courier has lost or brings back: what staff say
    (`wait`), or its price at once (`refund`)."""
    lost_after: Annotated[Patience, unsaid(timedelta(days=7))] = timedelta(days=7)
    """How long after it was due a parcel of which no courier reports anything counts as lost."""
    ask_for_reviews: bool = True
    """Whether customers are asked for a review."""
    review_after: Patience = timedelta(days=7)
    """How long after the delivery they are asked."""

    def for_replacements(self) -> "Policy":
        """The rules for what is sent once more: it does not wait for goods, as the customer may
        have something else, and nobody looks once more at whom it goes to."""
        return self.model_copy(
            update={
                "out_of_stock": OutOfStock.REFUSE,
                "review_above": {},
                "review_when_countries_differ": False,
            }
        )

    def route(self, country: str) -> Route:
        """How an order that goes to this country finds its warehouse."""
        return Route(by=self.routing, to=country, splits=self.split is SplitOrders.WHEN_NEEDED)


_BY_WAREHOUSE = (
    "pick_within",
    "pack_within",
    "hand_over_within",
    "recall_answer_within",
    "handling_time",
)
_BY_SUPPORT = ("case_answer_within", "review_within")
_MOST_WEEKS = 104


def problems_of_calendars(policy: Policy) -> Iterator[tuple[str, str]]:
    """What calendars no shop is set up with, by field, in words."""
    for field, words in policy.courier_calendar.problems():
        yield f"courier_calendar.{field}", words
    pairs = ((policy.warehouse_hours, _BY_WAREHOUSE), (policy.support_hours, _BY_SUPPORT))
    for hours, fields in pairs:
        if hours is None:
            continue
        for field in fields:
            weeks = getattr(policy, field) / hours.weekly
            if weeks > _MOST_WEEKS:
                weekly = hours.weekly / timedelta(hours=1)
                words = f"with {weekly:.4g} working hours a week this is {weeks:.0f} weeks"
                yield field, f"{words}; at most {_MOST_WEEKS}"
