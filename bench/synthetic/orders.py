"""Many orders of one shop, with every way that they may take: the same seed writes the same."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import psycopg
from psycopg.types.json import Jsonb

from backoffice.books import Books
from backoffice.database import Database
from bench.synthetic.rows import Rows, libpq
from bench.synthetic.shipments import HOUR, carry
from bench.synthetic.telling import POLICY_ASKS, POLICY_DOES_NOT, Telling
from bench.synthetic.ways import WAREHOUSES, Trip, Way, draw_trip, draw_way
from domain.address import Address, Seller
from domain.catalogue import Product
from domain.policy import Policy
from domain.routing import WarehouseSetup
from domain.shop import ShopSetup
from domain.status import OrderStatus, status_of

FIRST_DAY = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 60
"""The days on which they are accepted, from the first on."""


def open_shop(address: str, shop: str) -> None:
    """A shop with warehouses and articles, and the two policies that its orders keep."""
    database = Database(address, pool_size=1)
    books = Books.over(database)
    quay = Address(name=shop, line1="Quay 1", city="Hamburg", country="DE")
    seller = Seller(name=shop, address=quay, email="shop@example.com")
    books.shops.put_shop(ShopSetup(id=shop, seller=seller, restock_email="buyer@example.com"))
    for code, _ in WAREHOUSES:
        books.warehouses.put(shop, WarehouseSetup(code=code))
    books.catalogue.put_products(
        shop,
        [
            Product(sku=f"ART-{n}", name=f"Article {n}", weight_grams=300, bin="A-1")
            for n in (1, 2, 3)
        ],
    )
    database.close()
    policies = {
        digest: Policy(ask_for_reviews=asks).model_dump(mode="json")
        for digest, asks in ((POLICY_ASKS, True), (POLICY_DOES_NOT, False))
    }
    with psycopg.connect(libpq(address)) as connection:
        for digest, body in policies.items():
            connection.execute(
                "INSERT INTO policies VALUES (%s, %s) ON CONFLICT DO NOTHING", (digest, Jsonb(body))
            )


def many_orders(shop: str, count: int, seed: int) -> Rows:
    """The rows of so many orders."""
    random, rows = Random(seed), Rows(shop)
    for number in range(count):
        accepted = FIRST_DAY + timedelta(seconds=random.randrange(DAYS * 86_400))
        telling = Telling(rows, random, number, draw_way(random), accepted)
        tell(telling, [draw_trip(random) for _ in telling.way.warehouses])
    return rows


def tell(telling: Telling, trips: Sequence[Trip]) -> None:
    """One order, from its acceptance to where its way stops; a trip for each shipment."""
    way = telling.way
    if not _before_fulfilment(telling):
        return
    telling.done(3, "mail_confirmation")
    telling.heard(4, "record")
    ends = list(_shipments(telling, trips))
    telling.now = max(end for end, _ in ends)
    statuses = [OrderStatus(status) for _, status in ends]
    telling.shipment = None
    telling.status = status_of(statuses).value
    ended = all(one in _OVER for one in statuses)
    if ended and all(one is OrderStatus.CANCELLED for one in statuses):
        telling.to("cancelled", 13)
    elif ended and way.stop != "delivered":
        _finish(telling, statuses)
    else:
        ended = False
    telling.close(ended=ended)


_OVER = (OrderStatus.DELIVERED, OrderStatus.NOT_DELIVERED, OrderStatus.CANCELLED)


def _finish(telling: Telling, statuses: list[OrderStatus]) -> None:
    way = telling.way
    if way.refunded:
        telling.done(17, "give_back", failed=1)
        telling.done(17, "credit_refund")
    may = OrderStatus.NOT_DELIVERED not in statuses
    if may and way.asks_for_review and way.review_welcome and telling.random.randrange(12):
        telling.pause(7 * 24 * HOUR)
        telling.done(20, "mail_review")
    telling.to("completed", 20)


def _before_fulfilment(telling: Telling) -> bool:
    """Steps 1 and 2; False where the order goes no further than that."""
    way = telling.way
    if way.stop == "accepted":
        telling.close(ended=False)
        return False
    _reserve(telling)
    if way.stop == "out_of_stock":
        return _ends(telling, "out_of_stock")
    telling.to("reserved")
    _pay(telling)
    if way.stop == "declined":
        return _ends(telling, "declined")
    telling.to("payment_secured", 2)
    if way.held_for_review or way.stop in ("in_review", "rejected"):
        telling.to("in_review", 2)
        if way.stop == "in_review":
            telling.close(ended=False)
            return False
        outcome = "declined" if way.stop == "rejected" else "done"
        telling.heard(2, "review", 5 * HOUR, outcome)
        if way.stop == "rejected":
            telling.to("cancelling", 5)
            return _ends(telling, "cancelled")
        telling.to("payment_secured", 2)
    return True


def _reserve(telling: Telling) -> None:
    way = telling.way
    if way.stop == "out_of_stock":
        telling.tried(1, "reserve", "declined")
    elif way.backordered:
        telling.tried(1, "reserve", "declined")
        telling.to("backordered")
        telling.done(1, "mail_backordered")
        telling.pause(50 * HOUR)
        telling.tried(1, "look_for_goods", "declined", 1)
        telling.pause(50 * HOUR)
        telling.done(1, "look_for_goods", 2)
    elif telling.random.randrange(30) == 0:
        telling.done(1, "reserve_what_is_there")
    else:
        telling.done(1, "reserve", failed=telling.random.choice((0, 0, 0, 1)))


def _pay(telling: Telling) -> None:
    way = telling.way
    if way.stop == "declined":
        telling.tried(2, "authorize", "declined")
        telling.done(2, "mail_declined")
    elif way.declined_first:
        telling.tried(2, "authorize", "declined")
        telling.done(2, "mail_payment_needed")
        telling.pause(9 * HOUR)
        telling.done(2, "authorize", 2)
    elif way.confirmed_at_the_bank:
        telling.tried(2, "authorize", "declined")
        telling.pause(HOUR)
        telling.done(2, "look_at_payment", failed=1)
    else:
        telling.done(2, "authorize")


def _ends(telling: Telling, status: str) -> bool:
    telling.to(status)
    telling.close(ended=True)
    return False


def _shipments(telling: Telling, trips: Sequence[Trip]) -> Iterator[tuple[datetime, str]]:
    """Each on a clock of its own: when and in which status it was left."""
    way = telling.way
    for place, (warehouse, trip) in enumerate(zip(way.warehouses, trips, strict=True), 1):
        one = telling.of(place)
        if place > 1 and way.second_dropped:
            one.to("backordered")
            one.pause(90 * HOUR)
            one.done(9, "release_part")
            one.to("cancelled", 13)
            yield one.now, "cancelled"
            continue
        status = carry(one, trip, _portions(way, place), warehouse)
        yield one.now, status


def _portions(way: Way, place: int) -> dict[str, int]:
    """The first line alone where a second shipment has the others."""
    lines = {str(line): count for line, count in enumerate(way.pieces, 1)}
    if len(way.warehouses) == 1:
        return lines
    return {line: count for line, count in lines.items() if (line == "1") == (place == 1)}
