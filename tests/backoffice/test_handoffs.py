"""Messages about a shipment are checked against what was handed off and what is known since."""

from typing import Any

import pytest

from backoffice.claims import ClaimBook
from backoffice.handoffs import HandoffBook
from backoffice.inbox import InboxBook
from backoffice.records import RecordBook
from domain.record import Commit
from domain.status import OrderStatus
from domain.warehouse import CustomsLine, Picked, PickedLine
from tests.backoffice.samples import (
    MUG,
    SHOP,
    Trade,
    at_once,
    handoff,
    journal,
    label,
    transition,
)


@pytest.fixture
def book(trade: Trade) -> HandoffBook:
    return HandoffBook(trade.database)


def handed_off(trade: Trade, number: str = "1001", **changes: Any) -> str:
    name = trade.accept(number)
    status = transition(1, OrderStatus.IN_FULFILMENT)
    commit = Commit(name, journal=journal(status), handoff=handoff(name, **changes))
    RecordBook(trade.database).commit(commit)
    return name


def test_the_document_is_read_back_as_it_was_handed_off(trade: Trade, book: HandoffBook) -> None:
    name = handed_off(trade)
    assert book.handoff(f"{name}-s1") == handoff(name).handoff
    assert book.handoff("none") is None


def test_customs_lines_are_those_of_the_document(trade: Trade, book: HandoffBook) -> None:
    line = CustomsLine(
        line="1", name="Mug", hs_code="691200", origin="DE", quantity=2, value=9, weight_grams=5
    )
    name = handed_off(trade, customs=(line,))
    assert book.customs_of(f"{name}-s1") == (line,)
    assert book.customs_of("none") == ()


def test_a_shipments_state_holds_what_its_messages_are_checked_against(
    trade: Trade, book: HandoffBook
) -> None:
    name = handed_off(trade)
    old, new = label(name), label(name, version=2)
    RecordBook(trade.database).commit(Commit(name, labels=(old, new), voided=(old.id,)))
    state = book.shipment_state(f"{name}-s1")
    assert state is not None
    assert (state.order_id, state.shop, state.status) == (name, SHOP, OrderStatus.IN_FULFILMENT)
    assert (state.labels, state.picked, state.answer.accepted) == ((new,), None, True)


def test_what_was_picked_is_known_from_the_inbox(trade: Trade, book: HandoffBook) -> None:
    name = handed_off(trade)
    lines = (PickedLine(line="1", sku=MUG, quantity=2, barcodes=("400",)),)
    for shipment in (f"{name}-s1", f"{name}-s2"):
        picked = Picked(shipment=shipment, lines=lines).model_dump(mode="json")
        if shipment.endswith("2"):
            picked["lines"][0]["quantity"] = 9
        InboxBook(trade.database).put("warehouse", shipment, "picked", name, picked, "picked")
    state = book.shipment_state(f"{name}-s1")
    assert state is not None
    assert state.picked == lines


def test_another_shops_shipment_is_out_of_reach(trade: Trade, book: HandoffBook) -> None:
    name = handed_off(trade)
    assert book.shipment_state(f"{name}-s1", shop=SHOP) is not None
    assert book.shipment_state(f"{name}-s1", shop="other") is None


def test_the_floor_shows_accepted_shipments_in_turn(trade: Trade, book: HandoffBook) -> None:
    names = [handed_off(trade, str(number)) for number in range(3)]
    handed_off(trade, "rejected", accepted=False)
    states = (OrderStatus.IN_FULFILMENT,)
    first = book.on_the_floor(SHOP, states, limit=2)
    rest = book.on_the_floor(SHOP, states, after=first[-1].handoff.shipment)
    assert [one.handoff.order for one in (*first, *rest)] == names
    assert book.on_the_floor(SHOP, (OrderStatus.PACKED,)) == ()
    assert book.on_the_floor("other", states) == ()


def test_of_orders_that_claim_one_payment_at_once_one_gets_it(trade: Trade) -> None:
    book = ClaimBook(trade.database)
    names = [trade.accept(str(number)) for number in range(8)]
    owners = at_once([lambda name=name: book.claim("stripe", "pi_1", name) for name in names * 2])
    assert len(set(owners)) == 1
    assert book.owner("stripe", "pi_1") == owners[0]
    assert book.owner("stripe", "pi_2") is None
    assert book.claim("other", "pi_1", names[0]) == names[0]
