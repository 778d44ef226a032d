"""Which service carries a shipment: by policy, by what carriers sell, and by what it may cost."""

from collections.abc import Callable

from temporalio import workflow

from activities.shipping import AskQuotes, ShippingActivities
from domain.cases import CaseAnswer, CaseKind
from domain.clocks import zone_in
from domain.money import Money
from domain.shipping import Choice, Quote, choose_service
from workflows.interruptions import Overtaken
from workflows.promise import promise_by
from workflows.shipment import Shipment
from workflows.trouble import Trouble

_TRIES = 2
"""A carrier that sells no label is asked with fresh rates once more; then the next one is."""


class Rates:
    """The rates for one shipment's parcels, from the first question to the labels."""

    def __init__(self, shipment: Shipment, overtaken: Callable[[], bool]) -> None:
        """Nobody was asked yet. ``overtaken`` says that other parcels are to be booked."""
        self._shipment = shipment
        self._overtaken = overtaken
        self._unsold: dict[tuple[str, str], int] = {}
        self._errors: list[str] = []
        self.choice: Choice | None = None
        self._lacks: tuple[str, ...] = ()
        self._no_rate = Trouble(shipment.desk, CaseKind.NO_RATE, shipment.id)
        self._no_label = Trouble(shipment.desk, CaseKind.LABEL_FAILED, shipment.id)

    async def choose(self, version: int) -> tuple[Quote, ...]:
        """One rate for each parcel, of the service that policy chooses.

        Raises:
            Stopped: the order is being cancelled.
            Overtaken: other parcels are to be booked.
        """
        shipment, desk = self._shipment, self._shipment.desk
        while True:
            await desk.until(
                lambda: not shipment.address_pending, None, "the new address to be known"
            )
            shipment.moved = False
            request = AskQuotes(
                order_id=desk.order_id,
                shop=desk.shop,
                shipment=shipment.id,
                warehouse=shipment.warehouse,
                sequence=version,
                parcels=shipment.parcels,
            )
            answer = await desk.call(ShippingActivities.quote, request, "ask for rates")
            choice = self._by_policy(answer.quotes)
            self._lacks = answer.lacks
            if choice is None and not shipment.goes_elsewhere:
                await self._nobody_carries()
            if choice is not None and not await self._too_dear(choice.quotes):
                self.choice = choice
                return choice.quotes

    def check_overtaken(self) -> None:
        """Buy nothing for parcels that are not to be booked any more.

        Raises:
            Overtaken: other parcels are to be booked, or these have left.
        """
        if self._overtaken():
            raise Overtaken("ask for rates")

    async def not_sold(self, quotes: tuple[Quote, ...], error: str) -> None:
        """A carrier sells no label: it is tried once more, then the next one by policy."""
        carrier, service = quotes[0].carrier, quotes[0].service
        if not workflow.patched("another-carrier-is-tried"):
            await self._no_label.ask(
                f"{carrier} {service} sells no label: {error}",
                (CaseAnswer.RETRY, CaseAnswer.CANCEL),
            )
            return
        tries = self._unsold[carrier, service] = self._unsold.get((carrier, service), 0) + 1
        if tries == _TRIES:
            self._errors.append(f"{carrier} {service}: {error}")
        if self._shipment.label_cost is None:
            self._shipment.label_cost = _cost(quotes)

    def _by_policy(self, quotes: tuple[Quote, ...]) -> Choice | None:
        desk = self._shipment.desk
        calendar = desk.policy.courier_calendar
        return choose_service(
            [one for one in quotes if self._unsold.get((one.carrier, one.service), 0) < _TRIES],
            self._shipment.parcels,
            calendar,
            workflow.now(),
            promise_by(desk),
            zone_in(desk.clocks, calendar.time_zone),
            desk.policy.rate_choice,
        )

    async def _nobody_carries(self) -> None:
        answers = (CaseAnswer.RETRY, CaseAnswer.CANCEL)
        if self._errors:
            await self._no_label.ask(f"Nobody sells a label. {'; '.join(self._errors)}", answers)
            self._ask_all_again()
        elif self._lacks:
            await self._no_rate.ask(
                f"{', '.join(self._lacks)} cannot cross the border: the catalogue has no HS code "
                "or origin for customs. Put them in the catalogue and answer retry",
                answers,
            )
        else:
            await self._no_rate.ask(
                "No carrier offers a rate for every parcel; check address and weights", answers
            )

    def _ask_all_again(self) -> None:
        self._unsold.clear()
        self._errors.clear()

    async def _too_dear(self, quotes: tuple[Quote, ...]) -> bool:
        """Whether a person wants other rates than these, which cost more than the labels before.

        Nobody answers: they are paid, or the customer would wait for what costs the shop little.
        """
        shipment, desk = self._shipment, self._shipment.desk
        before = shipment.label_cost
        more = 0 if before is None else _cost(quotes) - before
        if more <= desk.policy.label_extra:
            return False
        extra = Money(amount=more, currency=quotes[0].cost.currency)
        answer = await desk.ask(
            CaseKind.LABEL_COSTS_MORE,
            f"{quotes[0].carrier} {quotes[0].service} costs {extra} more than what was chosen "
            f"first{self._because()}. accept pays it, retry asks for rates again; parcels that are "
            "packed otherwise and reported again are booked instead. Without an answer: accept",
            (CaseAnswer.ACCEPT, CaseAnswer.RETRY, CaseAnswer.CANCEL),
            shipment.id,
            unless=lambda: shipment.inbox.gone or shipment.goes_elsewhere or self._overtaken(),
            otherwise=CaseAnswer.ACCEPT,
        )
        self.check_overtaken()
        if answer is CaseAnswer.RETRY:
            self._ask_all_again()
        elif answer is CaseAnswer.ACCEPT:
            shipment.label_cost = _cost(quotes)
        return answer is CaseAnswer.RETRY or shipment.goes_elsewhere

    def _because(self) -> str:
        return f" ({'; '.join(self._errors)})" if self._errors else ""


def _cost(quotes: tuple[Quote, ...]) -> int:
    return sum(quote.cost.amount for quote in quotes)
