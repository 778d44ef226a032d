"""What single entries add up to over a period: a provider's account, and our own money log."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Subquery, and_, func, select

from backoffice.account_sources import belongs_to
from backoffice.tables.base import table
from backoffice.tables.movements import BalanceRow, MovementRow, PayoutRow
from backoffice.tables.orders import OrderRow
from backoffice.tables.payments import PaymentEventRow
from domain.accounts import FIGURES, BookedSums, Period, Statement
from domain.movements import MovementKind, PayoutStatus
from domain.payment import PaymentEventKind

_PAYOUTS, _BALANCES, _MOVEMENTS = table(PayoutRow), table(BalanceRow), table(MovementRow)
_EVENTS, _ORDERS = table(PaymentEventRow), table(OrderRow)
_BOOKED = {
    PaymentEventKind.CAPTURE: "captured",
    PaymentEventKind.REFUND: "refunded",
    PaymentEventKind.REFUND_FAILED: "refunds_returned",
    PaymentEventKind.PREPAID: "prepaid",
}
_CAME_BACK = [one.value for one in PayoutStatus if one.came_back]
Account = tuple[str, str]
"""A provider and a currency."""


def booked_sums(connection: Connection, period: Period, shop: str | None) -> tuple[BookedSums, ...]:
    """Our own books over the period, by currency."""
    rows = connection.execute(
        select(_EVENTS.c.currency, _EVENTS.c.kind, func.sum(_EVENTS.c.amount))
        .join(_ORDERS, _ORDERS.c.id == _EVENTS.c.order_id)
        .where(
            _within(_EVENTS.c.at, period),
            _EVENTS.c.kind.in_([one.value for one in _BOOKED]),
            *(() if shop is None else (_ORDERS.c.shop == shop,)),
        )
        .group_by(_EVENTS.c.currency, _EVENTS.c.kind)
    )
    sums: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for currency, kind, total in rows:
        sums[currency][_BOOKED[PaymentEventKind(kind)]] = int(total)
    return tuple(BookedSums(currency=one, **sums[one]) for one in sorted(sums))


def statements(
    connection: Connection, found: Subquery, period: Period, shop: str | None, *, whole: bool
) -> tuple[Statement, ...]:
    """Each account over the period; where it is not shown ``whole``, the shop's share of it, which
    is paid out with the payouts that its movements are in."""
    opening: defaultdict[Account, int] = defaultdict(int)
    figures: defaultdict[Account, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    net = found.c.amount - found.c.fee
    inside, before = _within(found.c.at, period), found.c.at < period.start
    rows = connection.execute(
        select(
            found.c.provider,
            found.c.currency,
            found.c.kind,
            func.coalesce(func.sum(found.c.amount).filter(inside), 0),
            func.coalesce(func.sum(found.c.fee).filter(inside), 0),
            func.coalesce(func.sum(net).filter(before), 0),
        )
        .where(found.c.at < period.end, belongs_to(found, shop, whole=whole))
        .group_by(found.c.provider, found.c.currency, found.c.kind)
    )
    for provider, currency, kind, amount, fee, earlier in rows:
        account = provider, currency
        opening[account] += int(earlier)
        figures[account][FIGURES[MovementKind(kind)]] += int(amount)
        figures[account]["fees"] -= int(fee)
    if not whole:
        _pay_out_shares(connection, found, period, shop, opening, figures)
    ties = _ties(connection, period) if whole else {}
    return tuple(
        Statement(
            provider=account[0],
            currency=account[1],
            opening=opening[account],
            closing=opening[account] + sum(figures[account].values()),
            **figures[account],
            balance_at=ties[account][0] if account in ties else None,
            difference=ties[account][1] if account in ties else None,
        )
        for account in sorted(figures)
    )


def _pay_out_shares(
    connection: Connection,
    found: Subquery,
    period: Period,
    shop: str | None,
    opening: defaultdict[Account, int],
    figures: defaultdict[Account, defaultdict[str, int]],
) -> None:
    """Take off what went to the bank with payouts that did not come back."""
    net = found.c.amount - found.c.fee
    made = _PAYOUTS.c.created_at
    rows = connection.execute(
        select(
            found.c.provider,
            found.c.currency,
            func.coalesce(func.sum(net).filter(made < period.start), 0),
            func.coalesce(func.sum(net).filter(_within(made, period)), 0),
        )
        .join(
            _PAYOUTS,
            and_(_PAYOUTS.c.provider == found.c.provider, _PAYOUTS.c.id == found.c.payout),
        )
        .where(
            made < period.end,
            found.c.at < period.end,
            _PAYOUTS.c.status.not_in(_CAME_BACK),
            belongs_to(found, shop, whole=False),
        )
        .group_by(found.c.provider, found.c.currency)
    )
    for provider, currency, earlier, now in rows:
        opening[provider, currency] -= int(earlier)
        figures[provider, currency]["paid_out"] -= int(now)


def _ties(connection: Connection, period: Period) -> dict[Account, tuple[datetime, int]]:
    """When each account's balance was looked at, and what is lacking: what the provider said was
    there beside what is on record, and payouts beside their own movements."""
    payouts: defaultdict[Account, int] = defaultdict(int)
    of_payout = (_PAYOUTS.c.provider == _MOVEMENTS.c.provider) & (
        _PAYOUTS.c.id == _MOVEMENTS.c.subject
    )
    rows = connection.execute(
        select(
            _MOVEMENTS.c.provider,
            _MOVEMENTS.c.currency,
            func.sum(_MOVEMENTS.c.amount + func.coalesce(_PAYOUTS.c.amount, 0)),
        )
        .outerjoin(_PAYOUTS, of_payout)
        .where(_MOVEMENTS.c.kind == MovementKind.PAYOUT.value, _within(_MOVEMENTS.c.at, period))
        .group_by(_MOVEMENTS.c.provider, _MOVEMENTS.c.currency)
    )
    for provider, currency, lacking in rows:
        payouts[provider, currency] = int(lacking)
    return {
        account: (row["at"], row["amount"] - row["movements"] + payouts[account])
        for row in connection.execute(select(_BALANCES)).mappings()
        if (account := (row["provider"], row["currency"]))
    }


def _within(column: ColumnElement[object], period: Period) -> ColumnElement[bool]:
    return and_(column >= period.start, column < period.end)
