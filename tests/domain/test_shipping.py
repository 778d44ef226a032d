"""Parcels from catalogue weights; the cheapest service that keeps the promise."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import WorkingCalendar
from domain.catalogue import bin_route
from domain.money import Money
from domain.shipping import Item, PlannedParcel, Quote, choose_service, plan_parcels

ITEMS = st.lists(
    st.builds(
        Item,
        line=st.sampled_from(["1", "2", "3"]),
        quantity=st.integers(1, 6),
        weight_grams=st.integers(1, 9000),
    ),
    min_size=1,
    max_size=6,
)


@given(ITEMS, st.integers(500, 20_000))
def test_parcels_hold_every_piece_once_and_none_is_too_heavy(items: list[Item], limit: int) -> None:
    parcels = plan_parcels("s", items, 100, limit)
    held: dict[str, int] = {}
    for parcel in parcels:
        pieces = sum(portion.quantity for portion in parcel.contents)
        assert parcel.weight_grams <= limit or pieces == 1
        for portion in parcel.contents:
            held[portion.line] = held.get(portion.line, 0) + portion.quantity
    wanted: dict[str, int] = {}
    for item in items:
        wanted[item.line] = wanted.get(item.line, 0) + item.quantity
    assert held == wanted
    assert sum(p.weight_grams - 100 for p in parcels) == sum(
        item.quantity * item.weight_grams for item in items
    )


PARCEL = PlannedParcel(id="p1", weight_grams=500, contents=())
MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def quote(service: str, cents: int, days: int | None, parcel: str = "p1") -> Quote:
    return Quote(
        parcel=parcel,
        rate=f"rate-{service}-{parcel}",
        carrier="dhl",
        service=service,
        cost=Money(amount=cents, currency="EUR"),
        transit_days=days,
    )


def chosen(*quotes: Quote, by: datetime, ready: datetime = MONDAY) -> tuple[str, bool] | None:
    choice = choose_service(quotes, [PARCEL], WorkingCalendar(), ready, by)
    return None if choice is None else (choice.quotes[0].service, choice.in_time)


def test_the_cheapest_service_that_keeps_the_promise_wins() -> None:
    by = MONDAY + timedelta(days=3)
    quotes = (quote("slow", 300, 8), quote("usual", 490, 3), quote("fast", 1200, 1))
    assert chosen(*quotes, by=by + timedelta(hours=14)) == ("usual", True)


def test_where_none_keeps_the_promise_the_fastest_is_taken() -> None:
    assert chosen(quote("slow", 300, 8), quote("fast", 900, 4), by=MONDAY) == ("fast", False)


def test_a_service_without_a_transit_time_counts_as_too_slow() -> None:
    by = MONDAY + timedelta(days=30)
    assert chosen(quote("vague", 100, None), quote("usual", 490, 3), by=by) == ("usual", True)


def test_after_the_cut_off_a_day_is_lost() -> None:
    late = MONDAY.replace(hour=17)
    by = datetime(2026, 3, 3, 23, 59, 59, tzinfo=UTC)
    assert chosen(quote("fast", 900, 1), by=by) == ("fast", True)
    assert chosen(quote("fast", 900, 1), by=by, ready=late) == ("fast", False)


def test_a_service_that_does_not_carry_every_parcel_is_no_choice() -> None:
    parcels = [PARCEL, PARCEL.model_copy(update={"id": "p2"})]
    both = [quote("usual", 490, 3), quote("usual", 490, 3, "p2"), quote("cheap", 1, 3)]
    choice = choose_service(both, parcels, WorkingCalendar(), MONDAY, MONDAY + timedelta(days=9))
    assert choice is not None
    assert [one.service for one in choice.quotes] == ["usual", "usual"]
    assert choose_service(both[2:], parcels, WorkingCalendar(), MONDAY, MONDAY) is None


def test_weekends_holidays_and_time_zones_count() -> None:
    calendar = WorkingCalendar(
        time_zone="Europe/Berlin", holidays=(date(2026, 12, 25),), cut_off=time(16, 0)
    )
    thursday_evening = datetime(2026, 12, 24, 15, 30, tzinfo=UTC)  # 16:30 in Berlin
    assert calendar.dispatch_day(thursday_evening) == date(2026, 12, 28)
    assert calendar.delivered_on(thursday_evening, 2) == date(2026, 12, 30)


def test_bins_are_walked_in_their_numbers_order() -> None:
    bins = ["A-2-10", "B-1", "A-2-9", "A-10-1", "A-2-9b"]
    assert sorted(bins, key=bin_route) == ["A-2-9", "A-2-9b", "A-2-10", "A-10-1", "B-1"]
