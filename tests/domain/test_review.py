"""What a provider holds, judged by what is on record."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.cases import CaseKind
from domain.money import Money
from domain.review import (
    LOOKED_FOR,
    UNSHIPPED_ENDS,
    LabelOnRecord,
    LabelSeen,
    MoneyOnRecord,
    MoneySeen,
    suspect_label,
    suspect_money,
)
from domain.status import OrderStatus

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
OPEN, COMPLETED = OrderStatus.IN_FULFILMENT, OrderStatus.COMPLETED


def money(held: int = 0, captured: int = 0, refunded: int = 0) -> MoneySeen:
    sums = {"held": held, "captured": captured, "refunded": refunded}
    named = {name: Money(amount=amount, currency="EUR") for name, amount in sums.items()}
    return MoneySeen(reference="pi_1", order="ord_1", created_at=NOW, **named)


@pytest.mark.parametrize(
    ("seen", "known"),
    [
        (money(held=500), MoneyOnRecord(OPEN, owned=True)),
        (money(held=500), MoneyOnRecord(OPEN)),
        (money(captured=500), MoneyOnRecord(COMPLETED, captured=500, owned=True)),
        (money(captured=500, refunded=500), MoneyOnRecord()),
        (money(), MoneyOnRecord()),
    ],
)
def test_money_that_fits_is_left_alone(seen: MoneySeen, known: MoneyOnRecord) -> None:
    assert suspect_money(seen, known) is None


@pytest.mark.parametrize("status", UNSHIPPED_ENDS)
def test_money_held_for_an_order_that_ended_unshipped_is_surplus(status: OrderStatus) -> None:
    found = suspect_money(money(held=500), MoneyOnRecord(status))
    assert found is not None
    assert (found.kind, found.surplus) == (CaseKind.STRAY_MONEY, True)


@pytest.mark.parametrize(
    ("seen", "known", "kind"),
    [
        (money(held=500), MoneyOnRecord(), CaseKind.STRAY_MONEY),
        (money(captured=500), MoneyOnRecord(), CaseKind.STRAY_MONEY),
        (money(held=500), MoneyOnRecord(OPEN, other="pi_2"), CaseKind.STRAY_MONEY),
        (money(held=500), MoneyOnRecord(COMPLETED, owned=True), CaseKind.STRAY_MONEY),
        (money(captured=500), MoneyOnRecord(OPEN, owned=True), CaseKind.MONEY_DIFFERS),
        (
            money(captured=500, refunded=100),
            MoneyOnRecord(COMPLETED, captured=500, owned=True),
            CaseKind.MONEY_DIFFERS,
        ),
    ],
)
def test_money_that_a_person_must_look_at_is_never_moved(
    seen: MoneySeen, known: MoneyOnRecord, kind: CaseKind
) -> None:
    found = suspect_money(seen, known)
    assert found is not None
    assert (found.kind, found.surplus) == (kind, False)


def label(known: LabelOnRecord, age: timedelta = timedelta(minutes=5)) -> bool | None:
    """Whether a live label is surplus; None where it is left alone."""
    seen = LabelSeen(
        transaction="tx",
        order="ord_1",
        label="ord_1-s1-p1-l1",
        tracking_number="T1",
        created_at=NOW - age,
    )
    found = suspect_label(seen, known, NOW)
    return None if found is None else found.surplus


def test_a_label_is_surplus_only_where_nobody_can_want_it() -> None:
    assert label(LabelOnRecord(OPEN, live=True)) is None
    assert label(LabelOnRecord(COMPLETED, live=True, other="T2")) is None
    assert label(LabelOnRecord(OPEN)) is None
    assert label(LabelOnRecord(OPEN), LOOKED_FOR) is False
    assert label(LabelOnRecord()) is False
    assert label(LabelOnRecord(OPEN, other="T2")) is True
    assert label(LabelOnRecord(OPEN, voided=True)) is True
    assert label(LabelOnRecord(OrderStatus.CANCELLED, live=True)) is True
