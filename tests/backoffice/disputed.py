"""An order that was paid, sent and disputed, as the records have it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from backoffice.books import Books
from backoffice.disputes import DisputeOnRecord
from domain.disputes import DisputeSeen, DisputeState, MoneyMove
from domain.money import Money
from domain.payment import PaymentEventKind
from domain.record import Commit
from domain.status import OrderStatus
from tests.backoffice.papers import issue
from tests.backoffice.samples import Trade, journal, label, payment, transition

DISPUTE, PAYMENT = "du_1", "pi_1"
TOTAL = 3451


def euros(amount: int) -> Money:
    return Money(amount=amount, currency="EUR")


def paid(trade: Trade, number: str = "1001", reference: str = PAYMENT) -> str:
    """An order whose goods have left, captured and with its papers; its id."""
    placed = trade.accept(number)
    trade.reserve(placed)
    issue(trade, placed)
    kinds = {"authorize": PaymentEventKind.AUTHORIZATION, "capture": PaymentEventKind.CAPTURE}
    events = tuple(
        payment(f"{placed}:{name}:1", kind, TOTAL, reference=reference, shipment=f"{placed}-s1")
        for name, kind in kinds.items()
    )
    shipped = transition(1, OrderStatus.SHIPPED)
    commit = Commit(placed, journal(shipped), payments=events, labels=(label(placed),))
    Books.over(trade.database).records.commit(commit)
    return placed


def seen(state: DisputeState = DisputeState.NEEDS_RESPONSE, **changes: Any) -> DisputeSeen:
    """What the provider says: 34.51 EUR are disputed, and evidence is due in ten days."""
    taken = MoneyMove(reference="txn_1", money=euros(-TOTAL), fee=euros(1500))
    values: dict[str, Any] = {
        "reference": DISPUTE,
        "payment": PAYMENT,
        "state": state,
        "money": euros(TOTAL),
        "reason": "fraudulent",
        "opened_at": datetime(2026, 3, 20, tzinfo=UTC),
        "due_by": (datetime.now(UTC) + timedelta(days=10)).replace(microsecond=0),
        "refunded": euros(0),
        "moves": () if state.is_inquiry else (taken,),
    }
    return DisputeSeen.model_validate(values | changes)


def heard(books: Books, order: str) -> DisputeOnRecord:
    """It was told of, and somebody has taken it up."""
    books.disputes.hear(DISPUTE, order, PAYMENT)
    return taken_up(books)


def taken_up(books: Books) -> DisputeOnRecord:
    """Take up the only one that is due."""
    (mine,) = books.disputes.claim(10)
    return mine


def opened(books: Books, order: str, **changes: Any) -> DisputeOnRecord:
    """It was told of and looked at; it still is in somebody's hands."""
    now = books.disputes.seen(heard(books, order), seen(**changes))
    assert now is not None
    return now


def told(books: Books, shop: str) -> list[str]:
    """The types of all that the shop was told."""
    return [one.payload["type"] for one in books.callbacks.events(shop)]
