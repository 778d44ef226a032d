"""From where goods come: one warehouse wherever one has all, else the fewest, never what is not
there."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from domain.routing import Route, RouteBy, Site, Source, in_sequence, sources_of
from domain.shares import part_of, shares_of
from domain.shipping import Portion
from domain.stock import MAIN, Spot, Want

CODES = (MAIN, "lyon", "riga")
SKUS = ("A", "B", "C")
SHELVES = st.dictionaries(
    st.builds(Spot, st.sampled_from(SKUS), st.sampled_from(CODES)), st.integers(-2, 6)
)
WANTS = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 6), min_size=1)


def site(code: str, priority: int, country: str, *serves: str) -> Site:
    return Site(code=code, priority=priority, country=country, serves=serves)


SITES = (site(MAIN, 1, "DE"), site("lyon", 2, "FR"), site("riga", 0, "LV", "LV", "EE"))


def pieces(sources: tuple[Source, ...]) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in sources:
        for want in one.wants:
            total[want.sku] = total.get(want.sku, 0) + want.quantity
    return total


def test_by_priority_those_that_serve_the_country_are_asked_in_their_shop_s_own_sequence() -> None:
    assert in_sequence(SITES, Route(to="EE")) == ("riga", MAIN, "lyon")
    assert in_sequence(SITES, Route(to="FR")) == (MAIN, "lyon")


def test_by_nearest_the_one_in_the_country_comes_first() -> None:
    assert in_sequence(SITES, Route(by=RouteBy.NEAREST, to="FR")) == ("lyon", MAIN)
    assert in_sequence(SITES, Route(by=RouteBy.NEAREST, to="SE")) == (MAIN, "lyon")


@given(WANTS, SHELVES, st.booleans())
def test_what_is_promised_is_there_and_is_just_what_was_wanted(
    wants: dict[str, int], free: dict[Spot, int], splits: bool
) -> None:
    sources = sources_of(wants, free, CODES, splits=splits)
    if sources is None:
        return
    assert pieces(sources) == wants
    assert all(
        want.quantity <= free.get(Spot(want.sku, one.warehouse), 0)
        for one in sources
        for want in one.wants
    )


@given(WANTS, SHELVES)
def test_it_comes_from_as_few_warehouses_as_can_be_and_from_one_where_one_has_all(
    wants: dict[str, int], free: dict[Spot, int]
) -> None:
    def enough(some: tuple[str, ...]) -> bool:
        return all(
            sum(max(0, free.get(Spot(sku, one), 0)) for one in some) >= count
            for sku, count in wants.items()
        )

    sizes = [
        size
        for size in range(1, len(CODES) + 1)
        if any(enough(some) for some in combinations(CODES, size))
    ]
    split = sources_of(wants, free, CODES, splits=True)
    whole = sources_of(wants, free, CODES, splits=False)
    assert (None if split is None else len(split)) == (sizes[0] if sizes else None)
    assert (whole is not None) == (bool(sizes) and sizes[0] == 1)


@given(WANTS, SHELVES)
def test_shares_are_the_order_s_lines_divided_by_where_they_come_from(
    wants: dict[str, int], free: dict[Spot, int]
) -> None:
    sources = sources_of(wants, free, CODES, splits=True)
    lines = [(f"{sku}{n}", sku, 1) for sku, count in wants.items() for n in range(count)]
    portions = tuple(Portion(line=line, quantity=count) for line, _, count in lines)
    skus = {line: sku for line, sku, _ in lines}
    shares = shares_of(portions, skus, sources or ())
    together = [one for share in shares for one in share.portions]
    assert sorted(one.line for one in together) == sorted(one.line for one in portions)
    assert all(share.portions for share in shares)


def test_of_a_part_the_warehouse_that_has_most_of_it_sends_it() -> None:
    portions = (Portion(line="1", quantity=2), Portion(line="2", quantity=2))
    skus = {"1": "A", "2": "B"}
    free = {Spot("A"): 1, Spot("A", "lyon"): 2, Spot("B", "lyon"): 1, Spot("B"): 1}

    def part(*, splits: bool, whole_lines: bool = False) -> list[int]:
        found = part_of(
            portions, skus, free, (MAIN, "lyon"), splits=splits, whole_lines=whole_lines
        )
        return [one.quantity for one in found]

    assert part(splits=False) == [2, 1]
    assert part(splits=True) == [2, 2]
    assert part(splits=False, whole_lines=True) == [2]


def test_without_a_word_all_of_it_comes_from_the_main_warehouse() -> None:
    portions = (Portion(line="1", quantity=2),)
    (share,) = shares_of(portions, {"1": "A"}, ())
    assert (share.warehouse, share.portions) == (MAIN, portions)
    lyon = (Source(warehouse="lyon", wants=(Want(sku="A", quantity=2),)),)
    (share,) = shares_of(portions, {"1": "A"}, lyon)
    assert share.warehouse == "lyon"
