"""An order's invoices add up to the order, however it is divided among them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.address import Address, Customer
from domain.invoicing import Invoice, invoice_for, pieces_by_line
from domain.order import Line, Order, Shipping, Sums
from domain.payment import NothingDue, Prepaid
from domain.shipping import Portion

HOME = Address(name="Grete Beispiel", line1="Ringstraße 5", city="Wien", country="AT")
RATES = ("0", "7", "8.875", "19", "19.0")


def order_of(lines: list[Line], shipping: Shipping, prices_include_tax: bool) -> Order:
    billed = (*lines, shipping)
    total = Sums(
        net=sum(part.net for part in billed),
        tax=sum(part.tax for part in billed),
        gross=sum(part.gross for part in billed),
    )
    return Order(
        number="1001",
        channel="web",
        placed_at=datetime(2026, 3, 4, tzinfo=UTC),
        currency="EUR",
        prices_include_tax=prices_include_tax,
        customer=Customer(name=HOME.name, email="grete@example.com"),
        billing_address=HOME,
        shipping_address=HOME,
        lines=tuple(lines),
        shipping=shipping,
        total=total,
        payment=Prepaid(reference="R1") if total.gross else NothingDue(),
    )


@st.composite
def orders(draw: st.DrawFn) -> Order:
    included = draw(st.booleans())
    amounts = st.integers(0, 10**6)
    lines: list[Line] = []
    for place in range(draw(st.integers(1, 4))):
        quantity, price = draw(st.integers(1, 60)), draw(st.integers(0, 40) | amounts)
        discount = draw(st.integers(0, price * quantity))
        basis = price * quantity - discount
        tax = draw(st.integers(0, basis) if included else amounts)
        net = basis - tax if included else basis
        lines.append(
            Line(
                id=str(place),
                sku="MUG",
                name="Mug",
                quantity=quantity,
                unit_price=price,
                discount=discount,
                tax_rate=draw(st.sampled_from(RATES)),
                net=net,
                tax=tax,
                gross=net + tax,
            )
        )
    net, tax = draw(amounts), draw(amounts)
    shipping = Shipping(tax_rate=draw(st.sampled_from(RATES)), net=net, tax=tax, gross=net + tax)
    return order_of(lines, shipping, included)


@st.composite
def divided(draw: st.DrawFn) -> tuple[Order, list[list[Portion]]]:
    """An order with all its pieces dealt out to a few shipments."""
    order = draw(orders())
    shipments: list[list[Portion]] = [[] for _ in range(draw(st.integers(1, 4)))]
    for line in order.lines:
        left = line.quantity
        for shipment in shipments[:-1]:
            shipment.append(Portion(line=line.id, quantity=draw(st.integers(0, left))))
            left -= shipment[-1].quantity
        shipments[-1].append(Portion(line=line.id, quantity=left))
    return order, [one for one in shipments if any(portion.quantity for portion in one)]


def invoices(order: Order, shipments: list[list[Portion]]) -> list[Invoice]:
    made: list[Invoice] = []
    earlier: list[Portion] = []
    for portions in shipments:
        made.append(invoice_for(order, portions, earlier))
        earlier += portions
    return made


def whole(order: Order) -> list[Portion]:
    return [Portion(line=line.id, quantity=line.quantity) for line in order.lines]


@given(orders())
def test_an_invoice_for_everything_says_the_orders_own_sums(order: Order) -> None:
    invoice = invoice_for(order, whole(order))
    assert invoice.total == order.total
    assert [line.line for line in invoice.lines] == list(order.lines)
    for line in invoice.lines:
        assert (line.net, line.tax, line.gross, line.discount) == (
            line.line.net,
            line.line.tax,
            line.line.gross,
            line.line.discount,
        )


@given(divided())
def test_partial_invoices_add_up_to_the_order(case: tuple[Order, list[list[Portion]]]) -> None:
    order, shipments = case
    made = invoices(order, shipments)
    assert sum(one.total.net for one in made) == order.total.net
    assert sum(one.total.tax for one in made) == order.total.tax
    assert sum(one.total.gross for one in made) == order.total.gross
    for line in order.lines:
        shares = [share for one in made for share in one.lines if share.line.id == line.id]
        assert sum(share.quantity for share in shares) == line.quantity
        assert sum(share.discount for share in shares) == line.discount


@given(divided())
def test_every_share_follows_from_price_pieces_and_discount(
    case: tuple[Order, list[list[Portion]]],
) -> None:
    order, shipments = case
    for invoice in invoices(order, shipments):
        for share in invoice.lines:
            price = share.line.unit_price * share.quantity - share.discount
            assert price == (share.gross if order.prices_include_tax else share.net)


@given(divided())
def test_a_share_is_within_a_minor_unit_of_its_proportion(
    case: tuple[Order, list[list[Portion]]],
) -> None:
    order, shipments = case
    for invoice in invoices(order, shipments):
        for share in invoice.lines:
            due = share.line.discount * share.quantity / share.line.quantity
            assert abs(share.discount - due) <= 1


@given(divided())
def test_shipping_is_charged_once_on_the_first_invoice(
    case: tuple[Order, list[list[Portion]]],
) -> None:
    order, shipments = case
    first, *later = invoices(order, shipments)
    assert first.shipping == order.shipping
    assert all(one.shipping is None for one in later)


@given(divided())
def test_tax_by_rate_adds_up_to_the_total_and_names_each_rate_once(
    case: tuple[Order, list[list[Portion]]],
) -> None:
    order, shipments = case
    for invoice in invoices(order, shipments):
        assert sum(one.net for one in invoice.by_rate) == invoice.total.net
        assert sum(one.tax for one in invoice.by_rate) == invoice.total.tax
        rates = [float(one.rate) for one in invoice.by_rate]
        assert rates == sorted(set(rates), reverse=True)


@given(orders())
def test_lines_are_billed_as_on_the_order_however_they_were_picked(order: Order) -> None:
    singles = [
        Portion(line=line.id, quantity=1) for line in order.lines for _ in range(line.quantity)
    ]
    assert invoice_for(order, reversed(singles)) == invoice_for(order, whole(order))


def test_no_share_falls_below_zero_where_a_piece_costs_next_to_nothing() -> None:
    line = Line(
        id="1",
        sku="SCREW",
        name="Screw",
        quantity=2,
        unit_price=1,
        discount=1,
        tax_rate="19",
        net=0,
        tax=1,
        gross=1,
    )
    order = order_of([line], Shipping(tax_rate="19", net=0, tax=0, gross=0), True)
    made = invoices(order, [[Portion(line="1", quantity=1)] for _ in range(2)])
    assert [(one.total.net, one.total.tax) for one in made] == [(0, 0), (0, 1)]


def sample() -> Order:
    line = Line(
        id="1",
        sku="MUG",
        name="Mug",
        quantity=3,
        unit_price=1000,
        discount=100,
        tax_rate="19",
        net=2437,
        tax=463,
        gross=2900,
    )
    return order_of([line], Shipping(tax_rate="19", net=0, tax=0, gross=0), True)


def test_an_odd_cent_falls_on_one_invoice_only() -> None:
    shipments = [[Portion(line="1", quantity=1)] for _ in range(3)]
    shares = [one.lines[0] for one in invoices(sample(), shipments)]
    assert [share.discount for share in shares] == [33, 34, 33]
    assert [share.tax for share in shares] == [154, 155, 154]


@pytest.mark.parametrize(
    ("portions", "earlier", "reason"),
    [
        ([], [], "at least one piece"),
        ([Portion(line="1", quantity=0)], [], "at least one piece"),
        ([Portion(line="1", quantity=-1)], [], "line 1: -1"),
        ([Portion(line="1", quantity=4)], [], "4 pieces on invoices, but 3"),
        ([Portion(line="1", quantity=2)], [Portion(line="1", quantity=2)], "4 pieces"),
        ([Portion(line="2", quantity=1)], [], "line 2 is not on the order"),
        ([Portion(line="1", quantity=1)], [Portion(line="2", quantity=1)], "line 2 is not"),
    ],
)
def test_what_was_not_ordered_is_never_invoiced(
    portions: list[Portion], earlier: list[Portion], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        invoice_for(sample(), portions, earlier)


def test_pieces_of_a_line_are_counted_together_and_absent_lines_left_out() -> None:
    portions = [Portion(line="1", quantity=2), Portion(line="1", quantity=1)]
    assert pieces_by_line(sample(), portions) == {"1": 3}
    assert pieces_by_line(sample(), [Portion(line="1", quantity=0)]) == {}
