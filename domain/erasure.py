"""What is left of an order when the person behind it is erased: goods, sums, dates, country."""

from domain.address import Address, Customer
from domain.order import Contents, Line, Order
from domain.warehouse import Handoff

ERASED = "erased"
"""What stands where a name stood."""

_EMAIL = "erased@erased.invalid"


def number_without_person(order_id: str) -> str:
    """What stands where an order's number stood: a telephone order's may hold a name."""
    return f"{ERASED}-{order_id}"


def order_without_person(order_id: str, order: Order) -> Order:
    """The order with everything gone that a customer wrote, chose in words, or lives at.

    Options are what the customer chose, an engraving for instance. Payment references stay: the
    money's records point at them.
    """
    return order.model_copy(
        update={
            "number": number_without_person(order_id),
            "customer": Customer(name=ERASED, email=_EMAIL, language=order.customer.language),
            "billing_address": _place(order.billing_address),
            "shipping_address": _place(order.shipping_address),
            "lines": _lines(order.lines),
            "notes": "",
            "gift_note": "",
            "reviews_welcome": False,
        }
    )


def contents_without_person(contents: Contents) -> Contents:
    """What an amendment changed, without what the customer chose in words."""
    return contents.model_copy(update={"lines": _lines(contents.lines)})


def _lines(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    return tuple(line.model_copy(update={"options": {}, "note": ""}) for line in lines)


def handoff_without_person(handoff: Handoff) -> Handoff:
    """The handoff document with what pickers needed, and without whom it was for."""
    return handoff.model_copy(
        update={
            "number": number_without_person(handoff.order),
            "ship_to": _place(handoff.ship_to),
            "lines": tuple(
                line.model_copy(update={"options": {}, "note": ""}) for line in handoff.lines
            ),
            "notes": "",
            "gift_note": "",
        }
    )


def _place(address: Address) -> Address:
    return Address(name=ERASED, line1=ERASED, city=ERASED, country=address.country)
