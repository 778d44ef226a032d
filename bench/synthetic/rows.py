"""The rows of many orders on their way into the tables, and how they get there: in bulk."""

from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

TABLES = (
    "orders",
    "transitions",
    "step_facts",
    "handoffs",
    "labels",
    "documents",
    "print_jobs",
    "invoices",
    "credit_notes",
    "payment_events",
    "stock_entries",
    "cases",
)
"""What reports read, in an order in which each refers to earlier ones."""

Row = dict[str, Any]


def libpq(address: str) -> str:
    """An address for psycopg itself."""
    return address.replace("postgresql+psycopg:", "postgresql:", 1)


@dataclass
class Rows:
    """Rows by table; numbers of papers are drawn here, as each shop's are."""

    shop: str
    of: dict[str, list[Row]] = field(default_factory=lambda: {name: list[Row]() for name in TABLES})
    papers: int = 0

    def add(self, table: str, **values: Any) -> None:
        """One row, of the same columns as every other one of its table."""
        self.of[table].append(values)

    def next_paper(self) -> int:
        """The next number of an invoice, or of a credit note: gaps are nobody's business here."""
        self.papers += 1
        return self.papers

    def write(self, address: str) -> None:
        """Copy everything into a database, in one transaction, and let it look at what it has."""
        with psycopg.connect(libpq(address)) as connection, connection.cursor() as cursor:
            for table, rows in self.of.items():
                if not rows:
                    continue
                columns = list(rows[0])
                names = sql.SQL(", ").join(map(sql.Identifier, columns))
                into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
                with cursor.copy(into) as copy:
                    for row in rows:
                        copy.write_row([row[name] for name in columns])
        with psycopg.connect(libpq(address), autocommit=True) as connection:
            connection.execute("ANALYZE")
