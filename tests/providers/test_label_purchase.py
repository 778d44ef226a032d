"""Labels for many parcels, from a slow courier: each try ends in time, and the next goes on."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.shipping import (
    AskQuotes,
    BoughtLabels,
    BuyLabels,
    ShippingActivities,
    VoidLabels,
)
from domain.address import Address, Seller
from domain.attempt import Attempt
from domain.record import Commit, Committed, OrderOnRecord
from domain.shipping import Label, LabelError, LabelFormat, PlannedParcel, Quote
from domain.warehouse import CustomsLine
from providers.shippo_shipping import ShippoCourier
from sandbox.client import SandboxClient
from tests.providers.samples import ORDER, PARCEL, SHIPMENT, on_record
from tests.providers.shippo_looks import ZPL, bought
from workflows.calls import ONE_TRY

PARCELS = 20


@dataclass
class SlowCourier:
    """Shippo's adapter, each of whose calls takes as long as it may, by a clock of its own."""

    courier: ShippoCourier
    now: float = 0.0

    @property
    def look_seconds(self) -> float:
        return self.courier.look_seconds

    @property
    def call_seconds(self) -> float:
        return self.courier.call_seconds

    def quotes(
        self,
        order_id: str,
        parcel: PlannedParcel,
        sender: Seller,
        to: Address,
        currency: str,
        customs: tuple[CustomsLine, ...],
    ) -> tuple[Quote, ...]:
        self.now += self.call_seconds
        return self.courier.quotes(order_id, parcel, sender, to, currency, customs)

    def buy(
        self,
        attempt: Attempt,
        label: str,
        quote: Quote,
        form: LabelFormat,
        unwanted: Callable[[], bool],
    ) -> Label | LabelError:
        self.now += self.call_seconds + (self.look_seconds if attempt.repeated else 0)
        return self.courier.buy(attempt, label, quote, form, unwanted)

    def bought(self, label: str, quote: Quote, form: LabelFormat) -> tuple[Label, ...]:
        self.now += self.look_seconds
        return self.courier.bought(label, quote, form)

    def void(self, attempt: Attempt, transaction: str) -> bool:
        self.now += self.call_seconds
        return self.courier.void(attempt, transaction)


@dataclass
class Books:
    """What is on record, in memory."""

    labels: dict[str, Label] = field(default_factory=dict[str, Label])
    void: set[str] = field(default_factory=set[str])

    def commit(self, commit: Commit) -> Committed:
        for label in commit.labels:
            self.labels.setdefault(label.id, label)
        self.void |= set(commit.voided)
        return Committed(labels=tuple(self.labels[label.id] for label in commit.labels))

    def order(self, order_id: str) -> OrderOnRecord:
        assert order_id == ORDER
        return on_record()

    def bought(self, label: str) -> Label | None:
        return None if label in self.void else self.labels.get(label)

    def is_void(self, label: str) -> bool:
        return label in self.void

    def customs_today(self, shipment: str) -> tuple[CustomsLine, ...]:
        return self.customs_of(shipment)

    def customs_of(self, shipment: str) -> tuple[CustomsLine, ...]:
        assert shipment == SHIPMENT
        return ()

    def sender(self, seller: Seller, shop: str, code: str) -> Seller:
        return seller


@dataclass
class Engine:
    """Tries an activity again and again, as Temporal does; ``longest`` is its longest try."""

    slow: SlowCourier
    books: Books
    details: list[Any] = field(default_factory=list[Any])
    attempt: int = 0
    longest: float = 0.0

    def activities(self) -> ShippingActivities:
        return ShippingActivities(
            self.slow, self.books, self.books, self.books, self.books, clock=lambda: self.slow.now
        )

    def one_try(self, activity: Callable[[Any], Any], request: Any, after: timedelta) -> Any:
        self.attempt += 1
        environment = ActivityEnvironment()
        began = datetime(2026, 5, 4, 12, tzinfo=UTC)
        environment.info = replace(
            environment.info,
            attempt=self.attempt,
            heartbeat_details=self.details,
            start_to_close_timeout=ONE_TRY,
            scheduled_time=began,
            current_attempt_scheduled_time=began + after,
        )

        def beat(*details: Any) -> None:
            self.details = [json.loads(one.model_dump_json()) for one in details]

        environment.on_heartbeat = beat
        started = self.slow.now
        try:
            return environment.run(activity, request)
        finally:
            self.longest = max(self.longest, self.slow.now - started)

    def until_done(
        self,
        activity: Callable[[Any], Any],
        request: Any,
        most: int = 30,
        after: timedelta = timedelta(0),
    ) -> Any:
        for _ in range(most):
            try:
                return self.one_try(activity, request, after)
            except ApplicationError as failure:
                if failure.non_retryable:
                    raise
        raise AssertionError(f"not done after {most} tries")


@pytest.fixture
def engine(courier: ShippoCourier) -> Engine:
    return Engine(SlowCourier(courier), Books())


@pytest.fixture
def quotes(quote: Quote) -> tuple[Quote, ...]:
    names = (f"{SHIPMENT}-p{number}" for number in range(1, PARCELS + 1))
    return tuple(quote.model_copy(update={"parcel": name}) for name in names)


def purchase(quotes: tuple[Quote, ...], **more: Any) -> BuyLabels:
    return BuyLabels(
        order_id=ORDER, shop="mugs", shipment=SHIPMENT, quotes=quotes, format=ZPL, **more
    )


def test_no_try_outlives_its_time_and_each_parcel_has_one_label(
    sandbox: SandboxClient, engine: Engine, quotes: tuple[Quote, ...]
) -> None:
    result = engine.until_done(engine.activities().buy, purchase(quotes))
    assert isinstance(result, BoughtLabels)
    assert [label.parcel for label in result.labels] == [quote.parcel for quote in quotes]
    assert len(bought(sandbox)) == PARCELS
    assert 1 < engine.attempt <= 10
    assert engine.longest <= ONE_TRY.total_seconds()


def test_what_an_unknown_try_bought_is_found_and_the_next_tries_go_on(
    sandbox: SandboxClient, engine: Engine, quotes: tuple[Quote, ...]
) -> None:
    sandbox.fault("shippo", "create_transaction", "drop_after", nth=2)
    result = engine.until_done(engine.activities().buy, purchase(quotes[:6]))
    assert len(result.labels) == 6
    assert len(bought(sandbox)) == 6
    assert engine.longest <= ONE_TRY.total_seconds()


def test_labels_that_were_given_back_are_not_taken_for_bought(
    sandbox: SandboxClient, engine: Engine, quotes: tuple[Quote, ...]
) -> None:
    sandbox.fault("shippo", "create_transaction", "label_error", nth=6, text="no capacity")
    result = engine.until_done(engine.activities().buy, purchase(quotes[:6]))
    assert result.error
    assert engine.attempt > 1
    engine.attempt += 1  # its answer is lost on the way to the engine, and it is tried again
    result = engine.until_done(engine.activities().buy, purchase(quotes[:6]))
    live = [
        one.id
        for quote in quotes[:6]
        for one in engine.slow.courier.bought(f"{quote.parcel}-l1", quote, ZPL)
    ]
    assert sorted(label.id for label in result.labels) == sorted(live)
    assert len(live) == 6


def test_a_label_that_is_on_record_is_not_bought_for_another_rate(
    sandbox: SandboxClient, engine: Engine, quotes: tuple[Quote, ...]
) -> None:
    """As by an order that was reset: its rates are asked for anew, and nothing is known by them."""
    (first,) = engine.until_done(engine.activities().buy, purchase(quotes[:1])).labels
    other = quotes[0].model_copy(update={"rate": "another"})
    again = Engine(engine.slow, engine.books, attempt=1)
    assert again.until_done(again.activities().buy, purchase((other,))).labels == (first,)
    assert len(bought(sandbox)) == 1


def test_who_was_held_up_at_the_courier_gives_back_what_another_try_has_bought_as_well(
    sandbox: SandboxClient,
    engine: Engine,
    quotes: tuple[Quote, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As by a worker that was paused for longer than a try has: none comes after it."""
    courier, zombie = engine.slow.courier, Engine(engine.slow, engine.books)
    buy = courier.buy

    def held_up(*arguments: Any) -> Label | LabelError:
        monkeypatch.setattr(courier, "buy", buy)
        kept.extend(engine.until_done(engine.activities().buy, purchase(quotes[:1])).labels)
        engine.slow.now += ONE_TRY.total_seconds()
        return buy(*arguments)

    kept: list[Label] = []
    monkeypatch.setattr(courier, "buy", held_up)
    with pytest.raises(ApplicationError, match="going on"):
        zombie.one_try(zombie.activities().buy, purchase(quotes[:1]), timedelta(0))
    assert len(bought(sandbox)) == 2
    assert courier.bought(f"{quotes[0].parcel}-l1", quotes[0], ZPL) == tuple(kept)


def test_a_label_that_is_void_on_record_is_not_bought_any_more(
    sandbox: SandboxClient, engine: Engine, quotes: tuple[Quote, ...]
) -> None:
    """As by a worker that was paused, and goes on after the order was cancelled."""
    request = VoidLabels(
        order_id=ORDER, shop="mugs", shipment=SHIPMENT, quotes=quotes[:1], format=ZPL
    )
    engine.until_done(engine.activities().void, request)
    zombie = Engine(engine.slow, engine.books)
    with pytest.raises(ApplicationError, match="given up") as refused:
        zombie.one_try(zombie.activities().buy, purchase(quotes[:1]), timedelta(0))
    assert refused.value.type == "Refused"
    answer = zombie.one_try(zombie.activities().buy, purchase(quotes[:1]), timedelta(0))
    assert (answer.labels, answer.error) == ((), f"label {quotes[0].parcel}-l1 was given up")
    assert bought(sandbox) == []


HOURS = timedelta(hours=1)


def hanging(sandbox: SandboxClient, engine: Engine, quotes: tuple[Quote, ...], then: str) -> Any:
    """A purchase whose second label hangs until it was given up, and then comes to what it may."""
    fault = "label_stuck" if then == "hangs" else "label_queued"
    more: dict[str, Any] = {} if then == "hangs" else {"seconds": 3600, "outcome": then}
    sandbox.fault("shippo", "create_transaction", fault, nth=2, **more)
    request = purchase(quotes[:3], made_within=HOURS)
    given_up = engine.until_done(engine.activities().buy, request, after=HOURS)
    assert "being made" in given_up.error
    return request


@pytest.mark.parametrize("then", ["success", "error", "hangs"])
def test_a_label_that_was_given_up_is_not_sold_by_the_next_try_whatever_became_of_it(
    sandbox: SandboxClient, engine: Engine, quotes: tuple[Quote, ...], then: str
) -> None:
    """As by a worker that has put it on record as void, and dies before it can say so."""
    request = hanging(sandbox, engine, quotes, then)
    sandbox.advance(HOURS)
    answer = engine.until_done(engine.activities().buy, request, after=HOURS)
    assert (answer.labels, answer.error) == ((), f"label {quotes[0].parcel}-l1 was given up")
    courier = engine.slow.courier
    rest = quotes[:3] if then != "hangs" else (quotes[0], quotes[2])
    assert all(not courier.bought(f"{one.parcel}-l1", one, ZPL) for one in rest)
    assert engine.longest <= ONE_TRY.total_seconds()


def test_a_purchase_in_doubt_is_looked_for_until_none_can_be_under_way(
    sandbox: SandboxClient, engine: Engine, quotes: tuple[Quote, ...]
) -> None:
    request = VoidLabels(
        order_id=ORDER,
        shop="mugs",
        shipment=SHIPMENT,
        quotes=quotes[:1],
        format=ZPL,
        in_doubt=True,
    )
    activities = engine.activities()
    with pytest.raises(ApplicationError, match="may still come") as early:
        engine.one_try(activities.void, request, timedelta(0))
    assert early.value.next_retry_delay == timedelta(minutes=2)
    label = engine.slow.courier.buy(
        Attempt(key="late", first_at=datetime.now(UTC)), f"{quotes[0].parcel}-l1", quotes[0], ZPL
    )
    assert isinstance(label, Label)
    engine.one_try(activities.void, request, timedelta(minutes=2))
    assert engine.slow.courier.bought(label.id, quotes[0], ZPL) == ()
    assert len(bought(sandbox)) == 1


def test_how_long_ago_a_restored_order_began_says_nothing_about_a_purchase_in_doubt(
    engine: Engine, quotes: tuple[Quote, ...]
) -> None:
    request = VoidLabels(
        order_id=ORDER,
        shop="mugs",
        shipment=SHIPMENT,
        quotes=quotes[:1],
        format=ZPL,
        in_doubt=True,
        first_tried_at=datetime(2000, 1, 1, tzinfo=UTC),
    )
    with pytest.raises(ApplicationError, match="may still come"):
        engine.one_try(engine.activities().void, request, timedelta(0))


def test_what_was_looked_for_too_early_is_looked_for_again(
    engine: Engine, quotes: tuple[Quote, ...]
) -> None:
    request = VoidLabels(
        order_id=ORDER,
        shop="mugs",
        shipment=SHIPMENT,
        quotes=quotes[:3],
        format=ZPL,
        in_doubt=True,
    )
    activities = engine.activities()
    with pytest.raises(ApplicationError, match="2 of 3 labels are looked through"):
        engine.one_try(activities.void, request, timedelta(0))
    late = Attempt(key="late", first_at=datetime.now(UTC))
    label = engine.slow.courier.buy(late, f"{quotes[0].parcel}-l1", quotes[0], ZPL)
    assert isinstance(label, Label)
    engine.until_done(activities.void, request, after=timedelta(minutes=2))
    assert engine.slow.courier.bought(label.id, quotes[0], ZPL) == ()


def test_voiding_many_labels_ends_in_time_too(
    sandbox: SandboxClient, engine: Engine, quotes: tuple[Quote, ...]
) -> None:
    engine.until_done(engine.activities().buy, purchase(quotes))
    second = Engine(engine.slow, engine.books)
    request = VoidLabels(order_id=ORDER, shop="mugs", shipment=SHIPMENT, quotes=quotes, format=ZPL)
    second.until_done(second.activities().void, request)
    assert second.longest <= ONE_TRY.total_seconds()
    assert all(not engine.slow.courier.bought(f"{quote.parcel}-l1", quote, ZPL) for quote in quotes)
    assert len(bought(sandbox)) == PARCELS


def test_rates_for_many_parcels_are_asked_in_time_and_once_each(engine: Engine) -> None:
    parcels = tuple(PARCEL.model_copy(update={"id": f"{SHIPMENT}-p{n}"}) for n in range(1, 9))
    request = AskQuotes(order_id=ORDER, shop="mugs", shipment=SHIPMENT, parcels=parcels)
    answer = engine.until_done(engine.activities().quote, request)
    rates = [quote.rate for quote in answer.quotes]
    assert len(rates) == len(set(rates))
    assert {quote.parcel for quote in answer.quotes} == {parcel.id for parcel in parcels}
    assert engine.longest <= ONE_TRY.total_seconds()
