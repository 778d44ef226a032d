"""Whose turn it is to be told: each order in its sequence, and no shop before all others."""

from collections.abc import Mapping

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from backoffice.tables.base import table
from backoffice.tables.messages import CallbackRow
from backoffice.tables.shops import ShopRow

_CALLBACKS, _SHOPS = table(CallbackRow), table(ShopRow)


def whose_turn(limit: int, each_shop: int, under_way: Mapping[str, int]) -> Select[int, str, str]:
    """Callbacks that are due, those of shops with the fewest ``under_way`` first, then longest due
    first, each with its shop's address and secret.

    They are locked; those that somebody else has locked are passed over. Of a shop at most
    ``each_shop``, less those that are ``under_way``.
    """
    busy = cast(literal(dict(under_way), JSONB)[_SHOPS.c.id].astext, Integer)
    calls = func.coalesce(busy, 0)
    of_shop = _next_of_shop(func.greatest(each_shop - calls, 0))
    return (
        select(of_shop.c.id, _SHOPS.c.callback_url, _SHOPS.c.callback_secret)
        .select_from(_SHOPS)
        .join(of_shop, true())
        .where(
            _SHOPS.c.callback_url.is_not(None),
            func.coalesce(_SHOPS.c.callbacks_wait_until, func.now()) <= func.now(),
        )
        .order_by(calls, of_shop.c.due_at, of_shop.c.id)
        .limit(limit)
    )


def _next_of_shop(most: ColumnElement[int]) -> FromClause:
    """A shop's next callbacks, of each order only the one that follows what was delivered."""
    before = _CALLBACKS.alias()
    in_turn = or_(
        _CALLBACKS.c.number == 1,
        exists().where(
            before.c.order_id == _CALLBACKS.c.order_id,
            before.c.number == _CALLBACKS.c.number - 1,
            before.c.delivered_at.is_not(None),
        ),
    )
    return (
        select(_CALLBACKS.c.id, _CALLBACKS.c.due_at)
        .where(
            _CALLBACKS.c.shop == _SHOPS.c.id,
            _CALLBACKS.c.delivered_at.is_(None),
            _CALLBACKS.c.due_at <= func.now(),
            in_turn,
        )
        .order_by(_CALLBACKS.c.due_at, _CALLBACKS.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
        .correlate(_SHOPS)
        .lateral("of_shop")
    )
