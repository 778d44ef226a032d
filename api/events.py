"""The pull feed: what callbacks tell, for shops that would rather ask."""

from fastapi import APIRouter

from api.access import ShopKey, Wired
from api.order_pages import OrderEvent
from api.parameters import Limit, Position
from domain.model import Model

router = APIRouter(tags=["events"])


class EventFeed(Model):
    """Events in the order in which they became known; ``next`` is the ``after`` of the next call.

    Nothing is ever put before what was read.
    """

    events: tuple[OrderEvent, ...]
    next: int


@router.get("/events", summary="What has happened since")
def feed(wiring: Wired, key: ShopKey, after: Position = 0, limit: Limit = 100) -> EventFeed:
    """Changes of status of all the shop's orders, after a position of the feed; 0 is the start."""
    found = wiring.books.callbacks.events(key.shop, after, limit)
    events = tuple(OrderEvent.model_validate(one.payload) for one in found)
    return EventFeed(events=events, next=found[-1].position if found else after)
