"""Orders in Shopify's form come out canonical, exact to the minor unit, or with its own paths."""

import copy
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from api.channels.example import SHOPIFY_ORDER
from api.channels.shopify import ShopifyOrders
from api.problems import ProblemError
from domain.order import Order
from domain.payment import ExistingIntent, Prepaid

Change = Callable[[dict[str, Any]], object]


def as_received(change: Change | None = None) -> dict[str, Any]:
    body = copy.deepcopy(SHOPIFY_ORDER)
    if change is not None:
        change(body)
    return json.loads(json.dumps(body), parse_float=Decimal)


def canonical(change: Change | None = None) -> Order:
    return Order.model_validate(ShopifyOrders().parse(as_received(change)), extra="forbid")


def refused_fields(change: Change) -> set[str]:
    with pytest.raises(ProblemError) as refusal:
        ShopifyOrders().parse(as_received(change))
    assert refusal.value.status == 422
    return {problem.field for problem in refusal.value.problems}


def test_money_strings_become_minor_units_and_add_up() -> None:
    order = canonical()
    line = order.lines[0]
    assert (line.unit_price, line.discount) == (1450, 300)
    assert (line.net, line.tax, line.gross) == (2167, 433, 2600)
    assert (order.shipping.net, order.shipping.tax, order.shipping.gross) == (408, 82, 490)
    assert (order.total.net, order.total.tax, order.total.gross) == (2575, 515, 3090)
    assert line.tax_rate == "20"
    assert order.payment == Prepaid(reference="820982911946154508")


def test_prices_without_tax_get_their_tax_added() -> None:
    def american(body: dict[str, Any]) -> None:
        body |= {"taxes_included": False, "total_price": "27.85", "total_tax": "1.85"}
        body["line_items"][0] |= {
            "discount_allocations": [{"amount": "3.00"}],
            "tax_lines": [
                {"price": "1.50", "rate": 0.0575},
                {"price": "0.35", "rate": 0.03125},
            ],
        }
        body["shipping_lines"] = []

    order = canonical(american)
    assert (order.lines[0].net, order.lines[0].tax, order.lines[0].gross) == (2600, 185, 2785)
    assert order.lines[0].tax_rate == "8.875"
    assert order.shipping.gross == 0


def _yen(amount: str) -> dict[str, Any]:
    return {
        "shop_money": {"amount": "1.00", "currency_code": "EUR"},
        "presentment_money": {"amount": amount, "currency_code": "JPY"},
    }


def _in_yen(body: dict[str, Any]) -> None:
    body |= {
        "presentment_currency": "JPY",
        "total_price_set": _yen("4900"),
        "total_tax_set": _yen("445.00"),
    }
    line = body["line_items"][0]
    line["price_set"] = _yen("2300")
    line["discount_allocations"][0]["amount_set"] = _yen("500")
    line["tax_lines"][0]["price_set"] = _yen("373")
    shipping = body["shipping_lines"][0]
    shipping["price_set"] = _yen("800")
    shipping["tax_lines"][0]["price_set"] = _yen("72")


def test_the_customer_pays_in_the_currency_that_was_shown() -> None:
    order = canonical(_in_yen)
    assert order.currency == "JPY"
    assert order.lines[0].unit_price == 2300
    assert order.total.gross == 4900


def test_a_price_that_was_not_shown_in_the_customers_currency_is_refused() -> None:
    def without(body: dict[str, Any]) -> None:
        _in_yen(body)
        del body["line_items"][0]["price_set"]
        body["shipping_lines"][0]["price_set"]["presentment_money"]["currency_code"] = "USD"

    assert refused_fields(without) == {
        "line_items.0.price_set.presentment_money",
        "shipping_lines.0.price_set.presentment_money.currency_code",
    }


def test_fractions_that_the_currency_does_not_have_are_refused_where_they_stand() -> None:
    def too_fine(body: dict[str, Any]) -> None:
        body["line_items"][0]["tax_lines"][0]["price"] = "4.335"

    assert refused_fields(too_fine) == {"line_items.0.tax_lines.0.price"}


def sets(**fields: object) -> Change:
    def change(body: dict[str, Any]) -> None:
        body.update(fields)

    return change


def sets_line(**fields: object) -> Change:
    def change(body: dict[str, Any]) -> None:
        body["line_items"][0].update(fields)

    return change


def ships_by(**fields: object) -> Change:
    def change(body: dict[str, Any]) -> None:
        body["shipping_lines"][0].update(fields)

    return change


def without_total_tax(body: dict[str, Any]) -> None:
    del body["total_tax"]


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("cancelled_at", sets(cancelled_at="2026-03-02T11:00:00Z")),
        ("fulfillment_status", sets(fulfillment_status="fulfilled")),
        ("fulfillment_status", sets(fulfillment_status="partial")),
        ("fulfillment_status", sets(fulfillment_status="restocked")),
        ("test", sets(test=True)),
        ("line_items.0.current_quantity", sets_line(current_quantity=1)),
        ("line_items.0.current_quantity", sets_line(current_quantity=0)),
        ("financial_status", sets(financial_status="pending")),
        ("financial_status", sets(financial_status="authorized")),
        ("shipping_address", sets(shipping_address=None)),
        ("currency", sets(currency="EU", presentment_currency=None)),
        ("line_items.0.requires_shipping", sets_line(requires_shipping=False)),
        ("line_items.0.price", sets_line(price="-1.00")),
        ("line_items.0.price", sets_line(price="NaN")),
        ("line_items", sets(line_items=[])),
        ("total_tax", without_total_tax),
    ],
)
def test_what_cannot_be_carried_out_is_refused_with_the_channels_own_path(
    field: str, change: Change
) -> None:
    assert field in refused_fields(change)


def test_an_order_of_which_nothing_was_shipped_or_edited_is_taken() -> None:
    def untouched(body: dict[str, Any]) -> None:
        body |= {"fulfillment_status": None, "test": False}
        body["line_items"][0]["current_quantity"] = 2

    assert canonical(untouched) == canonical()


def test_money_that_the_checkout_authorized_is_verified_and_captured_here() -> None:
    def authorized(body: dict[str, Any]) -> None:
        body["financial_status"] = "authorized"
        body["note_attributes"] = [{"name": "payment_intent", "value": "pi_123"}]

    assert canonical(authorized).payment == ExistingIntent(payment_intent="pi_123")


def test_options_hold_what_the_customer_chose_and_nothing_hidden() -> None:
    def chosen(body: dict[str, Any]) -> None:
        body["line_items"][0]["properties"] = [
            {"name": "gravure", "value": "été 🌞"},
            {"name": "_tracker", "value": "x"},
            {"name": "copies", "value": 2},
        ]

    assert canonical(chosen).lines[0].options == {
        "variant": "Blue",
        "gravure": "été 🌞",
        "copies": "2",
    }


@pytest.mark.parametrize(
    ("canonical_path", "own"),
    [
        ("number", "name"),
        ("placed_at", "created_at"),
        ("customer.email", "email"),
        ("shipping_address.line1", "shipping_address.address1"),
        ("billing_address.postal_code", "billing_address.zip"),
        ("billing_address.city", "billing_address.city"),
        ("lines.3.sku", "line_items.3.sku"),
        ("lines.3.gross", "line_items.3.price"),
        ("lines.3", "line_items.3.price"),
        ("lines.3.tax_rate", "line_items.3.tax_lines"),
        ("shipping.service_level", "shipping_lines"),
        ("shipping.tax", "shipping_lines.0.tax_lines"),
        ("shipping", "shipping_lines"),
        ("total.gross", "total_price"),
        ("total.tax", "total_tax"),
        ("payment.terms", "financial_status"),
        ("payment", "financial_status"),
    ],
)
def test_canonical_paths_are_spoken_of_in_the_channels_words(canonical_path: str, own: str) -> None:
    assert ShopifyOrders().own_path(canonical_path) == own


def test_service_level_is_read_from_the_way_of_shipping() -> None:
    express = canonical(ships_by(code="Express", title="Morgen da"))
    unknown = canonical(ships_by(code="CP-17", title="Colissimo"))
    assert express.shipping.service_level == "express"
    assert unknown.shipping.service_level == "standard"
