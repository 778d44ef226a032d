"""One commit is one transaction, and writing it again changes nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from backoffice.audits import Audits
from backoffice.callbacks import CallbackBook
from backoffice.database import Database
from backoffice.handoffs import HandoffBook
from backoffice.intake import IntakeBook
from backoffice.ledgers import MoneyLedger
from backoffice.prints import PrintQueue
from backoffice.records import RecordBook
from backoffice.refusals import NotOnRecord, UnknownSku
from backoffice.search import OrderSearch
from backoffice.views import OrderView
from domain.cases import Answer, CaseAnswer
from domain.documents import DocumentKind
from domain.journal import FactOutcome, News
from domain.money import Money
from domain.payment import PaymentEventKind
from domain.record import Commit, NewAddress
from domain.status import OrderStatus
from domain.stock import RestockNeed, StockEntry, StockKind
from tests.backoffice.samples import (
    MUG,
    NOW,
    SHOP,
    Trade,
    at_once,
    case,
    document,
    fact,
    handoff,
    journal,
    label,
    order,
    payment,
    transition,
)


def view(trade: Trade, name: str) -> OrderView:
    found = OrderSearch(trade.database).order(SHOP, name)
    assert found is not None
    return found


def everything(name: str) -> Commit:
    entry = StockEntry(
        key="count", sku=MUG, kind=StockKind.ADJUSTMENT, on_hand=-97, at=NOW, note="broken"
    )
    return Commit(
        order=name,
        journal=journal(
            transition(1), fact(f"{name}:authorize:1"), case(f"{name}-c1", name)
        ).model_copy(
            update={
                "answers": (Answer(case=f"{name}-c1", answer=CaseAnswer.CLOSE, who="Ana", at=NOW),)
            }
        ),
        payments=(payment(f"{name}:authorize:1", PaymentEventKind.AUTHORIZATION, 3451),),
        handoff=handoff(name),
        labels=(label(name),),
        stock=(entry,),
        documents=(document(f"{name}:slip", name, DocumentKind.PACKING_SLIP),),
    )


def test_a_commit_written_again_changes_nothing_and_answers_the_same(trade: Trade) -> None:
    name = trade.accept()
    book = RecordBook(trade.database)
    first = book.commit(everything(name))
    before = view(trade, name)
    answers = at_once([lambda: book.commit(everything(name))] * 12)
    assert view(trade, name) == before
    assert set(answers) == {first}
    assert first.labels == (label(name),)
    assert first.restock == (RestockNeed(sku=MUG, on_hand=3, reorder_point=5, key="count"),)


def test_a_commit_that_fails_leaves_nothing(trade: Trade) -> None:
    name = trade.accept()
    before = view(trade, name)
    odd = StockEntry(key="x", sku="NONE", kind=StockKind.RECEIPT, on_hand=1, at=NOW)
    broken = replace(everything(name), stock=(odd,))
    with pytest.raises(UnknownSku):
        RecordBook(trade.database).commit(broken)
    assert view(trade, name) == before


def test_the_order_comes_back_as_it_was_accepted(trade: Trade) -> None:
    name = trade.accept()
    found = RecordBook(trade.database).order(name)
    assert (found.order_id, found.order, found.shop) == (name, order(), trade.shop)


def test_an_order_that_is_not_on_record_is_refused(trade: Trade) -> None:
    book = RecordBook(trade.database)
    with pytest.raises(NotOnRecord, match="no order ord_none"):
        book.order("ord_none")
    with pytest.raises(NotOnRecord):
        book.commit(Commit("ord_none", journal=journal(transition(1))))
    assert book.status("ord_none") is None


def test_transitions_that_come_late_never_set_the_status_back(trade: Trade) -> None:
    name = trade.accept()
    book = RecordBook(trade.database)
    third = transition(3, OrderStatus.IN_FULFILMENT)
    book.commit(Commit(name, journal=journal(third)))
    book.commit(Commit(name, journal=journal(transition(1), transition(2))))
    found = view(trade, name)
    assert found.status is OrderStatus.IN_FULFILMENT
    assert [one.number for one in found.transitions] == [1, 2, 3]


def test_news_moves_nothing_though_it_is_numbered_after_what_a_call_under_way_leads_to(
    trade: Trade,
) -> None:
    name = trade.accept()
    book = RecordBook(trade.database)
    book.commit(Commit(name, journal=journal(transition(1, OrderStatus.PAYMENT_SECURED))))
    word = transition(3, OrderStatus.PAYMENT_SECURED).model_copy(update={"news": News.AMENDED})
    book.commit(Commit(name, journal=journal(word)))
    book.commit(Commit(name, journal=journal(transition(2, OrderStatus.IN_FULFILMENT))))
    found = view(trade, name)
    assert found.status is OrderStatus.IN_FULFILMENT
    assert [one.number for one in found.transitions] == [1, 2, 3]
    assert Audits(trade.database).audit(SHOP) == ()


def test_transitions_in_any_order_at_once_leave_the_newest(trade: Trade) -> None:
    name = trade.accept()
    book = RecordBook(trade.database)
    at_once(
        [
            lambda n=n: book.commit(Commit(name, journal=journal(transition(n))))
            for n in (5, 3, 8, 1, 7, 2, 6, 4)
        ]
    )
    with trade.database.transaction() as connection:
        assert connection.execute(text("SELECT status_number FROM orders")).scalar_one() == 8
    assert [one.number for one in view(trade, name).callbacks] == list(range(1, 9))


def test_an_audit_lets_a_change_be_missing_that_was_foreseen_and_did_not_come(trade: Trade) -> None:
    name = trade.accept()
    RecordBook(trade.database).commit(
        Commit(order=name, journal=journal(transition(1), transition(3)))
    )
    assert Audits(trade.database).audit(SHOP) == ()


def test_an_audit_names_a_status_that_no_transition_led_to(trade: Trade) -> None:
    name = trade.accept()
    RecordBook(trade.database).commit(Commit(order=name, journal=journal(transition(1))))
    with trade.database.transaction() as connection:
        connection.execute(text("UPDATE orders SET status = 'shipped'"))
    assert [one.subject for one in Audits(trade.database).audit(SHOP)] == [name]


def test_an_ended_order_says_since_when(trade: Trade) -> None:
    name = trade.accept()
    RecordBook(trade.database).commit(
        Commit(name, journal=journal(transition(1, OrderStatus.DECLINED)))
    )
    assert view(trade, name).ended_at == NOW


def test_a_fact_alone_is_written_once_per_key_and_attempt(trade: Trade) -> None:
    name = trade.accept()
    book = RecordBook(trade.database)
    failed = fact("k", 1, outcome=FactOutcome.FAILED, detail="429")
    for one in (failed, fact("k", 1), fact("k", 2)):
        book.commit(Commit(name, journal=journal(one)))
    assert [(one.attempt, one.outcome) for one in view(trade, name).facts] == [
        (1, FactOutcome.FAILED),
        (2, FactOutcome.DONE),
    ]


def test_a_parcels_version_has_one_label_and_the_first_stays(trade: Trade) -> None:
    name = trade.accept()
    book = RecordBook(trade.database)
    bids = [label(name, transaction=f"tx{place}") for place in range(12)]
    answers = at_once([lambda bid=bid: book.commit(Commit(name, labels=(bid,))) for bid in bids])
    kept = {one.labels for one in answers}
    assert len(kept) == 1
    assert kept.pop()[0] in bids


def test_labels_are_answered_in_the_order_in_which_they_were_handed_in(trade: Trade) -> None:
    name = trade.accept()
    three = tuple(label(name, parcel=number) for number in (3, 1, 2))
    assert RecordBook(trade.database).commit(Commit(name, labels=three)).labels == three


def test_a_voided_label_never_prints_and_its_next_version_does(trade: Trade) -> None:
    name = trade.accept()
    book, queue = RecordBook(trade.database), PrintQueue(trade.database)
    old, new = label(name), label(name, version=2)
    for one in (old, new):
        paper = document(f"{one.id}:label", name, DocumentKind.LABEL, label=one.id)
        book.commit(Commit(name, labels=(one,), documents=(paper,)))
    book.commit(Commit(name, voided=(old.id,)))
    assert [job.document for job in queue.jobs(SHOP)] == [f"{new.id}:label"]


def test_a_label_that_was_voided_before_it_came_never_prints(trade: Trade) -> None:
    name = trade.accept()
    book = RecordBook(trade.database)
    late = label(name)
    book.commit(Commit(name, voided=(late.id,)))
    paper = document(f"{late.id}:label", name, DocumentKind.LABEL, label=late.id)
    book.commit(Commit(name, labels=(late,), documents=(paper,)))
    assert PrintQueue(trade.database).jobs(SHOP) == ()
    (shipment,) = view(trade, name).shipments
    assert shipment.labels[0].voided_at is not None


def test_an_accepted_handoff_stays_and_a_rejected_one_gives_way(trade: Trade) -> None:
    name = trade.accept()
    book, handoffs = RecordBook(trade.database), HandoffBook(trade.database)
    book.commit(Commit(name, handoff=handoff(name, accepted=False, notes="first")))
    book.commit(Commit(name, handoff=handoff(name, notes="second")))
    book.commit(Commit(name, handoff=handoff(name, accepted=False, notes="third")))
    found = handoffs.handoff(f"{name}-s1")
    assert found is not None
    assert found.notes == "second"


def test_money_is_derived_from_events_each_of_which_counts_once(trade: Trade) -> None:
    name = trade.accept()
    book = RecordBook(trade.database)
    events = (
        payment("a", PaymentEventKind.AUTHORIZATION, 3451),
        payment("c1", PaymentEventKind.CAPTURE, 2000),
        payment("c2", PaymentEventKind.CAPTURE, 1451),
        payment("r", PaymentEventKind.REFUND, 451),
    )
    for _ in range(2):
        book.commit(Commit(name, payments=events))
    totals = MoneyLedger(trade.database).totals(name, "EUR")
    assert totals.captured == Money(amount=3451, currency="EUR")
    assert totals.settled == Money(amount=3000, currency="EUR")


def test_an_audit_names_what_is_neither_taken_nor_let_go_of(trade: Trade) -> None:
    name = trade.accept()
    book, audits = RecordBook(trade.database), Audits(trade.database)
    book.commit(
        Commit(
            name,
            payments=(
                payment("a", PaymentEventKind.AUTHORIZATION, 3451, reference="pi_1"),
                payment("c", PaymentEventKind.CAPTURE, 2380, reference="pi_1"),
            ),
        )
    )
    [found] = audits.audit(SHOP)
    words = "pi_1: 3451 authorized, 2380 captured and 0 let go of it"
    assert (found.subject, found.words) == (name, words)
    rest = payment("c:rest", PaymentEventKind.VOID, 1071, reference="pi_1")
    book.commit(Commit(name, payments=(rest,)))
    assert audits.audit(SHOP) == ()


def test_a_callback_says_what_the_shop_needs_to_know(trade: Trade) -> None:
    name = trade.accept()
    shipped = transition(2, OrderStatus.SHIPPED, shipment=f"{name}-s1", detail="on its way")
    book = RecordBook(trade.database)
    book.commit(Commit(name, journal=journal(transition(1)), labels=(label(name, parcel=2),)))
    book.commit(Commit(name, voided=(f"{name}-s1-p2-l1",)))
    book.commit(Commit(name, journal=journal(shipped), labels=(label(name),)))
    payloads = [one.payload for one in CallbackBook(trade.database).events(SHOP)]
    first: dict[str, Any] = {
        "carrier": "dhl",
        "service": "parcel",
        "tracking_number": label(name).tracking_number,
        "shipment": f"{name}-s1",
        "parcel": f"{name}-s1-p1",
    }
    promised = IntakeBook(trade.database).given(name).promised_by
    assert promised is not None
    assert payloads[1] == {
        "promised_by": promised.isoformat(),
        "id": f"{name}.2",
        "type": "order.shipped",
        "order": name,
        "number": "1001",
        "channel": "web",
        "sequence": 2,
        "status": "shipped",
        "at": NOW.isoformat(),
        "shipment": f"{name}-s1",
        "detail": "on its way",
        "tracking": [first],
    }
    assert [one["parcel"] for one in payloads[0]["tracking"]] == [f"{name}-s1-p2"]


def test_a_usual_commit_takes_at_most_six_round_trips(trade: Trade) -> None:
    name = trade.accept()
    commit = Commit(name, journal=journal(transition(1), fact("k")))
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    RecordBook(trade.database).commit(commit)
    event.remove(Engine, "before_cursor_execute", note)
    begin_and_commit = 2
    assert len(statements) + begin_and_commit <= 6


def test_many_orders_are_written_side_by_side(trade: Trade) -> None:
    names = [trade.accept(str(number)) for number in range(30)]
    book = RecordBook(trade.database)
    at_once(
        [
            lambda name=name, n=n: book.commit(
                Commit(name, journal=journal(transition(n), fact(f"{name}:{n}")))
            )
            for n in range(1, 5)
            for name in names
        ]
    )
    assert {len(view(trade, name).callbacks) for name in names} == {4}


@pytest.mark.parametrize("place", range(1, 13))
def test_a_commit_that_is_cut_short_raises_and_can_be_repeated(
    trade: Trade, database_url: str, place: int
) -> None:
    name = trade.accept()
    before = view(trade, name)
    other = Database(database_url, pool_size=1)
    killer = Database(database_url, pool_size=1)
    seen: list[Connection] = []

    def cut(connection: Connection, *_: Any) -> None:
        seen.append(connection)
        if len(seen) == place:
            terminate(killer, connection.connection.driver_connection)

    event.listen(Engine, "before_cursor_execute", cut)
    try:
        with pytest.raises(OperationalError):
            RecordBook(other).commit(everything(name))
    finally:
        event.remove(Engine, "before_cursor_execute", cut)
    assert view(trade, name) == before
    RecordBook(other).commit(everything(name))
    assert len(view(trade, name).transitions) == 1
    other.close()
    killer.close()


def terminate(database: Database, victim: Any) -> None:
    with database.transaction() as connection:
        ended = text("SELECT pg_terminate_backend(:pid, 5000)")
        assert connection.execute(ended, {"pid": victim.info.backend_pid}).scalar_one()


def test_a_new_address_counts_from_then_on_once_and_never_goes_back(trade: Trade) -> None:
    placed = trade.accept()
    book = RecordBook(trade.database)
    before = book.order(placed).order.shipping_address
    second, first = (
        NewAddress(
            number=number,
            address=before.model_copy(update={"line1": line, "name": name}),
            who="support",
            at=NOW,
        )
        for number, line, name in ((2, "Second Street", "Ada King"), (1, "First Street", "Nobody"))
    )
    for change in (second, first, second):
        book.commit(Commit(placed, address=change))
    assert book.order(placed).order.shipping_address == second.address
    hits = OrderSearch(trade.database).search(SHOP, "ada king")
    assert [one.order_id for one in hits] == [placed]


def test_a_change_that_is_numbered_anew_after_a_restore_is_no_repetition(trade: Trade) -> None:
    placed = trade.accept()
    book = RecordBook(trade.database)
    before = book.order(placed).order.shipping_address
    forgotten, newest = (
        NewAddress(
            number=1,
            address=before.model_copy(update={"line1": line}),
            who="support",
            at=NOW + later,
        )
        for line, later in (("First Street", timedelta(0)), ("Second Street", timedelta(hours=1)))
    )
    for change in (forgotten, newest, newest, forgotten):
        book.commit(Commit(placed, address=change))
    assert book.order(placed).order.shipping_address == newest.address
    with trade.database.reading() as connection:
        numbers = connection.scalars(text("SELECT number FROM address_changes ORDER BY 1")).all()
    assert numbers == [1, 2]
