"""Who is served from what is there: nobody jumps the line, starves, or blocks others for ever."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.backorder import PlaceInLine, Waiting, allocate, expected_day
from domain.stock import Spot

BEGAN = datetime(2026, 3, 2, tzinfo=UTC)
NOW = BEGAN + timedelta(days=10)
SKUS: tuple[str, ...] = ("A", "B", "C")
QUANTITY = st.integers(1, 6)
SHELF = st.dictionaries(st.sampled_from(SKUS), st.integers(0, 12))


def waiting(place: int, wants: dict[str, int], firm: bool = False) -> Waiting:
    """The n-th in line."""
    firm_from = NOW - timedelta(days=1) if firm else NOW + timedelta(days=1)
    since = BEGAN + timedelta(minutes=place)
    return Waiting(f"o{place:03d}", PlaceInLine(since=since, firm_from=firm_from), wants)


@st.composite
def lines(draw: st.DrawFn) -> list[Waiting]:
    wants = st.dictionaries(st.sampled_from(SKUS), QUANTITY, min_size=1)
    drawn = draw(st.lists(st.tuples(wants, st.booleans()), max_size=12))
    return [waiting(place, *each) for place, each in enumerate(drawn)]


def here(free: dict[str, int]) -> dict[Spot, int]:
    """Pieces in the only warehouse."""
    return {Spot(sku): pieces for sku, pieces in free.items()}


def taken(served: tuple[Waiting, ...], sku: str) -> int:
    return sum(one.wants.get(sku, 0) for one in served)


@given(SHELF, lines())
def test_no_more_is_promised_than_is_free_and_the_line_alone_decides(
    free: dict[str, int], line: list[Waiting]
) -> None:
    served = allocate(here(free), line, NOW)
    for sku in SKUS:
        assert taken(served, sku) <= free.get(sku, 0)
    assert allocate(here(free), list(reversed(line)), NOW) == served


@given(SHELF, lines())
def test_nobody_is_passed_who_could_have_been_served(
    free: dict[str, int], line: list[Waiting]
) -> None:
    served = allocate(here(free), line, NOW)
    for place, one in enumerate(line):
        if one in served:
            continue
        earlier = tuple(each for each in served if line.index(each) < place)
        kept = {
            sku: sum(
                each.wants.get(sku, 0)
                for each in line[:place]
                if each not in served and each.place.firm_from <= NOW
            )
            for sku in one.wants
        }
        lacking = (
            free.get(sku, 0) - taken(earlier, sku) - kept[sku] < pieces
            for sku, pieces in one.wants.items()
        )
        assert any(lacking)


@given(SHELF, lines())
def test_what_a_firm_order_wants_goes_to_nobody_after_it(
    free: dict[str, int], line: list[Waiting]
) -> None:
    served = allocate(here(free), line, NOW)
    for place, one in enumerate(line):
        if one in served or one.place.firm_from > NOW:
            continue
        before = tuple(each for each in served if line.index(each) < place)
        after = tuple(each for each in served if line.index(each) > place)
        for sku, pieces in one.wants.items():
            left = free.get(sku, 0) - taken(before, sku)
            assert taken(after, sku) <= max(0, left - pieces)


@given(SHELF, lines())
def test_an_order_that_gives_way_keeps_nothing_from_others(
    free: dict[str, int], line: list[Waiting]
) -> None:
    served = allocate(here(free), line, NOW)
    gives_way = [one for one in line if one not in served and one.place.firm_from > NOW]
    rest = [one for one in line if one not in gives_way]
    assert allocate(here(free), rest, NOW) == served


@given(st.lists(QUANTITY, min_size=1, max_size=10), st.integers(0, 20))
def test_orders_for_one_piece_each_are_served_strictly_in_sequence(
    gaps: list[int], free: int
) -> None:
    line = [waiting(sum(gaps[: n + 1]), {"A": 1}) for n in range(len(gaps))]
    assert allocate(here({"A": free}), line, NOW) == tuple(line[:free])


@given(st.integers(2, 20), st.lists(st.integers(1, 3), min_size=1, max_size=40))
def test_a_large_order_is_served_by_what_comes_however_many_small_ones_follow(
    wanted: int, arrivals: list[int]
) -> None:
    large = waiting(0, {"A": wanted}, firm=True)
    line, free, came = [large], 0, 0
    for turn, pieces in enumerate(arrivals, 1):
        line.append(waiting(turn, {"A": 1}))
        free, came = free + pieces, came + pieces
        for one in allocate(here({"A": free}), line, NOW):
            free -= one.wants["A"]
            line.remove(one)
        assert (large not in line) == (came >= wanted)


@given(st.integers(1, 9), st.integers(1, 9))
def test_what_was_kept_is_free_for_the_next_once_the_order_has_left_the_line(
    there: int, more: int
) -> None:
    large, small = waiting(0, {"A": there + more}, firm=True), waiting(1, {"A": there})
    assert allocate(here({"A": there}), [large, small], NOW) == ()
    assert allocate(here({"A": there}), [small], NOW) == (small,)


def test_an_order_gives_way_for_half_of_its_patience() -> None:
    place = PlaceInLine.of(BEGAN, timedelta(days=30))
    assert place.firm_from == BEGAN + timedelta(days=15)


def test_goods_are_expected_when_the_last_of_them_is() -> None:
    days = {"A": date(2026, 3, 9), "B": date(2026, 4, 1), "C": date(2026, 3, 1)}
    today = date(2026, 3, 2)
    assert expected_day(("A", "B"), days, today) == date(2026, 4, 1)
    assert expected_day(("A", "D"), days, today) is None
    assert expected_day(("A", "C"), days, today) is None, "it was expected yesterday"
    assert expected_day((), days, today) is None
