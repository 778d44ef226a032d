"""Orders: placed by a shop, looked up by shop and support, cancelled while they can be."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.concurrency import run_in_threadpool

from api.access import OfficeKey, ShopKey, Wired
from api.bodies import JsonBody, RawBody, parse_object, validated
from api.example_order import EXAMPLE_ORDER
from api.intake import OrderAccepted, take
from api.meant import order_to_change, order_to_see
from api.order_pages import OrderEvent, OrderList, OrderPage
from api.parameters import Cursor, Limit, Name, SearchText
from api.problems import ProblemError
from api.steering import steering
from domain.model import Model
from domain.order import Order
from domain.payment import AuthorizeMethod
from domain.routing import WarehouseCode
from domain.steering import AddressAnswer, AddressChange, CancelAnswer, CancelRequest, OtherMethod

router = APIRouter(tags=["orders"])

_ORDER = RawBody("application/json", model=Order, examples={"two mugs": EXAMPLE_ORDER})
_CANCEL = JsonBody(CancelRequest, {"by telephone": {"who": "Ana, support", "why": "ordered twice"}})
_METHOD = JsonBody(
    AuthorizeMethod, {"another card": {"terms": "authorize", "payment_method": "pm_card_visa"}}
)
_ADDRESS = JsonBody(
    AddressChange,
    {
        "moved": {
            "who": "Ana, support",
            "why": "the customer wrote",
            "address": EXAMPLE_ORDER["shipping_address"],
        }
    },
)


class Taken(Model):
    """The order has it, and acts on it at once; its status tells what becomes of it."""

    order: str


@router.post("/orders", status_code=202, summary="Place an order")
async def place(
    wiring: Wired, key: ShopKey, raw: Annotated[bytes, Depends(_ORDER)], response: Response
) -> OrderAccepted:
    """The order is on record when this is answered, and will be carried out.

    Sums must add up exactly; tax is the channel's word. The same order again is answered the
    same; another body under the same channel and number is refused with 409, and names the
    fields that differ.
    """
    accepted = await take(wiring, key.shop, "orders", raw, _read)
    response.headers["Location"] = accepted.links.self
    return accepted


def _read(raw: bytes) -> Order:
    return validated(Order, parse_object(raw))


@router.get("/orders", summary="Find orders")
def find(
    wiring: Wired,
    key: OfficeKey,
    q: SearchText = "",
    limit: Limit = 50,
    after: Cursor = "",
    warehouse: Annotated[
        WarehouseCode | None, Query(description="only orders of which it has a shipment")
    ] = None,
) -> OrderList:
    """By order id or number, name, e-mail address, tracking number, SKU or bin; newest first."""
    found = wiring.books.search.search(key.shop, q, limit, after or None, warehouse)
    following = found[-1].order_id if len(found) == limit else None
    return OrderList(orders=found, next=following)


@router.get("/orders/{order}", summary="Everything about an order")
def look_up(wiring: Wired, key: OfficeKey, order: Name) -> OrderPage:
    """By its id, or by its number: the newest order, where two channels use it."""
    return OrderPage.of(order_to_see(wiring, key.shop, order))


class OrderEvents(Model):
    """An order's changes of status, oldest first."""

    events: tuple[OrderEvent, ...]


@router.get("/orders/{order}/events", summary="What has happened to an order")
def follow(wiring: Wired, key: OfficeKey, order: Name) -> OrderEvents:
    """Its changes of status, as callbacks tell them."""
    told = wiring.books.callbacks.of(order_to_see(wiring, key.shop, order).order_id)
    return OrderEvents(events=tuple(OrderEvent.model_validate(one) for one in told))


@router.post("/orders/{order}/cancel", status_code=202, summary="Cancel an order")
async def cancel(
    wiring: Wired,
    key: OfficeKey,
    order: Name,
    wanted: Annotated[CancelRequest, Depends(_CANCEL)],
) -> CancelAnswer:
    """What it leads to depends on the moment.

    Before the capture everything is undone; from the capture to the hand-over the parcel is
    recalled, and refunded if it can be pulled; after it the answer is 409 with the reason.
    By its id, or by a number that only one of the shop's channels uses.
    """
    view = await run_in_threadpool(order_to_change, wiring, key.shop, order)
    with steering(view):
        answer = await wiring.starter.request_cancel(view.order_id, wanted)
    if not answer.accepted:
        raise ProblemError(409, answer.message)
    return answer


@router.post("/orders/{order}/payment-method", status_code=202, summary="Pay with another method")
async def pay_otherwise(
    wiring: Wired,
    key: OfficeKey,
    order: Name,
    wanted: Annotated[AuthorizeMethod, Depends(_METHOD)],
) -> Taken:
    """For an order that is `awaiting_payment`: the customer gives another card, say.

    It is tried at once, and the status tells what became of it: `payment_secured`, or
    `awaiting_payment` again with the reason. An order that waits for no payment answers 409.
    """
    view = await run_in_threadpool(order_to_change, wiring, key.shop, order)
    with steering(view):
        await wiring.starter.pay_otherwise(view.order_id, OtherMethod(method=wanted))
    return Taken(order=view.order_id)


@router.post(
    "/orders/{order}/shipping-address", status_code=202, summary="Send the parcels elsewhere"
)
async def change_address(
    wiring: Wired,
    key: OfficeKey,
    order: Name,
    wanted: Annotated[AddressChange, Depends(_ADDRESS)],
) -> AddressAnswer:
    """Until the parcels are packed; in the country that the order was taxed for.

    Before the labels are bought the new address simply counts; labels that were bought are void,
    and others are bought and printed. From packing on the answer is 409 with the reason.
    """
    view = await run_in_threadpool(order_to_change, wiring, key.shop, order)
    with steering(view):
        answer = await wiring.starter.change_address(view.order_id, wanted)
    if not answer.accepted:
        raise ProblemError(409, answer.message)
    return answer
