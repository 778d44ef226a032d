"""What an order says about the shop's own catalogue, its policy, and what can be charged."""

from collections.abc import Callable, Iterator, Mapping

from api.problems import FieldProblem
from domain.catalogue import Product
from domain.money import Money
from domain.order import Order
from domain.payment import AuthorizeMethod, ExistingIntent
from domain.record import Shop

PaymentProblem = Callable[[Money], str | None]
"""Why the payment provider cannot charge a sum, in words; None where it can."""


def problems_of_order(
    order: Order, shop: Shop, products: Mapping[str, Product], payment_problem: PaymentProblem
) -> tuple[FieldProblem, ...]:
    """Everything that keeps a well-formed order from being carried out, with field paths."""
    return (
        *_goods(order, shop, products),
        *_money(order, payment_problem),
        *_promise(order, shop),
    )


def _goods(order: Order, shop: Shop, products: Mapping[str, Product]) -> Iterator[FieldProblem]:
    country = order.shipping_address.country
    abroad = country != shop.seller.address.country
    for place, line in enumerate(order.lines):
        field = f"lines.{place}.sku"
        product = products.get(line.sku)
        if product is None:
            yield FieldProblem(field=field, message=f"{line.sku} is not in the catalogue")
        elif abroad and not product.may_cross_borders:
            message = (
                f"{line.sku} cannot be sent to {country}: the catalogue has no HS code and origin "
                "for its customs declaration"
            )
            yield FieldProblem(field=field, message=message)


def _money(order: Order, payment_problem: PaymentProblem) -> Iterator[FieldProblem]:
    if not isinstance(order.payment, AuthorizeMethod | ExistingIntent):
        return
    problem = payment_problem(order.due)
    if problem is not None:
        yield FieldProblem(field="total.gross", message=problem)


def _promise(order: Order, shop: Shop) -> Iterator[FieldProblem]:
    level = order.shipping.service_level
    if level not in shop.policy.transit_days:
        yield FieldProblem(
            field="shipping.service_level", message=f"this shop does not offer {level.value}"
        )
