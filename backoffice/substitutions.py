"""Offers of something else: goods reserved for an order, until its customer has answered."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, RowMapping, Text, cast, select, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.commits import write
from backoffice.database import Database
from backoffice.entries import entries_at, reserved_for, reserved_under, written_keys
from backoffice.journal import lock_order
from backoffice.ledger import locked_standings, post
from backoffice.promising import promise
from backoffice.tables.base import table
from backoffice.tables.orders import OrderRow
from backoffice.tables.shops import ShopRow
from backoffice.tables.substitutions import SubstitutionRow
from domain.address import Seller
from domain.backorder import PlaceInLine, Waiting
from domain.order import Order
from domain.record import Commit
from domain.routing import Route
from domain.stock import MAIN, StockKind
from domain.substitution import Offer, OfferAnswer, OfferState

_OFFERS, _ORDERS, _SHOPS = table(SubstitutionRow), table(OrderRow), table(ShopRow)


@dataclass(frozen=True)
class OfferOnRecord:
    """An offer as the customer's page shows it, with its order and who sells."""

    order_id: str
    order: Order
    seller: Seller
    offer: Offer


class SubstitutionBook:
    """Offers by their names, each with a reservation of its own."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """``clock`` dates the entries."""
        self._database = database
        self._clock = clock

    def offer(
        self,
        shop: str,
        choices: Sequence[Sequence[Offer]],
        commit: Commit,
        warehouse: str = MAIN,
    ) -> tuple[Offer, ...]:
        """Of each of the choices reserve the first that can be had in the warehouse for
        ``commit.order``, and write the commit, in one transaction; those that were reserved.

        What was offered before under the same names is answered as it stands.
        """
        with self._database.transaction() as connection:
            lock_order(connection, commit.order)
            names = [one.id for each in choices for one in each]
            made = _known(connection, names)
            if not made:
                skus = {one.substitute.sku for each in choices for one in each}
                locked_standings(connection, shop, skus)
                made = tuple(
                    taken
                    for each in choices
                    if (
                        taken := self._reserve_first(
                            connection, shop, commit.order, each, warehouse
                        )
                    )
                )
                self._write(connection, commit.order, made)
            write(connection, commit)
        return made

    def _reserve_first(
        self,
        connection: Connection,
        shop: str,
        order: str,
        choices: Sequence[Offer],
        warehouse: str,
    ) -> Offer | None:
        now = self._clock()
        place = PlaceInLine(since=now, firm_from=now)
        for one in choices:
            pieces = {one.substitute.sku: one.substitute.quantity}
            wants = Waiting(order, place, pieces, Route(only=warehouse))
            if not promise(connection, shop, wants, _reservation(one), now).shortages:
                return one
        return None

    def _write(self, connection: Connection, order: str, offers: Iterable[Offer]) -> None:
        rows = [
            {
                "id": one.id,
                "order_id": order,
                "token": one.token,
                "offer": one.model_dump(mode="json", exclude={"state", "token"}),
                "state": OfferState.OFFERED.value,
                "offered_at": self._clock(),
            }
            for one in offers
        ]
        if rows:
            connection.execute(insert(_OFFERS).on_conflict_do_nothing(), rows)

    def answer(self, shop: str, answers: Sequence[OfferAnswer], commit: Commit) -> None:
        """Close offers, and write the commit, in one transaction.

        What was not accepted is free again. An offer is closed once; but one that was accepted may
        be withdrawn.
        """
        with self._database.transaction() as connection:
            lock_order(connection, commit.order)
            for one in answers:
                _close(connection, one)
            gone = [one.id for one in answers if one.state is not OfferState.ACCEPTED]
            for offer in _known(connection, gone):
                if offer.state is not OfferState.ACCEPTED:
                    self._release(connection, shop, commit.order, offer)
            write(connection, commit)

    def _release(self, connection: Connection, shop: str, order: str, offer: Offer) -> None:
        key, sku = f"{offer.id}:substitute:released", offer.substitute.sku
        if written_keys(connection, shop, [f"{key}:{sku}"]):
            return
        left = reserved_for(connection, order)
        kept = reserved_under(connection, shop, [f"{_reservation(offer)}:{sku}"])
        least = {spot: min(count, left.get(spot, 0)) for spot, count in kept.items()}
        free = {spot: count for spot, count in least.items() if count > 0}
        post(connection, shop, entries_at(StockKind.RELEASE, free, key, self._clock(), order))

    def by_token(self, token: str) -> OfferOnRecord | None:
        """The offer whose page this is; None where there is none."""
        with self._database.reading() as connection:
            row = (
                connection.execute(
                    select(
                        _OFFERS,
                        cast(_ORDERS.c.body, Text).label("body"),
                        cast(_SHOPS.c.seller, Text).label("seller"),
                    )
                    .join(_ORDERS, _ORDERS.c.id == _OFFERS.c.order_id)
                    .join(_SHOPS, _SHOPS.c.id == _ORDERS.c.shop)
                    .where(_OFFERS.c.token == token, _ORDERS.c.erased_at.is_(None))
                )
                .mappings()
                .one_or_none()
            )
        if row is None:
            return None
        return OfferOnRecord(
            order_id=row["order_id"],
            order=Order.model_validate_json(row["body"]),
            seller=Seller.model_validate_json(row["seller"]),
            offer=_offer(row),
        )


def offers_of(connection: Connection, order: str) -> tuple[Offer, ...]:
    """An order's offers, the first made first, without the secrets of their pages."""
    rows = connection.execute(
        select(_OFFERS)
        .where(_OFFERS.c.order_id == order)
        .order_by(_OFFERS.c.offered_at, _OFFERS.c.id)
    ).mappings()
    return tuple(_offer(row).model_copy(update={"token": ""}) for row in rows)


def _reservation(offer: Offer) -> str:
    return f"{offer.id}:substitute"


def _close(connection: Connection, answer: OfferAnswer) -> None:
    before = [OfferState.OFFERED.value]
    if answer.state is OfferState.WITHDRAWN:
        before.append(OfferState.ACCEPTED.value)
    connection.execute(
        update(_OFFERS)
        .where(_OFFERS.c.id == answer.id, _OFFERS.c.state.in_(before))
        .values(state=answer.state.value, answered_at=answer.at, answered_by=answer.by.value)
    )


def _known(connection: Connection, names: Iterable[str]) -> tuple[Offer, ...]:
    rows = connection.execute(
        select(_OFFERS).where(_OFFERS.c.id.in_(sorted(set(names)))).order_by(_OFFERS.c.id)
    )
    return tuple(_offer(row) for row in rows.mappings())


def _offer(row: RowMapping) -> Offer:
    known = row["offer"] | {"state": row["state"], "token": row["token"]}
    return Offer.model_validate(known)
