"""An order is found by whatever people have in their hands, and shown on one page."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from backoffice import pages
from backoffice.intake import IntakeBook
from backoffice.mails import MailOutboxBook
from backoffice.records import RecordBook
from backoffice.search import OrderSearch
from backoffice.terms import LONGEST, fold
from backoffice.tracking import TrackingBook
from domain.cases import CaseKind
from domain.documents import DocumentKind
from domain.journal import Transition
from domain.mail import MailKind
from domain.money import Money
from domain.order import Order
from domain.payment import PaymentEventKind
from domain.record import Commit
from domain.status import OrderStatus
from domain.tracking import CourierEvent, CourierStatus
from tests.backoffice.samples import (
    NOW,
    SHOP,
    Trade,
    case,
    document,
    fact,
    handoff,
    journal,
    label,
    order_body,
    payment,
    transition,
)


@pytest.fixture
def search(trade: Trade) -> OrderSearch:
    return OrderSearch(trade.database)


def found(search: OrderSearch, text: str, shop: str = SHOP) -> list[str]:
    return [hit.order_id for hit in search.search(shop, text)]


@pytest.mark.parametrize(
    "text",
    [
        "1001",
        "100",
        "Anna Maria Šmíd",
        "anna m",
        "MARIA",
        "šmí",
        "Šmíd",
        "anna@example.com",
        "ANNA@",
        "mug-blue",
        "TEA",
        " anna   maria ",
        "Ａｎｎａ",
    ],
)
def test_an_order_is_found_by_the_beginning_of_what_it_says(
    trade: Trade, search: OrderSearch, text: str
) -> None:
    name = trade.accept()
    assert found(search, text) == [name]


@pytest.mark.parametrize(
    "text", ["2", "nna", "smith", "%", "_", "\\", "'", "1001x", "\x00", "\ud800"]
)
def test_an_order_is_not_found_by_what_it_does_not_begin_with(
    trade: Trade, search: OrderSearch, text: str
) -> None:
    trade.accept()
    assert found(search, text) == []
    assert search.order(SHOP, text) is None


def test_an_order_is_found_by_its_id_tracking_number_and_bin(
    trade: Trade, search: OrderSearch
) -> None:
    name, other = trade.accept("1"), trade.accept("2")
    sent = label(name).model_copy(update={"tracking_number": "1Z999AA10123456784"})
    RecordBook(trade.database).commit(Commit(name, handoff=handoff(name), labels=(sent,)))
    assert found(search, name) == [name]
    assert found(search, "1z999aa101") == [name]
    assert found(search, "1Z 999 AA1 0123 4567 84") == [name]
    assert found(search, "a-03") == [name]
    assert found(search, "ord_") == [other, name]


@pytest.mark.parametrize("name", ["王小明", "Αλέξανδρος", "נועה", "สมชาย", "\ufdfa" * 250, "Ⅳ"])
def test_any_name_in_any_script_is_found_by_its_beginning(
    trade: Trade, search: OrderSearch, name: str
) -> None:
    body = order_body()
    body["customer"] = body["customer"] | {"name": name}
    taken = trade.accept(customer=body["customer"])
    assert found(search, name[:2]) == [taken]
    assert len(fold(name)) <= LONGEST


def test_another_shops_orders_are_out_of_reach(trade: Trade, search: OrderSearch) -> None:
    name = trade.accept()
    assert found(search, "anna", shop="other") == []
    assert search.order("other", name) is None
    assert search.order("other", "1001") is None


def test_results_come_newest_first_page_by_page(trade: Trade, search: OrderSearch) -> None:
    names: list[str] = []
    for number in range(5):
        body = order_body(str(number))
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number)
        book = IntakeBook(trade.database, clock=lambda at=at: at)
        names.append(book.accept(trade.shop, Order.model_validate(body), body).order_id)
    first = search.search(SHOP, "anna", limit=2)
    rest = search.search(SHOP, "anna", limit=10, after=first[-1].order_id)
    assert [hit.order_id for hit in (*first, *rest)] == names[::-1]
    assert len(search.search(SHOP, "  ", limit=3)) == 3


def test_a_result_shows_who_ordered_and_where_it_is(trade: Trade, search: OrderSearch) -> None:
    trade.accept()
    (hit,) = search.search(SHOP, "1001")
    assert (hit.customer, hit.number, hit.channel) == ("Anna Maria Šmíd", "1001", "web")
    assert (hit.total, hit.status) == (Money(amount=3451, currency="EUR"), OrderStatus.ACCEPTED)


def test_a_number_leads_to_its_order_and_in_two_channels_to_the_last(
    trade: Trade, search: OrderSearch
) -> None:
    first = trade.accept()
    view = search.order(SHOP, "1001")
    assert view is not None
    assert view.order_id == first
    second = trade.accept(channel="phone")
    view = search.order(SHOP, "1001")
    assert view is not None
    assert view.order_id == second
    assert search.order(SHOP, "9999") is None


def test_one_page_holds_everything_about_an_order(trade: Trade, search: OrderSearch) -> None:
    name = trade.accept()
    trade.reserve(name)
    shipped = transition(1, OrderStatus.SHIPPED, shipment=f"{name}-s1")
    RecordBook(trade.database).commit(
        Commit(
            name,
            journal=journal(shipped, fact("k"), case("c1", name, CaseKind.NO_RATE)),
            payments=(
                payment("a", PaymentEventKind.AUTHORIZATION, 3451),
                payment("c", PaymentEventKind.CAPTURE, 3451),
            ),
            handoff=handoff(name),
            labels=(label(name),),
            documents=(document("slip", name, DocumentKind.PACKING_SLIP),),
        )
    )
    MailOutboxBook(trade.database).begin("mail", name, MailKind.SHIPPED, "anna@example.com")
    event = CourierEvent(
        id="e1",
        tracking_number=label(name).tracking_number,
        status=CourierStatus.TRANSIT,
        at=NOW,
    )
    TrackingBook(trade.database).record(event)
    view = search.order(SHOP, name)
    assert view is not None
    assert (view.status, view.transitions) == (OrderStatus.SHIPPED, (shipped,))
    assert view.order.number == "1001"
    assert [one.key for one in view.facts] == ["k"]
    assert view.money.settled == Money(amount=3451, currency="EUR")
    assert [entry.reserved for entry in view.stock] == [2, 1]
    (shipment,) = view.shipments
    assert shipment.handoff == handoff(name).handoff
    assert [one.label for one in shipment.labels] == [label(name)]
    assert (shipment.labels[0].status, shipment.labels[0].events) == (
        CourierStatus.TRANSIT,
        (event,),
    )
    assert [mail.recipient for mail in view.mails] == ["anna@example.com"]
    assert [(paper.id, paper.kind) for paper in view.documents] == [
        ("slip", DocumentKind.PACKING_SLIP)
    ]
    assert [one.case.kind for one in view.cases] == [CaseKind.NO_RATE]
    assert [(one.number, one.type) for one in view.callbacks] == [(1, "order.shipped")]


def test_a_search_among_many_orders_uses_its_index(trade: Trade, search: OrderSearch) -> None:
    name = trade.accept()
    with trade.database.transaction() as connection:
        connection.execute(
            text(
                "INSERT INTO order_terms (order_id, kind, term, shop) "
                "SELECT :name, 'name', 'customer ' || n, :shop FROM generate_series(1, 20000) n"
            ),
            {"name": name, "shop": SHOP},
        )
        connection.execute(text("ANALYZE order_terms"))
        plan = connection.execute(
            text(
                "EXPLAIN SELECT order_id FROM order_terms "
                "WHERE shop = :shop AND term >= 'anna' AND term < 'annb'"
            ),
            {"shop": SHOP},
        )
        assert "ix_order_terms_term" in "\n".join(plan.scalars())
    assert found(search, "anna") == [name]


def test_a_page_never_shows_half_of_what_is_committed_while_it_is_read(
    trade: Trade, search: OrderSearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = trade.accept()
    read: Callable[[Connection, str], tuple[Transition, ...]] = vars(pages)["_transitions"]

    def meanwhile(connection: Connection, order: str) -> tuple[Transition, ...]:
        moved = transition(1, OrderStatus.RESERVED)
        RecordBook(trade.database).commit(Commit(name, journal=journal(moved)))
        return read(connection, order)

    monkeypatch.setattr(pages, "_transitions", meanwhile)
    view = search.order(SHOP, name)
    assert view is not None
    assert (view.status, view.transitions, view.callbacks) == (OrderStatus.ACCEPTED, (), ())
    monkeypatch.undo()
    view = search.order(SHOP, name)
    assert view is not None
    assert (view.status, len(view.transitions)) == (OrderStatus.RESERVED, 1)
