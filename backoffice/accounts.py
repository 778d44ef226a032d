"""The accountant's report, put together from our books and from the providers' own entries."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    Subquery,
    and_,
    func,
    literal,
    or_,
    select,
    tuple_,
    union,
)

from backoffice.account_sources import belongs_to, booked, movements, stated
from backoffice.account_sums import booked_sums, statements
from backoffice.account_taxes import tax_lines
from backoffice.database import Database
from backoffice.movements import MOVING, movement_of, payout_of
from backoffice.open_items import open_items
from backoffice.tables.base import table
from backoffice.tables.movements import PayoutRow, ReadingRow
from backoffice.tables.shops import ShopRow
from domain.accounts import Accounts, MovementEntry, PayoutEntry, Period
from domain.matching import Compared, MatchKey, Side, compare
from domain.money import Money

_PAYOUTS, _READINGS, _SHOPS = table(PayoutRow), table(ReadingRow), table(ShopRow)


class AccountsBook:
    """Reports for one shop, or for all that share the providers' accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def report(self, period: Period, shop: str | None = None) -> Accounts:
        """All of it, at one moment. A shop that is alone on the installation sees the providers'
        accounts whole; one of several sees what is its own."""
        with self._database.snapshot() as connection:
            whole = shop is None or _is_alone(connection, shop)
            found = movements()
            read_to = _read_to(connection)
            sides = _sides(connection, found, period, shop, whole=whole)
            compared = compare(*sides, read_to)
            return Accounts(
                period=period,
                shop=shop,
                whole=whole,
                read_to=read_to,
                booked=booked_sums(connection, period, shop),
                taxes=tax_lines(connection, period, shop),
                statements=statements(connection, found, period, shop, whole=whole),
                payouts=_payouts(connection, found, period, shop, whole=whole),
                matched=compared.matched,
                unmatched=compared.unmatched,
                open_items=open_items(connection, period, shop),
            )

    def count(self, period: Period) -> int:
        """How many movements all accounts together have in the period."""
        found = movements()
        inside = and_(found.c.at >= period.start, found.c.at < period.end)
        with self._database.reading() as connection:
            return connection.scalar(select(func.count()).where(inside).select_from(found)) or 0

    def movements(self, period: Period, shop: str | None = None) -> tuple[MovementEntry, ...]:
        """The single entries of the providers' accounts in the period, in order of time."""
        found = movements()
        with self._database.snapshot() as connection:
            whole = shop is None or _is_alone(connection, shop)
            rows = connection.execute(
                select(found)
                .where(
                    found.c.at >= period.start,
                    found.c.at < period.end,
                    belongs_to(found, shop, whole=whole),
                )
                .order_by(found.c.at, found.c.provider, found.c.id)
            )
            return tuple(_entry(row) for row in rows.mappings())


def _is_alone(connection: Connection, shop: str) -> bool:
    others = select(_SHOPS.c.id).where(_SHOPS.c.id != shop).limit(1)
    return connection.scalar(others) is None


def _read_to(connection: Connection) -> dict[str, datetime]:
    """Up to when what moved in each provider's account is on record."""
    rows = connection.execute(
        select(
            func.split_part(_READINGS.c.name, " ", 1).label("provider"), _READINGS.c.read_to
        ).where(
            func.split_part(_READINGS.c.name, " ", 2).in_(MOVING), _READINGS.c.read_to.is_not(None)
        )
    )
    return {row["provider"]: row["read_to"] for row in rows.mappings()}


def _payouts(
    connection: Connection, found: Subquery, period: Period, shop: str | None, *, whole: bool
) -> tuple[PayoutEntry, ...]:
    """Payouts that were made in the period; of a shop among several those that it has part in."""
    made = and_(_PAYOUTS.c.created_at >= period.start, _PAYOUTS.c.created_at < period.end)
    rows = connection.execute(
        select(_PAYOUTS).where(made).order_by(_PAYOUTS.c.created_at, _PAYOUTS.c.id)
    )
    payouts = rows.mappings().all()
    names = [(row["provider"], row["id"]) for row in payouts]
    of: defaultdict[tuple[str, str], list[MovementEntry]] = defaultdict(list)
    if names:
        rows = connection.execute(
            select(found)
            .where(
                tuple_(found.c.provider, found.c.payout).in_(names),
                belongs_to(found, shop, whole=whole),
            )
            .order_by(found.c.at, found.c.id)
        )
        for row in rows.mappings():
            of[row["provider"], row["payout"]].append(_entry(row))
    entries = [_payout(row, tuple(of[row["provider"], row["id"]]), whole=whole) for row in payouts]
    return tuple(one for one in entries if whole or one.movements)


def _payout(row: RowMapping, entries: tuple[MovementEntry, ...], *, whole: bool) -> PayoutEntry:
    payout = payout_of(row)
    inside = tuple(one for one in entries if one.movement.subject != payout.id)
    share = sum((one.movement.net for one in inside), Money.zero(payout.money.currency))
    known = whole and row["read_at"] is not None
    return PayoutEntry(
        payout=payout if whole else payout.model_copy(update={"money": share}),
        share=share,
        difference=payout.money.amount - share.amount if known else None,
        movements=inside,
    )


def _entry(row: RowMapping) -> MovementEntry:
    return MovementEntry(
        movement=movement_of(row),
        order=row["order_id"],
        number=row["number"] or "",
        shop=row["shop"],
        payout=row["payout"],
    )


_Sides = tuple[dict[MatchKey, Side], dict[MatchKey, Side]]


def _sides(
    connection: Connection, found: Subquery, period: Period, shop: str | None, *, whole: bool
) -> _Sides:
    """Both sides of everything that either of them touched in the period, at any time."""
    ours, theirs = booked(), stated(found)
    mine = literal(value=True) if shop is None else ours.c.shop == shop
    yours = literal(value=True)
    if not whole:
        yours = theirs.c.shop == shop
    elif shop is not None:
        yours = or_(theirs.c.shop == shop, theirs.c.order_id.is_(None))
    touched = union(
        *(
            select(side.c.provider, side.c.what, side.c.reference).where(
                side.c.at >= period.start, side.c.at < period.end, allowed
            )
            for side, allowed in ((ours, mine), (theirs, yours))
        )
    ).subquery("touched")
    return (
        _side(connection, _sums(ours, touched).where(mine)),
        _side(connection, _sums(theirs, touched).where(yours)),
    )


def _sums(side: Subquery, touched: Subquery) -> Select[*tuple[object, ...]]:
    key = (side.c.provider, side.c.what, side.c.reference, side.c.currency)
    same = and_(
        side.c.provider == touched.c.provider,
        side.c.what == touched.c.what,
        side.c.reference == touched.c.reference,
    )
    return (
        select(
            *key,
            func.sum(side.c.amount).label("amount"),
            func.max(side.c.at).label("at"),
            func.max(side.c.order_id).label("order_id"),
            func.bool_or(side.c.waits).label("waits"),
        )
        .join(touched, same)
        .group_by(*key)
    )


def _side(connection: Connection, wanted: Select[*tuple[object, ...]]) -> dict[MatchKey, Side]:
    return {
        MatchKey(row["provider"], Compared(row["what"]), row["reference"], row["currency"]): Side(
            int(row["amount"]), row["at"], row["order_id"], row["waits"]
        )
        for row in connection.execute(wanted).mappings()
    }
