"""Orders in other channels' own formats."""

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import ValidationError

from api.access import ShopKey, Wired
from api.bodies import RawBody, parse_object
from api.channels.adapter import ChannelAdapter
from api.channels.example import SHOPIFY_ORDER
from api.channels.shopify_format import ChannelOrder
from api.fields import problems_of
from api.intake import OrderAccepted, in_own_words, take
from api.parameters import Name
from api.problems import invalid, not_found
from domain.order import Order

router = APIRouter(tags=["orders"])

_BODY = RawBody(
    "application/json",
    model=ChannelOrder,
    examples={"shopify": SHOPIFY_ORDER},
    closed=False,
)


@router.post("/channels/{channel}/orders", status_code=202, summary="Place a channel's order")
async def place(
    wiring: Wired,
    key: ShopKey,
    channel: Name,
    raw: Annotated[bytes, Depends(_BODY)],
    response: Response,
) -> OrderAccepted:
    """As `POST /orders`, with the body as the channel writes it; problems name its own fields.

    Channels: `shopify` (the Order resource of its REST Admin API, as its webhooks send it).
    """
    adapter = wiring.channels.get(channel)
    if adapter is None:
        raise not_found("channel")
    accepted = await take(
        wiring, key.shop, f"channels/{channel}", raw, _Reader(adapter), adapter.own_path
    )
    response.headers["Location"] = accepted.links.self
    return accepted


class _Reader:
    """Reads one channel's bodies. Numbers keep every decimal that was written."""

    def __init__(self, adapter: ChannelAdapter) -> None:
        self._adapter = adapter

    def __call__(self, raw: bytes) -> Order:
        canonical: dict[str, Any] = self._adapter.parse(parse_object(raw, Decimal))
        try:
            return Order.model_validate(canonical, extra="forbid")
        except ValidationError as error:
            found = problems_of(error, canonical)
            raise invalid(in_own_words(found, self._adapter.own_path)) from error
