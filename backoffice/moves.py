"""Goods that move from one warehouse's promise to another's, in one transaction.

Nobody else can be promised them in between, and the old promise is in nobody's way.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection, update

from backoffice.commits import write
from backoffice.database import Database
from backoffice.entries import at_warehouse, entries_of, reserved_for, reserved_under
from backoffice.journal import given_up, lock_order
from backoffice.ledger import (
    Standings,
    free_of,
    locked_standings,
    post_new,
    sites_of,
    standings,
)
from backoffice.line import line_of
from backoffice.tables.base import table
from backoffice.tables.shipping import HandoffRow
from domain.backorder import Waiting, as_wants, left_for
from domain.record import Commit
from domain.rerouting import Elsewhere, Move
from domain.routing import Free, in_sequence
from domain.stock import Spot, StockKind

_HANDOFFS = table(HandoffRow)


class MoveBook:
    """Which other warehouse has a shipment's goods, and their move to it."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """``clock`` dates the entries."""
        self._database = database
        self._clock = clock

    def elsewhere(self, shop: str, order: str, move: Move) -> Elsewhere:
        """The first of the other warehouses that has all of it. Nothing is reserved by a look."""
        with self._database.reading() as connection:
            before = _moved_to(connection, shop, move)
            if before:
                return Elsewhere(to=before, others=True, moved=True)
            wants = as_wants(move.wants)
            known = standings(connection, shop, wants)
            others = _others(known, move)
            free = self._free(connection, shop, order, move, known)
            having = (one for one in others if self._is_there(free, one, wants))
            return Elsewhere(to=next(having, ""), others=bool(others))

    def move(self, shop: str, move: Move, to: str, commit: Commit) -> bool:
        """Promise a shipment's goods from warehouse ``to``, let go of them where they were, hand
        what is known of its handoff over to it, and write the commit: all of it or nothing.

        False where that warehouse has not all of it any more. Moved before, it is moved once.
        """
        with self._database.transaction() as connection:
            lock_order(connection, commit.order)
            moved = self._promise(connection, shop, move, to, commit.order)
            if moved:
                connection.execute(
                    update(_HANDOFFS)
                    .where(_HANDOFFS.c.shipment == move.shipment, _HANDOFFS.c.moves < move.number)
                    .values(
                        warehouse=to, moves=move.number, accepted=False, reference="", reason=""
                    )
                )
                write(connection, commit)
        return moved

    def _promise(self, connection: Connection, shop: str, move: Move, to: str, order: str) -> bool:
        wants = as_wants(move.wants)
        known = locked_standings(connection, shop, wants)
        before = _moved_to(connection, shop, move)
        if before:
            return before == to
        if given_up(connection, order, move.shipment):
            return False
        free = self._free(connection, shop, order, move, known)
        if not self._is_there(free, to, wants):
            return False
        here = at_warehouse(reserved_for(connection, order), move.warehouse)
        let_go = {sku: min(count, here.get(sku, 0)) for sku, count in wants.items()}
        if let_go != wants:  # it is promised to nobody any more: the order was undone meanwhile
            return False
        key, now, words = _key(move), self._clock(), f"from {move.warehouse} to {to}"
        entries = [
            *entries_of(StockKind.RELEASE, let_go, key, now, order, None, words, move.warehouse),
            *entries_of(StockKind.RESERVATION, wants, key, now, order, None, words, to),
        ]
        post_new(connection, shop, entries, known)
        return True

    def _is_there(self, free: Free, warehouse: str, wants: Mapping[str, int]) -> bool:
        return all(free.get(Spot(sku, warehouse), 0) >= count for sku, count in wants.items())

    def _free(
        self, connection: Connection, shop: str, order: str, move: Move, known: Standings
    ) -> Free:
        """What those who stand in line before the order leave for it."""
        free = free_of(known)
        if not any(standing.level.waiting for standing in known.values()):
            return free
        waiting = Waiting(order, move.place, as_wants(move.wants), move.route)
        line = line_of(connection, shop).values()
        return left_for(waiting, free, line, self._clock(), sites_of(known))


def _others(known: Standings, move: Move) -> tuple[str, ...]:
    tried = {move.warehouse, *move.been_at}
    return tuple(one for one in in_sequence(sites_of(known), move.route) if one not in tried)


def _key(move: Move) -> str:
    """What its entries are called, in both warehouses."""
    return f"{move.shipment}:move:{move.number}"


def _moved_to(connection: Connection, shop: str, move: Move) -> str:
    """Where it was moved before as the same move; nothing where it was not."""
    names = [f"{_key(move)}:{want.sku}" for want in move.wants]
    under = reserved_under(connection, shop, names)
    return next((spot.warehouse for spot, count in under.items() if count > 0), "")
