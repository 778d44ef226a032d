"""Our books beside the provider's: whatever either says, nothing is left out or counted twice."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.matching import Compared, MatchKey, MatchResult, Side, compare

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
READ = {"stripe": NOW}
EARLIER = NOW - timedelta(hours=1)
_R = MatchResult


def key(reference: str = "pi_1", currency: str = "EUR") -> MatchKey:
    return MatchKey("stripe", Compared.CAPTURE, reference, currency)


def result(mine: Side | None, other: Side | None, read_to: datetime | None = NOW) -> MatchResult:
    ours = {} if mine is None else {key(): mine}
    theirs = {} if other is None else {key(): other}
    found = compare(ours, theirs, {} if read_to is None else {"stripe": read_to})
    if found.matched:
        assert found == (1, ())
        return _R.MATCHED
    (line,) = found.unmatched
    return line.result


@pytest.mark.parametrize(
    ("mine", "other", "expected"),
    [
        (Side(500, EARLIER), Side(500, EARLIER), _R.MATCHED),
        (Side(500, EARLIER), Side(499, EARLIER), _R.DIFFERS),
        (Side(500, EARLIER), None, _R.MISSING_AT_PROVIDER),
        (None, Side(500, EARLIER), _R.MISSING_IN_BOOKS),
        (None, Side(500, EARLIER, waits=True), _R.HELD),
        (Side(300, EARLIER), Side(500, EARLIER, waits=True), _R.HELD),
        (Side(600, EARLIER), Side(500, EARLIER, waits=True), _R.DIFFERS),
        (None, Side(0, EARLIER), _R.MATCHED),
    ],
)
def test_each_state_of_both_sides_has_its_name(
    mine: Side | None, other: Side | None, expected: MatchResult
) -> None:
    assert result(mine, other) is expected


@pytest.mark.parametrize("other", [None, Side(300, EARLIER)])
def test_what_came_after_the_last_reading_waits_for_the_next(other: Side | None) -> None:
    assert result(Side(500, NOW + timedelta(seconds=1)), other) is _R.NOT_READ_YET
    assert result(Side(500, EARLIER), other, None) is _R.NOT_READ_YET


def test_currencies_never_mix() -> None:
    ours, theirs = {key(): Side(500, EARLIER)}, {key(currency="USD"): Side(500, EARLIER)}
    results = {one.result for one in compare(ours, theirs, READ).unmatched}
    assert results == {_R.MISSING_AT_PROVIDER, _R.MISSING_IN_BOOKS}


def test_only_what_a_person_has_to_look_into_is_trouble() -> None:
    calm = {one for one in MatchResult if not one.is_trouble}
    assert calm == {_R.MATCHED, _R.HELD, _R.NOT_READ_YET}


SIDES = st.dictionaries(
    st.builds(key, st.sampled_from(["pi_1", "pi_2", "pi_3"]), st.sampled_from(["EUR", "JPY"])),
    st.builds(Side, st.integers(-900, 900), st.just(EARLIER)),
)


@given(SIDES, SIDES)
def test_every_name_counts_once_and_what_differs_adds_up_on_both_sides(
    ours: dict[MatchKey, Side], theirs: dict[MatchKey, Side]
) -> None:
    found = compare(ours, theirs, READ)
    names = ours.keys() | theirs.keys()
    nothing = Side(0, EARLIER)
    differing = {
        one for one in names if ours.get(one, nothing).amount != theirs.get(one, nothing).amount
    }
    assert found.matched == len(names) - len(differing)
    assert len(found.unmatched) == len(differing)
    for side, name in ((ours, "ours"), (theirs, "theirs")):
        told = [getattr(one, name) for one in found.unmatched]
        total = sum(one.amount for one in told if one is not None)
        assert total == sum(one.amount for key, one in side.items() if key in differing)
