"""The days of a report, and that every kind of movement has its figure."""

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from domain.accounts import FIGURES, OpenItem, OpenItemKind, Period, Statement
from domain.money import Money
from domain.movements import Movement, MovementKind, PayoutStatus


def days(first: str, to: str, zone: str = "UTC") -> Period:
    return Period(first=date.fromisoformat(first), to=date.fromisoformat(to), time_zone=zone)


def test_a_period_is_half_open_and_bounded_by_midnights_of_its_time_zone() -> None:
    period = days("2026-03-29", "2026-03-30", "Europe/Berlin")
    assert period.start == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert period.end == datetime(2026, 3, 29, 22, tzinfo=UTC), "the clocks went forward that day"
    assert days("2026-03-29", "2026-03-30").end == datetime(2026, 3, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "to", "field"),
    [
        ("2026-03-02", "2026-03-02", "to"),
        ("2026-03-02", "2026-03-01", "to"),
        ("2026-03-02", "2027-12-01", "to"),
        ("0001-01-01", "0001-02-01", "from"),
        ("9999-01-01", "9999-12-31", "from"),
    ],
)
def test_a_period_that_cannot_be_says_why(first: str, to: str, field: str) -> None:
    assert [name for name, _ in days(first, to).problems()] == [field]


def test_a_whole_year_is_a_period() -> None:
    assert list(days("2026-01-01", "2027-01-01", "Asia/Tokyo").problems()) == []


def test_a_time_zone_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValidationError, match="IANA"):
        days("2026-01-01", "2026-02-01", "Berlin")


def test_every_kind_of_movement_has_its_figure_in_a_statement() -> None:
    assert set(FIGURES) == set(MovementKind)
    assert set(FIGURES.values()) <= set(Statement.model_fields)
    assert {kind for kind in MovementKind if kind.of_payouts} == {
        MovementKind.PAYOUT,
        MovementKind.PAYOUT_RETURNED,
    }
    assert {one for one in PayoutStatus if one.came_back} == {
        PayoutStatus.FAILED,
        PayoutStatus.CANCELED,
    }


def test_a_statement_adds_up_or_says_that_it_does_not() -> None:
    sound = Statement(
        provider="stripe", currency="KWD", opening=7, captured=100, fees=-3, paid_out=-97, closing=7
    )
    assert sound.adds_up
    assert not sound.model_copy(update={"refunded": -1}).adds_up


def test_a_fee_is_of_the_account_s_currency() -> None:
    money = Money(amount=5, currency="EUR")
    values = {"provider": "p", "id": "1", "kind": "fee", "word": "w", "at": datetime.now(UTC)}
    with pytest.raises(ValidationError, match="currency of the account"):
        Movement.model_validate(
            values | {"money": money, "presented": money, "fee": Money.zero("USD")}
        )


@pytest.mark.parametrize(
    ("invoiced", "paid", "kind"),
    [(5, 0, OpenItemKind.INVOICED_NOT_CAPTURED), (0, 5, OpenItemKind.CAPTURED_NOT_INVOICED)],
)
def test_an_open_item_is_of_the_side_that_is_ahead(
    invoiced: int, paid: int, kind: OpenItemKind
) -> None:
    sums = (Money(amount=one, currency="EUR") for one in (invoiced, paid))
    assert OpenItem.of("ord_1", "demo", *sums).kind is kind
