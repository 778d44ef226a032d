"""Labels, bought or given up."""

from sqlalchemy import select

from backoffice.database import Database
from backoffice.tables.base import table
from backoffice.tables.shipping import LabelVoidRow

_VOIDS = table(LabelVoidRow)


class LabelBook:
    """What purchases have to know about labels."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_void(self, label: str) -> bool:
        """Whether a label was given up, bought or not."""
        with self._database.reading() as connection:
            found = connection.scalars(select(_VOIDS.c.label).where(_VOIDS.c.label == label))
            return found.one_or_none() is not None
