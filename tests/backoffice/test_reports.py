"""Reports of operations: equal to a second computation, and each figure as it is defined."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import psycopg
import pytest

from backoffice.database import Database
from backoffice.reports import ReportBook, TooMuchToReport
from bench.synthetic.orders import DAYS, FIRST_DAY, many_orders, open_shop, tell
from bench.synthetic.rows import Rows, libpq
from bench.synthetic.shipments import HOUR
from bench.synthetic.telling import Telling
from bench.synthetic.ways import Trip, Way
from domain.order import Order
from domain.report_scope import ReportScope
from domain.reports import Flaw, GroupBy, OrderReport, Part, PathFigures, Share, StepTimes
from domain.status import Step
from tests.backoffice.recount import Raw, recount

SHOP = "many"
PLAIN = Way(
    channel="web",
    terms="authorize",
    currency="EUR",
    pieces=(2, 1),
    warehouses=("main",),
    stop="nowhere",
    promised=True,
    asks_for_review=False,
    review_welcome=True,
    backordered=False,
    declined_first=False,
    confirmed_at_the_bank=False,
    held_for_review=False,
    silent=False,
    refunded=False,
    second_dropped=False,
)
SMOOTH = Trip(
    carrier="ups",
    arrival="in_time",
    rejected=False,
    rerouted=False,
    refused_picks=0,
    overdue=False,
    short=False,
    substituted=False,
    failed_tries=0,
    labelled_anew=False,
    printed_before=False,
    refused_packs=0,
    gone_early=False,
    capture_refused=False,
    captured_by_hand=False,
    under_captured=False,
    taken_back=False,
    doubled=False,
    mail_refused=False,
)
FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"channel": "amazon"},
    {"channel": "+49-desk"},
    {"warehouse": "lyon"},
    {"warehouse": "leipzig", "carrier": "=post"},
    {"carrier": "dhl_express"},
    {"carrier": "nobody"},
    {"channel": "web", "warehouse": "main", "carrier": "ups"},
    {"since": date(2026, 3, 10), "until": date(2026, 3, 11)},
    {"since": date(2026, 3, 29), "until": date(2026, 4, 2), "time_zone": "Europe/Berlin"},
    {"since": date(2026, 3, 31), "time_zone": "America/Los_Angeles", "warehouse": "main"},
    {"since": date(2026, 1, 1), "until": date(2026, 2, 1)},
)


def scope(shop: str = SHOP, **changes: Any) -> ReportScope:
    whole = {"since": FIRST_DAY.date(), "until": (FIRST_DAY + timedelta(days=DAYS)).date()}
    return ReportScope.model_validate({"shop": shop, **whole, **changes})


class Written:
    """Orders that a test has thought of, each with a way and trips of its own."""

    def __init__(self, database: Database, address: str) -> None:
        self._book, self._address = ReportBook(database), address
        self._rows, self._number = Rows(SHOP), 0
        open_shop(address, SHOP)

    def order(
        self,
        *trips: Trip,
        at: datetime = FIRST_DAY + timedelta(hours=9),
        then: Callable[[Telling], None] = lambda _: None,
        **way: Any,
    ) -> str:
        """One order; `then` adds to it what is not on any way."""
        self._number += 1
        telling = Telling(self._rows, Random(self._number), self._number, replace(PLAIN, **way), at)
        tell(telling, trips or [SMOOTH for _ in telling.way.warehouses])
        then(telling)
        return telling.order

    def report(self, **changes: Any) -> OrderReport:
        """What is reported of them, as both computations have it."""
        self._rows.write(self._address)
        self._rows = Rows(SHOP, papers=self._rows.papers)
        found = self._book.orders(scope(**changes))
        assert found == recount(Raw.read(self._address), scope(**changes))
        return found


@pytest.fixture
def written(database: Database, database_url: str) -> Written:
    return Written(database, database_url)


def flaws_of(report: OrderReport) -> set[Flaw]:
    return {one.flaw for one in report.perfect.flaws if one.orders.count}


def times_of(report: OrderReport, step: Step) -> StepTimes:
    return next(one for one in report.times if one.step is step)


def path_of(report: OrderReport, operation: str) -> PathFigures:
    return next(one for one in report.path if one.operation == operation)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_report_equals_a_second_computation_from_the_raw_rows(
    database: Database, database_url: str, seed: int
) -> None:
    open_shop(database_url, SHOP)
    many_orders(SHOP, 250, seed).write(database_url)
    raw, book = Raw.read(database_url), ReportBook(database)
    for changes in FILTERS:
        assert book.orders(scope(**changes)) == recount(raw, scope(**changes)), changes


def test_the_reports_of_ten_thousand_orders_equal_a_second_computation(
    database: Database, database_url: str
) -> None:
    open_shop(database_url, SHOP)
    rows = many_orders(SHOP, 10_000, 4)
    rows.write(database_url)
    raw, book = Raw.read(database_url), ReportBook(database)
    whole = book.orders(scope())
    assert whole == recount(raw, scope())
    assert whole.orders.accepted == 10_000
    assert all(one.orders.count for one in whole.perfect.flaws), "every flaw is among them"
    assert all(one.duration.n for one in whole.times if one.step not in (10, 16, 18, 19))
    narrowed = scope(warehouse="lyon", carrier="ups", time_zone="Europe/Berlin")
    assert book.orders(narrowed) == recount(raw, narrowed)


def test_synthetic_orders_are_orders() -> None:
    for row in many_orders(SHOP, 60, 5).of["orders"]:
        assert Order.model_validate(row["body"].obj).number == row["number"]


def test_a_report_of_no_orders_has_no_percentages_and_no_times(written: Written) -> None:
    report = written.report()
    assert report.orders.accepted == 0
    assert report.orders.without_facts.percent is None
    assert report.perfect.perfect == Share(count=0, of=0)
    assert report.groups == ()
    assert {(one.duration.n, one.duration.p50) for one in report.times} == {(0, None)}


def test_another_shop_s_orders_and_those_of_other_days_do_not_count(
    written: Written, database: Database
) -> None:
    midnight = datetime(2026, 3, 10, tzinfo=UTC)
    written.order(at=midnight - timedelta(microseconds=1))
    written.order(at=midnight)
    written.order(at=midnight + timedelta(days=1))
    day = {"since": date(2026, 3, 10), "until": date(2026, 3, 11)}
    assert written.report(**day).orders.accepted == 1
    other = ReportBook(database).orders(scope("other", **day))
    assert (other.orders.accepted, other.groups) == (0, ())
    assert sum(one.tries for one in other.mistakes) == 0


def test_percentiles_are_times_that_were_measured_by_nearest_rank(written: Written) -> None:
    def heard(hours: int) -> Callable[[Telling], None]:
        def note(telling: Telling) -> None:
            telling.shipment = f"{telling.order}-s1"
            telling.heard(16, "complained", hours * HOUR)

        return note

    for hours in (1, 2, 2, 2, 3, 5, 8, 13, 21, 40):
        written.order(stop="accepted", then=heard(hours))
    spread = times_of(written.report(), Step.COMPLAINT).duration
    assert (spread.n, spread.p50, spread.p90) == (10, 3 * HOUR, 21 * HOUR)


def test_a_steps_own_time_are_its_tries_and_what_lies_between_is_waiting(written: Written) -> None:
    written.order(replace(SMOOTH, failed_tries=2), pieces=(1,))
    times = times_of(written.report(), Step.SHIPPING_NOTICE)
    assert times.measured == "shipment"
    assert times.duration.p50 is not None
    assert times.waiting.p50 is not None
    assert times.duration.p50 < 1
    assert times.waiting.p50 == pytest.approx(2 + 4), "the pauses after the first and second try"


def test_what_is_done_about_an_order_after_a_step_does_not_make_the_step_longer(
    written: Written,
) -> None:
    def renew(telling: Telling) -> None:
        telling.shipment = None
        telling.pause(90 * 24 * HOUR)
        telling.done(2, "authorize", 2)

    written.order(then=renew)
    times = times_of(written.report(), Step.PAYMENT)
    assert times.duration.n == 1
    assert times.duration.p90 is not None
    assert times.duration.p90 < 1


def test_a_plain_order_is_perfect_and_took_no_detour(written: Written) -> None:
    written.order(asks_for_review=False)
    report = written.report()
    assert report.perfect.perfect == Share(count=1, of=1)
    assert flaws_of(report) == set()
    assert [one.operation for one in report.path if one.skipped.count or one.added] == []
    assert path_of(report, "mail_review").skipped.of == 0, "nobody wanted to be asked"
    assert {one.by for one in report.groups} == set(GroupBy) - {GroupBy.ALL}


@pytest.mark.parametrize(
    ("trip", "part", "flaw"),
    [
        ({"arrival": "late"}, Part.ON_TIME, Flaw.LATE),
        ({"short": True}, Part.COMPLETE, Flaw.SHORT),
        ({"substituted": True}, Part.COMPLETE, Flaw.SUBSTITUTED),
        ({"captured_by_hand": True}, Part.COMPLETE, Flaw.NOT_CHARGED),
        ({"under_captured": True}, Part.COMPLETE, Flaw.NOT_CHARGED),
        ({"labelled_anew": True, "printed_before": True}, Part.RIGHT_DOCUMENTS, Flaw.REISSUED),
        ({"taken_back": True}, Part.RIGHT_DOCUMENTS, Flaw.INVOICE_TAKEN_BACK),
    ],
)
def test_one_flaw_spoils_its_part_and_no_other(
    written: Written, trip: dict[str, Any], part: Part, flaw: Flaw
) -> None:
    written.order(replace(SMOOTH, **trip))
    report = written.report()
    assert flaws_of(report) == {flaw}
    perfect = report.perfect
    assert perfect.perfect.count == 0
    parts = {one: getattr(perfect, one.value).count for one in Part}
    assert parts == {one: int(one is not part) for one in Part}


def test_what_comes_back_did_not_come_and_is_not_undamaged(written: Written) -> None:
    written.order(replace(SMOOTH, arrival="returned"))
    assert flaws_of(written.report()) == {Flaw.NOT_DELIVERED, Flaw.RETURNED}


def test_labels_that_were_replaced_before_they_were_printed_are_no_flaw(written: Written) -> None:
    written.order(replace(SMOOTH, labelled_anew=True, printed_before=False))
    report = written.report()
    assert report.perfect.perfect.count == 1
    assert path_of(report, "buy_labels").added == 1
    assert path_of(report, "papers_anew").added_in == Share(count=1, of=1)


def test_a_part_that_was_cancelled_is_short(written: Written) -> None:
    written.order(warehouses=("main", "lyon"), second_dropped=True)
    assert flaws_of(written.report()) == {Flaw.SHORT}


def test_the_last_fils_that_no_provider_takes_are_charged_all_the_same(written: Written) -> None:
    written.order(currency="KWD", pieces=(1,))
    assert flaws_of(written.report()) == set()


def test_the_order_s_own_word_on_its_delivery_counts_and_else_its_promise(
    written: Written,
) -> None:
    written.order(replace(SMOOTH, arrival="said_by_hand"))
    assert written.report().perfect.on_time == Share(count=1, of=1)


@pytest.mark.parametrize(
    ("way", "state"),
    [
        ({"stop": "accepted"}, "under_way"),
        ({"stop": "in_fulfilment"}, "under_way"),
        ({"stop": "shipped"}, "under_way"),
        ({"stop": "declined"}, "unshipped"),
        ({"stop": "cancelled_packed"}, "unshipped"),
        ({"stop": "recalled"}, "unshipped"),
        ({"promised": False}, "unpromised"),
    ],
)
def test_what_cannot_be_judged_is_counted_apart(
    written: Written, way: dict[str, Any], state: str
) -> None:
    written.order(**way)
    perfect = written.report().perfect
    counts = {one: getattr(perfect, one) for one in ("under_way", "unshipped", "unpromised")}
    assert counts == {one: int(one == state) for one in counts}
    assert perfect.perfect == perfect.on_time == Share(count=0, of=0)


def test_an_order_is_judged_from_its_delivery_on(written: Written) -> None:
    written.order(stop="delivered")
    report = written.report()
    assert report.perfect.perfect == Share(count=1, of=1)
    assert report.orders.ended.count == 0
    assert all(one.skipped.of == 0 for one in report.path), "its way is not over"


def test_an_order_without_a_promise_that_never_came_is_not_perfect(written: Written) -> None:
    written.order(replace(SMOOTH, arrival="returned"), promised=False)
    assert written.report().perfect.on_time == Share(count=0, of=1)


def test_one_parcel_that_came_without_a_promise_does_not_excuse_one_that_did_not(
    written: Written,
) -> None:
    lost = replace(SMOOTH, arrival="returned")
    written.order(SMOOTH, lost, warehouses=("main", "lyon"), promised=False)
    assert written.report().perfect.on_time == Share(count=0, of=1)


def test_a_carrier_whose_label_was_given_back_had_the_shipment_where_nobody_else_had(
    written: Written,
) -> None:
    written.order(stop="cancelled_packed")
    written.order(replace(SMOOTH, labelled_anew=True))
    carriers = [one for one in written.report().groups if one.by is GroupBy.CARRIER]
    assert [(one.value, one.orders) for one in carriers] == [("ups", 2)]
    assert written.report(carrier="ups").orders.accepted == 2


def test_a_step_that_nobody_recorded_is_skipped(written: Written) -> None:
    written.order(replace(SMOOTH, gone_early=True))
    written.order(replace(SMOOTH, captured_by_hand=True))
    report = written.report()
    skipped = {one.operation for one in report.path if one.skipped.count}
    assert skipped == {"picked", "packed", "release", "capture"}
    assert path_of(report, "capture").skipped == Share(count=1, of=2)


@pytest.mark.parametrize("terms", ["prepaid", "nothing_due"])
def test_no_capture_is_expected_where_no_money_is_held(written: Written, terms: str) -> None:
    written.order(terms=terms)
    report = written.report()
    assert path_of(report, "capture").skipped.of == 0
    assert report.perfect.perfect.count == 1


def test_what_comes_after_an_early_end_is_not_missed(written: Written) -> None:
    written.order(stop="cancelled_unpicked")
    report = written.report()
    assert path_of(report, "hand_off").skipped == Share(count=0, of=1)
    assert path_of(report, "picked").skipped.of == 0
    assert path_of(report, "cancel_at_warehouse").added_in == Share(count=1, of=1)


def test_a_second_time_is_an_added_one_and_an_end_that_was_recorded_twice_is_none(
    written: Written,
) -> None:
    written.order(replace(SMOOTH, rerouted=True))
    written.order(replace(SMOOTH, doubled=True))
    report = written.report()
    assert path_of(report, "hand_off").added_in == Share(count=1, of=2)
    assert path_of(report, "papers").added == 0
    assert all(one.operation != "find_elsewhere" for one in report.path), "a look is no step"


def test_mistakes_are_counted_once_for_an_order_however_often_it_went_wrong(
    written: Written,
) -> None:
    written.order(replace(SMOOTH, refused_packs=2, failed_tries=2))
    written.order(replace(SMOOTH, short=True))
    report = written.report()
    by_step = {one.step: one for one in report.mistakes}
    packing, picking, booking = by_step[Step.PACKING], by_step[Step.PICKING], by_step[Step.BOOKING]
    assert (packing.refused, packing.with_mistakes) == (2, Share(count=1, of=2))
    assert (picking.short, picking.cases, picking.with_mistakes.count) == (1, 1, 1)
    assert (booking.failed, booking.again, booking.with_mistakes.count) == (2, 2, 1)


def test_a_declined_card_is_no_mistake(written: Written) -> None:
    written.order(declined_first=True)
    payment = next(one for one in written.report().mistakes if one.step is Step.PAYMENT)
    assert (payment.declined, payment.with_mistakes) == (1, Share(count=0, of=1))


def test_of_an_order_from_two_warehouses_each_has_its_own_facts_alone(written: Written) -> None:
    late = replace(SMOOTH, carrier="dhl_express", overdue=True)
    written.order(SMOOTH, late, warehouses=("main", "lyon"))
    main, lyon = (written.report(warehouse=one) for one in ("main", "lyon"))
    assert times_of(main, Step.PICKING).duration.n == times_of(lyon, Step.PICKING).duration.n == 1
    longest = times_of(lyon, Step.PICKING).duration.p50
    assert longest is not None
    assert longest >= 72 * HOUR
    assert times_of(main, Step.PICKING).duration.p50 != longest
    assert times_of(lyon, Step.PAYMENT).duration.n == 1, "the order's own steps are everybody's"
    assert lyon.perfect.orders == 1, "it is judged as a whole"
    assert written.report(warehouse="main", carrier="dhl_express").orders.accepted == 0
    whole = written.report()
    warehouses = [one.value for one in whole.groups if one.by is GroupBy.WAREHOUSE]
    assert warehouses == ["lyon", "main"]


def test_orders_of_which_nothing_is_known_are_named(written: Written) -> None:
    written.order(silent=True)
    written.order()
    report = written.report()
    assert report.orders.without_facts == Share(count=1, of=2)
    assert path_of(report, "picked").skipped == Share(count=0, of=1), "nobody knows of the other"


def test_a_report_that_takes_too_long_says_so(database_url: str) -> None:
    hurried = Database(database_url, statement_timeout=timedelta(milliseconds=300))
    with psycopg.connect(libpq(database_url)) as somebody:
        somebody.execute("LOCK TABLE step_facts IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(TooMuchToReport):
            ReportBook(hurried).orders(scope())
    assert ReportBook(hurried).orders(scope()).orders.accepted == 0
    hurried.close()
