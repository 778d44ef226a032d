"""The accountant's report as tables: titles, columns and rows, every cell as text for people."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.markup import escape

from domain.accounts import FIGURES, Accounts, Statement
from domain.money import Money


class Rows(NamedTuple):
    """A table."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def tables(report: Accounts) -> Iterator[Rows]:
    """All of the report, in the order in which an accountant reads it."""
    yield Rows(
        "Our books",
        ("currency", "captured", "refunded", "refunds that came back", "paid to the channel"),
        [
            (
                one.currency,
                *_sums(one.currency, one.captured, one.refunded, one.refunds_returned, one.prepaid),
            )
            for one in report.booked
        ],
    )
    yield Rows(
        "Tax by country and rate",
        ("country", "rate", "net", "tax", "gross", "of that credited"),
        [
            (
                one.country,
                f"{one.rate} %",
                *_sums(
                    one.currency, one.total.net, one.total.tax, one.total.gross, one.credited.gross
                ),
            )
            for one in report.taxes
        ],
    )
    yield Rows(
        "Providers' accounts",
        ("provider", "figure", "sum"),
        [row for one in report.statements for row in _statement(one)],
    )
    yield _payouts(report)
    yield Rows(
        "What does not agree",
        ("provider", "what", "reference", "order", "in our books", "at the provider", "result"),
        [
            (
                one.provider,
                one.what.value,
                escape(one.reference),
                one.order or "nobody's",
                str(one.ours or "nothing"),
                str(one.theirs or "nothing"),
                one.result.value.replace("_", " "),
            )
            for one in report.unmatched
        ],
    )
    yield Rows(
        "Open items",
        ("order", "invoiced", "paid", "what"),
        [
            (one.order, str(one.invoiced), str(one.paid), one.kind.value.replace("_", " "))
            for one in report.open_items
        ],
    )


def _payouts(report: Accounts) -> Rows:
    rows: list[tuple[str, ...]] = []
    for one in report.payouts:
        payout = one.payout
        lacking = "" if not one.difference else _money(one.difference, payout.money.currency)
        known = "not known here" if one.difference is None else lacking or "0"
        orders = {entry.order for entry in one.movements if entry.order}
        rows.append(
            (
                f"{payout.created_at:%Y-%m-%d}",
                payout.id,
                payout.status.value.replace("_", " "),
                str(payout.money),
                f"{len(one.movements)} of {len(orders)} order(s)",
                known,
            )
        )
    columns = ("made on", "payout", "status", "sum", "movements", "difference")
    return Rows("Payouts", columns, rows)


def _statement(one: Statement) -> Iterator[tuple[str, ...]]:
    figures = [("opening balance", one.opening)]
    for name in dict.fromkeys(FIGURES.values()):
        amount: int = getattr(one, name)
        if amount:
            figures.append((name.replace("_", " "), amount))
    figures.append(("closing balance", one.closing))
    for name, amount in figures:
        yield one.provider, name, _money(amount, one.currency)
    if one.difference is None:
        yield one.provider, "difference to the provider's own balance", "not known here"
    else:
        words = "difference to the provider's own balance"
        yield one.provider, words, _money(one.difference, one.currency)


def _sums(currency: str, *amounts: int) -> tuple[str, ...]:
    return tuple(_money(amount, currency) for amount in amounts)


def _money(amount: int, currency: str) -> str:
    return str(Money(amount=amount, currency=currency))
