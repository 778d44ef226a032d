"""What moved at the providers, each entry once, and how far their lists were read.

A list is read from both ends: forward from the newest name that is on record, backward to its very
beginning. Each page is on record together with how far it leads, so whoever dies in between is
followed by somebody who goes on there, and a page that is read twice changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import Database
from backoffice.tables.base import table
from backoffice.tables.movements import BalanceRow, MovementRow, PayoutRow, ReadingRow
from domain.money import Money
from domain.movements import Movement, Payout, PayoutStatus

_MOVEMENTS, _PAYOUTS = table(MovementRow), table(PayoutRow)
_READINGS, _BALANCES = table(ReadingRow), table(BalanceRow)
CHANNEL = "provider_accounts"
"""Who reads the providers' accounts is rung on it."""
MOVING = ("movements", "transfers")
"""The lists, by the second word of their names after the provider's, that say what moved."""
_LEASE = timedelta(minutes=3)
_FIRST = timedelta(minutes=1)
_MAY_CHANGE = timedelta(days=14)
"""A payout that was paid may come back: within five working days, says Stripe ("The Payout
object")."""


@dataclass(frozen=True)
class Reading:
    """How far a list is read: the names at both ends, and whether it has an end in the past."""

    name: str
    newest: str = ""
    oldest: str = ""
    complete: bool = False


class MovementBook:
    """Movements, payouts and balances of every provider."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ring(self) -> None:
        """Have the accounts read now."""
        with self._database.transaction() as connection:
            connection.execute(update(_READINGS).values(due_at=func.now()))
            connection.execute(text(f"NOTIFY {CHANNEL}"))

    def claim(self, name: str) -> Reading | None:
        """Take a list that is due, for some minutes; None: not due, or somebody reads it.

        A list that nobody has ever read is due in a minute: orders come first.
        """
        now = func.now()
        with self._database.transaction() as connection:
            connection.execute(
                insert(_READINGS).on_conflict_do_nothing().values(name=name, due_at=now + _FIRST)
            )
            row = connection.execute(
                update(_READINGS)
                .where(
                    _READINGS.c.name == name,
                    _READINGS.c.due_at <= now,
                    or_(_READINGS.c.leased_until.is_(None), _READINGS.c.leased_until <= now),
                )
                .values(leased_until=now + _LEASE)
                .returning(_READINGS.c.newest, _READINGS.c.oldest, _READINGS.c.complete)
            ).one_or_none()
        return None if row is None else Reading(name, *row)

    def put(self, movements: Iterable[Movement], reading: Reading | None = None) -> int:
        """Put movements on record, and how far that leads; how many were news."""
        with self._database.transaction() as connection:
            news = _write(connection, movements)
            if reading is not None:
                _advance(connection, reading)
        return news

    def put_payouts(self, payouts: Iterable[Payout], reading: Reading | None = None) -> None:
        """Put payouts on record as they stand now, and how far that leads."""
        new = insert(_PAYOUTS)
        later = {name: new.excluded[name] for name in ("status", "arrives_on", "listed", "reason")}
        rows = [_payout_row(one) for one in payouts]
        with self._database.transaction() as connection:
            if rows:
                keys = ["provider", "id"]
                connection.execute(new.on_conflict_do_update(index_elements=keys, set_=later), rows)
            if reading is not None:
                _advance(connection, reading)

    def done(self, name: str, read_to: datetime | None, again_in: timedelta) -> None:
        """The list was read as it stood at ``read_to``, or (None) reading broke off; it is read
        again after a while."""
        values: dict[str, object] = {"leased_until": None, "due_at": func.now() + again_in}
        if read_to is not None:
            values["read_to"] = func.greatest(_READINGS.c.read_to, read_to)
        with self._database.transaction() as connection:
            connection.execute(update(_READINGS).where(_READINGS.c.name == name).values(values))

    def unsettled_since(self, provider: str) -> datetime | None:
        """When the oldest payout was made that may still change."""
        may_change = or_(
            _PAYOUTS.c.status.in_([PayoutStatus.PENDING.value, PayoutStatus.IN_TRANSIT.value]),
            _PAYOUTS.c.created_at > func.now() - _MAY_CHANGE,
            _PAYOUTS.c.automatic & ~_PAYOUTS.c.listed,
        )
        oldest = select(func.min(_PAYOUTS.c.created_at)).where(
            _PAYOUTS.c.provider == provider, may_change
        )
        with self._database.reading() as connection:
            return connection.scalar(oldest)

    def unread_payouts(self, provider: str) -> tuple[str, ...]:
        """Payouts whose movements can be asked for and are not all on record, oldest first."""
        with self._database.reading() as connection:
            return tuple(
                connection.scalars(
                    select(_PAYOUTS.c.id)
                    .where(
                        _PAYOUTS.c.provider == provider,
                        _PAYOUTS.c.listed,
                        _PAYOUTS.c.read_at.is_(None),
                    )
                    .order_by(_PAYOUTS.c.created_at)
                )
            )

    def paid_in(
        self, provider: str, payout: str, movements: Iterable[Movement], *, last: bool
    ) -> None:
        """Movements that a payout pays out; with the ``last`` of them all are on record."""
        found = tuple(movements)
        names = [one.id for one in found]
        with self._database.transaction() as connection:
            _write(connection, found)
            connection.execute(
                update(_MOVEMENTS)
                .where(_MOVEMENTS.c.provider == provider, _MOVEMENTS.c.id.in_(names))
                .values(payout=payout)
            )
            if last:
                connection.execute(
                    update(_PAYOUTS)
                    .where(_PAYOUTS.c.provider == provider, _PAYOUTS.c.id == payout)
                    .values(read_at=func.now())
                )

    def put_balance(self, provider: str, balance: Iterable[Money], at: datetime) -> None:
        """What is in the account, when nothing was left to read; beside it goes what the movements
        on record come to. A currency that is not named is empty."""
        new = insert(_BALANCES)
        said = {name: new.excluded[name] for name in ("amount", "movements", "at")}
        net = func.sum(_MOVEMENTS.c.amount - _MOVEMENTS.c.fee)
        amounts = {one.currency: one.amount for one in balance}
        with self._database.transaction() as connection:
            found = connection.execute(
                select(_MOVEMENTS.c.currency, net)
                .where(_MOVEMENTS.c.provider == provider)
                .group_by(_MOVEMENTS.c.currency)
            )
            sums = {currency: int(total) for currency, total in found}
            rows = [
                {
                    "provider": provider,
                    "currency": currency,
                    "amount": amounts.get(currency, 0),
                    "movements": sums.get(currency, 0),
                    "at": at,
                }
                for currency in sorted(amounts.keys() | sums.keys())
            ]
            if rows:
                keys = ["provider", "currency"]
                connection.execute(new.on_conflict_do_update(index_elements=keys, set_=said), rows)

    def newest(self, name: str) -> str:
        """The newest name of a list that is on record."""
        with self._database.reading() as connection:
            found = select(_READINGS.c.newest).where(_READINGS.c.name == name)
            return connection.scalar(found) or ""

    def keep(self, name: str) -> None:
        """Go on with a list that was claimed, for some minutes more."""
        with self._database.transaction() as connection:
            connection.execute(
                update(_READINGS)
                .where(_READINGS.c.name == name)
                .values(leased_until=func.now() + _LEASE)
            )

    def balance_at(self, provider: str) -> datetime | None:
        """When the balance was looked at last."""
        with self._database.reading() as connection:
            return connection.scalar(
                select(func.min(_BALANCES.c.at)).where(_BALANCES.c.provider == provider)
            )


def _write(connection: Connection, movements: Iterable[Movement]) -> int:
    rows = [_row(one) for one in movements]
    if not rows:
        return 0
    written = connection.execute(
        insert(_MOVEMENTS).values(rows).on_conflict_do_nothing().returning(_MOVEMENTS.c.id)
    )
    return len(written.all())


def _advance(connection: Connection, reading: Reading) -> None:
    connection.execute(
        update(_READINGS)
        .where(_READINGS.c.name == reading.name)
        .values(
            newest=reading.newest,
            oldest=reading.oldest,
            complete=reading.complete,
            leased_until=func.now() + _LEASE,
        )
    )


def _row(one: Movement) -> dict[str, object]:
    return {
        "provider": one.provider,
        "id": one.id,
        "kind": one.kind.value,
        "word": one.word,
        "at": one.at,
        "available_at": one.available_at,
        "currency": one.money.currency,
        "amount": one.money.amount,
        "fee": one.fee.amount,
        "presented_currency": one.presented.currency,
        "presented": one.presented.amount,
        "subject": one.subject,
        "payment": one.payment,
        "mark": one.mark,
    }


def movement_of(row: RowMapping) -> Movement:
    """A movement as it was written."""
    return Movement(
        provider=row["provider"],
        id=row["id"],
        kind=row["kind"],
        word=row["word"],
        at=row["at"],
        available_at=row["available_at"],
        money=Money(amount=row["amount"], currency=row["currency"]),
        fee=Money(amount=row["fee"], currency=row["currency"]),
        presented=Money(amount=row["presented"], currency=row["presented_currency"]),
        subject=row["subject"],
        payment=row["payment"],
        mark=row["mark"],
    )


def _payout_row(one: Payout) -> dict[str, object]:
    return {
        "provider": one.provider,
        "id": one.id,
        "currency": one.money.currency,
        "amount": one.money.amount,
        "status": one.status.value,
        "created_at": one.created_at,
        "arrives_on": one.arrives_on,
        "automatic": one.automatic,
        "listed": one.listed,
        "reason": one.reason,
    }


def payout_of(row: RowMapping) -> Payout:
    """A payout as it stands on record."""
    return Payout(
        provider=row["provider"],
        id=row["id"],
        money=Money(amount=row["amount"], currency=row["currency"]),
        status=PayoutStatus(row["status"]),
        created_at=row["created_at"],
        arrives_on=row["arrives_on"],
        automatic=row["automatic"],
        listed=row["listed"],
        reason=row["reason"],
    )
