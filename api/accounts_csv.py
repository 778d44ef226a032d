"""Movements as a table for a spreadsheet: a row for each, sums in minor units of their currency."""

import csv
import io
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from domain.accounts import MovementEntry, Period

MEDIA_TYPE = "text/csv"
COLUMNS = (
    "provider",
    "id",
    "kind",
    "type",
    "at",
    "available_at",
    "currency",
    "amount",
    "fee",
    "net",
    "presented_currency",
    "presented",
    "subject",
    "payment",
    "order",
    "number",
    "shop",
    "payout",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table_of(entries: Iterable[MovementEntry], period: Period) -> str:
    """All of them, with their times as the period's time zone shows them."""
    zone = ZoneInfo(period.time_zone)
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(COLUMNS)
    for entry in entries:
        table.writerow(_row(entry, zone))
    return written.getvalue()


def _row(entry: MovementEntry, zone: ZoneInfo) -> list[str | int]:
    one = entry.movement
    available = one.available_at
    return [
        one.provider,
        one.id,
        one.kind.value,
        _plain(one.word),
        one.at.astimezone(zone).isoformat(),
        "" if available is None else available.astimezone(zone).isoformat(),
        one.money.currency,
        one.money.amount,
        one.fee.amount,
        one.net.amount,
        one.presented.currency,
        one.presented.amount,
        _plain(one.subject),
        _plain(one.payment),
        entry.order or "",
        _plain(entry.number),
        entry.shop or "",
        entry.payout or "",
    ]


def _plain(text: str) -> str:
    """What others wrote is text to a spreadsheet, and never a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
