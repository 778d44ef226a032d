"""Labels, bought or given up."""

from sqlalchemy import select

from backoffice.database import Database
from backoffice.shipments import label_of
from backoffice.tables.base import table
from backoffice.tables.shipping import LabelRow, LabelVoidRow
from domain.shipping import Label

_LABELS, _VOIDS = table(LabelRow), table(LabelVoidRow)


class LabelBook:
    """What purchases have to know about labels."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def bought(self, label: str) -> Label | None:
        """A label that is on record as bought and was not given up."""
        with self._database.reading() as connection:
            row = (
                connection.execute(
                    select(_LABELS).where(_LABELS.c.id == label, _LABELS.c.voided_at.is_(None))
                )
                .mappings()
                .one_or_none()
            )
        return None if row is None else label_of(row)

    def is_void(self, label: str) -> bool:
        """Whether a label was given up, bought or not."""
        with self._database.reading() as connection:
            found = connection.scalars(select(_VOIDS.c.label).where(_VOIDS.c.label == label))
            return found.one_or_none() is not None
