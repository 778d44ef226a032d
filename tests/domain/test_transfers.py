"""References with check digits, and what goes back of what came."""

from datetime import UTC, datetime

import pytest

from domain.creditor_reference import (
    creditor_reference,
    grouped,
    is_creditor_reference,
    reference_in,
)
from domain.money import Money
from domain.transfers import Booking, Receipts, SentBack

NOW = datetime(2026, 11, 26, tzinfo=UTC)
ORDER = "ord_a7jyn3hfmyqgx5ln2tceu3kw"


def euros(amount: int) -> Money:
    return Money(amount=amount, currency="EUR")


def booking(position: int, amount: int, currency: str = "EUR") -> Booking:
    money = Money(amount=amount, currency=currency)
    return Booking(id=f"b{position}", position=position, at=NOW, money=money, account="DE1")


def sent(of: str, amount: int, operation: str, *, refund: bool = False) -> SentBack:
    name = f"{of}:{operation}"
    return SentBack(id=name, booking=of, money=euros(amount), operation=operation, refund=refund)


def test_a_known_reference_has_the_check_digits_of_the_standard() -> None:
    assert is_creditor_reference("RF18539007547034")
    assert not is_creditor_reference("RF18539007547043")
    assert not is_creditor_reference("RF1853900754703!")
    assert not is_creditor_reference("")


def test_an_order_has_one_reference_and_another_order_another() -> None:
    own = creditor_reference(ORDER)
    assert is_creditor_reference(own)
    assert own == creditor_reference(ORDER)
    assert len({creditor_reference(f"ord_{number}") for number in range(2000)}) == 2000
    assert ORDER[4:12].upper() not in own


@pytest.mark.parametrize(
    "written",
    ["{own}", "{gaps}", "{low}", "order 1001, {gaps}, many thanks", "{own}/2026", "x-{low}-x"],
)
def test_it_is_found_however_it_is_written(written: str) -> None:
    own = creditor_reference(ORDER)
    text = written.format(own=own, gaps=grouped(own), low=own.lower())
    assert reference_in(text) == own


def test_one_with_a_wrong_character_is_none() -> None:
    own = creditor_reference(ORDER)
    for at in range(2, len(own)):
        other = "7" if own[at] != "7" else "3"
        assert reference_in(own[:at] + other + own[at + 1 :]) == ""
    assert reference_in("RF18539007547034") == ""


def test_what_goes_back_is_taken_from_the_last_bookings() -> None:
    receipts = Receipts((booking(1, 1000), booking(2, 300), booking(3, 50)), (), "EUR")
    assert [(one.booking.id, one.money.amount) for one in receipts.shares(euros(400))] == [
        ("b3", 50),
        ("b2", 300),
        ("b1", 50),
    ]
    with pytest.raises(ValueError, match=r"0\.01 EUR more would go back than came in"):
        receipts.shares(euros(1351))


def test_the_same_state_gives_the_same_key_and_another_one_another() -> None:
    before = Receipts((booking(1, 1000),), (), "EUR")
    after = Receipts((booking(1, 1000),), (sent("b1", 100, "a"),), "EUR")
    assert before.shares(euros(100))[0].key == before.shares(euros(900))[0].key
    assert after.shares(euros(100))[0].key != before.shares(euros(100))[0].key
    with pytest.raises(ValueError, match="more would go back"):
        after.shares(euros(901))


def test_refunds_are_no_returns_and_other_currencies_pay_nothing() -> None:
    known = (booking(1, 1000), booking(2, 700, "USD"))
    gone = (sent("b1", 100, "void"), sent("b1", 400, "refund", refund=True))
    receipts = Receipts(known, gone, "EUR")
    assert (receipts.received, receipts.returned, receipts.here) == tuple(
        map(euros, (1000, 100, 900))
    )
    assert receipts.done("refund") == euros(400)
    assert [(one.booking.id, one.money.amount) for one in receipts.foreign()] == [("b2", 700)]
    assert [one.money.amount for one in receipts.shares(euros(500))] == [500]
