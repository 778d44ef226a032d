"""The same number of statements and transactions, in plain psycopg on plain tables."""

from types import TracebackType
from typing import Self

from psycopg_pool import ConnectionPool

from bench.bare.plan import Script

_TABLES = """
CREATE TABLE IF NOT EXISTS bare_orders (
    id text PRIMARY KEY, body text NOT NULL, touched timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS bare_rows (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id text NOT NULL, body text NOT NULL
);
CREATE INDEX IF NOT EXISTS bare_rows_order ON bare_rows (order_id);
CREATE TABLE IF NOT EXISTS bare_ended (kind text NOT NULL, order_id text NOT NULL);
"""
_STATEMENTS = {
    "SELECT": b"SELECT id, body, touched FROM bare_orders WHERE id = %(order)s",
    "INSERT": b"INSERT INTO bare_rows (order_id, body) VALUES (%(order)s, %(body)s)",
    "UPDATE": b"UPDATE bare_orders SET touched = now() WHERE id = %(order)s",
}
ENDED = "SELECT count(*) FROM bare_ended WHERE kind = '{kind}'"
"""How many bare orders of a kind (``bare``, ``empty``) have ended."""


class BareRecords:
    """A pool of connections and three statements."""

    def __init__(self, url: str, connections: int) -> None:
        """Opens the pool at once."""
        self._pool = ConnectionPool(url, min_size=1, max_size=connections, open=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.close()

    def make_tables(self) -> None:
        """Make what is missing."""
        with self._pool.connection() as connection:
            connection.execute(_TABLES.encode())

    def accept(self, order: str, body: str) -> None:
        """The order's own row."""
        with self._pool.connection() as connection:
            connection.execute(b"INSERT INTO bare_orders (id, body) VALUES (%s, %s)", (order, body))

    def play(self, script: Script, order: str) -> None:
        """Send what ours sends: as many transactions, statements and bytes."""
        for transaction in script:
            with self._pool.connection() as connection:
                for verb, size in transaction:
                    parameters = {"order": order}
                    if verb == "INSERT":
                        parameters["body"] = "x" * size
                    cursor = connection.execute(_STATEMENTS[verb], parameters)
                    if verb == "SELECT":
                        cursor.fetchall()

    def end(self, kind: str, order: str) -> None:
        """The one row more that tells that an order has ended."""
        with self._pool.connection() as connection:
            connection.execute(b"INSERT INTO bare_ended VALUES (%s, %s)", (kind, order))
