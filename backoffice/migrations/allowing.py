"""What a column may hold, changed by one migration after the other, each by its own words alone."""

import re
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op


def allow(table: str, column: str, *values: str) -> None:
    """Let a column hold these as well, whatever others have allowed it before."""
    _change(table, column, lambda known: [*known, *values])


def forbid(table: str, column: str, *values: str) -> None:
    """Let a column hold these no longer."""
    _change(table, column, lambda known: [one for one in known if one not in values])


def _change(table: str, column: str, change: Callable[[list[str]], list[str]]) -> None:
    rule = f"ck_{table}_{column}_known"
    found = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :rule"),
        {"rule": rule},
    )
    allowed = ", ".join(f"'{one}'" for one in change(re.findall(r"'([^']*)'", str(found))))
    op.drop_constraint(op.f(rule), table, type_="check")
    op.create_check_constraint(op.f(rule), table, sa.text(f"{column} IN ({allowed})"))
