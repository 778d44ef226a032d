"""Which order a payment provider's reference belongs to: one, unless it declines it."""

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import Database
from backoffice.tables.base import table
from backoffice.tables.payments import PaymentClaimRow, PaymentEventRow

_CLAIMS, _EVENTS = table(PaymentClaimRow), table(PaymentEventRow)


class ClaimBook:
    """References and their orders."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, provider: str, reference: str, order_id: str) -> str:
        """Claim a reference for an order; answers the order that owns it, first come."""
        row = {"provider": provider, "reference": reference, "order_id": order_id}
        with self._database.transaction() as connection:
            connection.execute(insert(_CLAIMS).on_conflict_do_nothing(), row)
            return connection.scalars(
                select(_CLAIMS.c.order_id).where(
                    _CLAIMS.c.provider == provider, _CLAIMS.c.reference == reference
                )
            ).one()

    def release(self, provider: str, reference: str, order_id: str) -> None:
        """Let a reference go that turned out not to pay for the order that claimed it."""
        with self._database.transaction() as connection:
            connection.execute(
                delete(_CLAIMS).where(
                    _CLAIMS.c.provider == provider,
                    _CLAIMS.c.reference == reference,
                    _CLAIMS.c.order_id == order_id,
                )
            )

    def owner(self, provider: str, reference: str) -> str | None:
        """The order that a reference belongs to: it was claimed, or stands in its money log."""
        claimed = select(_CLAIMS.c.order_id).where(
            _CLAIMS.c.provider == provider, _CLAIMS.c.reference == reference
        )
        logged = select(_EVENTS.c.order_id).where(
            _EVENTS.c.provider == provider, _EVENTS.c.reference == reference
        )
        with self._database.reading() as connection:
            return connection.scalars(claimed.union_all(logged).limit(1)).one_or_none()
