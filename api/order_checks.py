"""What an order says about the shop's own catalogue, its policy, and what can be charged."""

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from api.problems import FieldProblem
from domain.borders import crosses_customs
from domain.catalogue import Product
from domain.model import Country
from domain.money import Money
from domain.order import Order
from domain.payment import PaymentWay, Transfer, held_at
from domain.record import Shop

PaymentProblem = Callable[[Money], str | None]
"""Why the payment provider cannot charge a sum, in words; None where it can."""


_CLOCKS_DIFFER = timedelta(days=1)


def problems_at_intake(
    order: Order, countries: AbstractSet[Country], now: datetime
) -> Iterator[FieldProblem]:
    """What no order may say when it comes in, and what orders on record may have said before."""
    if order.placed_at > now + _CLOCKS_DIFFER:
        message = (
            f"lies in the future: it is {now:%Y-%m-%d %H:%M} UTC here; send when it was placed"
        )
        yield FieldProblem(field="placed_at", message=message)
    for kind in ("billing_address", "shipping_address"):
        yield from problem_of_country(f"{kind}.country", getattr(order, kind).country, countries)


def problem_of_country(
    field: str, country: Country, countries: AbstractSet[Country]
) -> Iterator[FieldProblem]:
    """A code of two letters that stands for no country."""
    if country not in countries:
        message = f"{country} is no country's code (ISO 3166-1, two letters, such as DE)"
        yield FieldProblem(field=field, message=message)


def problems_of_order(
    order: Order,
    shop: Shop,
    products: Mapping[str, Product],
    payment_problem: PaymentProblem,
    takes_transfers: bool,
) -> tuple[FieldProblem, ...]:
    """Everything that keeps a well-formed order from being carried out, with field paths."""
    return (
        *_unsent(order),
        *_goods(order, shop, products),
        *_money(order, payment_problem),
        *_transfer(order, takes_transfers),
        *_promise(order, shop),
    )


def _unsent(order: Order) -> Iterator[FieldProblem]:
    if order.substitutes:
        message = "comes of the order's way, with the customer's consent: leave it out"
        yield FieldProblem(field="substitutes", message=message)


def _goods(order: Order, shop: Shop, products: Mapping[str, Product]) -> Iterator[FieldProblem]:
    abroad = crosses_customs(shop.seller.address, order.shipping_address)
    for place, line in enumerate(order.lines):
        field = f"lines.{place}.sku"
        product = products.get(line.sku)
        if product is None:
            yield FieldProblem(field=field, message=f"{line.sku} is not in the catalogue")
        elif abroad and not product.may_cross_borders:
            message = (
                f"{line.sku} cannot be sent to {order.shipping_address.country}: the catalogue "
                "has no HS code and origin for its customs declaration"
            )
            yield FieldProblem(field=field, message=message)


def _money(order: Order, payment_problem: PaymentProblem) -> Iterator[FieldProblem]:
    if held_at(order.payment) is not PaymentWay.CARD:
        return
    problem = payment_problem(order.due)
    if problem is not None:
        yield FieldProblem(field="total.gross", message=problem)


def _transfer(order: Order, takes_transfers: bool) -> Iterator[FieldProblem]:
    if isinstance(order.payment, Transfer) and not takes_transfers:
        message = (
            "no bank account is set up here, so nothing can be transferred: set ORDERSAGA_BANK_URL "
            "and ORDERSAGA_BANK_KEY, or take the order with other terms"
        )
        yield FieldProblem(field="payment.terms", message=message)


def _promise(order: Order, shop: Shop) -> Iterator[FieldProblem]:
    level = order.shipping.service_level
    if level not in shop.policy.transit_days:
        yield FieldProblem(
            field="shipping.service_level", message=f"this shop does not offer {level.value}"
        )
