"""What customs are told of goods that cross a border."""

from domain.catalogue import Product
from domain.order import Line
from domain.warehouse import CustomsLine


def customs_line(line: Line, product: Product, quantity: int) -> CustomsLine | None:
    """So many pieces of an order's line for a declaration, valued net in the order's minor unit;
    what costs the customer nothing, at its price: customs want to know what it is worth.

    None where the catalogue has no HS code or no origin.
    """
    if not product.may_cross_borders:
        return None
    return CustomsLine(
        line=line.id,
        name=product.customs_name or product.name,
        hs_code=product.hs_code,
        origin=product.origin or "",
        quantity=quantity,
        value=(line.net or line.unit_price * line.quantity) * quantity // line.quantity,
        weight_grams=product.weight_grams,
    )
