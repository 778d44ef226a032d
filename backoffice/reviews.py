"""What reviews of providers remember, and what is on record about what they have seen."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import Database
from backoffice.ledgers import event_of
from backoffice.refunds import done_by_hand
from backoffice.tables.base import table
from backoffice.tables.checks import ReviewRow, SuspicionRow
from backoffice.tables.orders import OrderRow
from backoffice.tables.payments import PaymentEventRow
from backoffice.tables.shipping import LabelRow, LabelVoidRow
from domain.payment import PaymentEventKind
from domain.review import LabelOnRecord, LabelSeen, MoneyOnRecord, MoneySeen
from domain.status import OrderStatus

_REVIEWS, _SUSPICIONS, _ORDERS = table(ReviewRow), table(SuspicionRow), table(OrderRow)
_MONEY, _LABELS, _VOIDS = table(PaymentEventRow), table(LabelRow), table(LabelVoidRow)
_K = PaymentEventKind
_LEASE = timedelta(minutes=15)
_FORGET_AFTER = timedelta(days=2)


class ReviewBook:
    """Marks, suspicions, and look-ups for judging."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, name: str, every: timedelta) -> datetime | None:
        """Take a review that is due; answers up to when it was done. None: not due, or taken.

        The first call only begins: what was before is nobody's business.
        """
        now = func.now()
        with self._database.transaction() as connection:
            connection.execute(
                insert(_REVIEWS).on_conflict_do_nothing().values(name=name, done_to=now)
            )
            return connection.scalars(
                update(_REVIEWS)
                .where(
                    _REVIEWS.c.name == name,
                    _REVIEWS.c.done_to <= now - every,
                    or_(_REVIEWS.c.leased_until.is_(None), _REVIEWS.c.leased_until <= now),
                )
                .values(leased_until=now + _LEASE)
                .returning(_REVIEWS.c.done_to)
            ).one_or_none()

    def done(self, name: str, to: datetime | None) -> None:
        """The review got through up to then, or (None) broke off and is to be done again."""
        values: dict[str, object] = {"leased_until": None}
        if to is not None:
            values["done_to"] = to
        with self._database.transaction() as connection:
            connection.execute(update(_REVIEWS).where(_REVIEWS.c.name == name).values(values))
            connection.execute(
                delete(_SUSPICIONS).where(_SUSPICIONS.c.last_seen <= func.now() - _FORGET_AFTER)
            )

    def confirmed(self, names: Collection[str], grace: timedelta) -> frozenset[str]:
        """Those suspicions that were there already so long ago; all are remembered from now on."""
        if not names:
            return frozenset()
        now = func.now()
        rows = [{"id": name, "first_seen": now, "last_seen": now} for name in sorted(set(names))]
        with self._database.transaction() as connection:
            connection.execute(
                insert(_SUSPICIONS)
                .values(rows)
                .on_conflict_do_update(index_elements=["id"], set_={"last_seen": now})
            )
            found = connection.scalars(
                select(_SUSPICIONS.c.id).where(
                    _SUSPICIONS.c.id.in_(sorted(set(names))),
                    _SUSPICIONS.c.first_seen <= now - grace,
                )
            )
            return frozenset(found)

    def money(self, seen: MoneySeen) -> MoneyOnRecord:
        """What is on record about a payment and its order."""
        with self._database.reading() as connection:
            status = connection.scalars(
                select(_ORDERS.c.status).where(_ORDERS.c.id == seen.order)
            ).one_or_none()
            rows = connection.execute(select(_MONEY).where(_MONEY.c.order_id == seen.order))
            events = [event_of(row) for row in rows.mappings()]
            by_hand = done_by_hand(connection, seen.order, seen.reference)
        if status is None:
            return MoneyOnRecord()
        mine = [one for one in events if one.reference == seen.reference]
        captured = sum(one.money.amount for one in mine if one.kind is _K.CAPTURE)
        paid = {one.shipment: one.reference for one in events if one.kind is _K.CAPTURE}
        of_mine = [
            one for one in events if paid.get(one.shipment, seen.reference) == seen.reference
        ]
        given = sum(one.money.amount for one in of_mine if one.kind is _K.REFUND)
        refunded = given - sum(one.money.amount for one in of_mine if one.kind is _K.REFUND_FAILED)
        let_go = {one.reference for one in events if one.kind in (_K.VOID, _K.CAPTURE)}
        held = [one.reference for one in events if one.kind is _K.AUTHORIZATION]
        others = [one for one in held if one != seen.reference and one not in let_go]
        return MoneyOnRecord(
            status=OrderStatus(status),
            captured=captured,
            refunded=refunded if captured else 0,
            by_hand=by_hand,
            owned=seen.reference in held,
            other=others[0] if others else None,
        )

    def label(self, seen: LabelSeen) -> LabelOnRecord:
        """What is on record about a label and its parcel."""
        with self._database.reading() as connection:
            status = connection.scalars(
                select(_ORDERS.c.status).where(_ORDERS.c.id == seen.order)
            ).one_or_none()
            labels = connection.execute(
                select(_LABELS.c.transaction, _LABELS.c.tracking_number, _LABELS.c.voided_at).where(
                    _LABELS.c.parcel == seen.parcel
                )
            ).all()
            void = connection.scalars(
                select(_VOIDS.c.label).where(_VOIDS.c.label == seen.label)
            ).one_or_none()
        if status is None:
            return LabelOnRecord()
        live = {row.transaction: row.tracking_number for row in labels if row.voided_at is None}
        own = seen.transaction in {row.transaction for row in labels}
        others = [number for name, number in live.items() if name != seen.transaction]
        return LabelOnRecord(
            status=OrderStatus(status),
            live=seen.transaction in live,
            voided=(own and seen.transaction not in live) or (not own and void is not None),
            other=others[0] if others else None,
        )
