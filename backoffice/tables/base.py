"""What every table shares: its metadata, the names of its constraints, its column kinds."""

from enum import Enum
from typing import Any, ClassVar, cast

from sqlalchemy import CheckConstraint, DateTime, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import SQLModel

Json = dict[str, Any]
"""A JSON object as the driver hands it over."""

MOMENT = DateTime(timezone=True)
TEXT = Text()
TEXTS = ARRAY(Text())
JSON = JSONB()
JSON_OR_NOTHING = JSONB(none_as_null=True)
"""Where None is no value, and not JSON's null."""
SORTED_BY_CODE_POINT = Text(collation="C")
"""Text whose plain index also serves prefixes, whatever the database's own collation is."""


class Record(SQLModel):
    """The base of every table."""

    # SQLModel declares a table's name as text, and hides that from type checkers by computing it.
    __tablename__: ClassVar[str]  # pyright: ignore[reportIncompatibleVariableOverride]

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )


def table(record: type[Record]) -> Table:
    """The Core table of a record: inserts and updates name it and skip the unit of work."""
    return cast("Table", record.__table__)  # pyright: ignore[reportAttributeAccessIssue] # mapped


def one_of(column: str, states: type[Enum]) -> CheckConstraint:
    """A constraint that a column holds one of these states and nothing else."""
    allowed = ", ".join(f"'{state.value}'" for state in states)
    return CheckConstraint(f"{column} IN ({allowed})", name=f"{column}_known")
