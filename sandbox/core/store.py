"""Documents by kind and key, in memory for reading and in SQLite for keeping."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Document = dict[str, Any]
Rows = list[tuple[Any, ...]]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (kind, id)
);
CREATE TABLE IF NOT EXISTS ledger (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    provider TEXT NOT NULL,
    kind TEXT NOT NULL,
    order_id TEXT,
    data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS ledger_order ON ledger (order_id);
CREATE TRIGGER IF NOT EXISTS ledger_never_edited BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER IF NOT EXISTS ledger_never_deleted BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
"""
_LOCK_PATIENCE = 1.0
_UPSERT = (
    "INSERT INTO documents (kind, id, body) VALUES (?, ?, ?)"
    " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body"
)


class StateFileInUseError(Exception):
    """Another process serves the same state file."""


class Store:
    """All state of the sandbox. Writes join one transaction until `commit` or `rollback`.

    A document read is the caller's own copy; only `put` changes what is stored. Order of
    insertion is kept by `list` and `find`, over restarts as well.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._db = sqlite3.connect(
            str(file) if file else ":memory:", timeout=_LOCK_PATIENCE, isolation_level=None
        )
        try:
            # Exclusive: two sandboxes on one file would each believe their own memory.
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_SCHEMA)
        except sqlite3.OperationalError as error:
            self._db.close()
            raise StateFileInUseError(f"{file}: {error}") from error
        self._texts: dict[str, dict[str, str]] = {}
        self._indexes: dict[tuple[str, str], _Index] = {}
        self._load()

    def put(self, kind: str, key: str, document: Document) -> None:
        """Store the document under (kind, key), in place of what was there."""
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        self.execute(_UPSERT, (kind, key, text))
        self._texts.setdefault(kind, {})[key] = text
        for (indexed_kind, field), index in self._indexes.items():
            if indexed_kind == kind:
                index.put(key, document.get(field))

    def get(self, kind: str, key: str) -> Document | None:
        """The document, or None."""
        text = self._texts.get(kind, {}).get(key)
        return None if text is None else json.loads(text)

    def list(self, kind: str, newest_first: bool = False) -> Iterator[Document]:
        """All documents of a kind as they stand now, each read when it is asked for."""
        texts = list(self._texts.get(kind, {}).values())
        for text in reversed(texts) if newest_first else texts:
            yield json.loads(text)

    def first(self, kind: str) -> Document | None:
        """The oldest document of a kind."""
        text = next(iter(self._texts.get(kind, {}).values()), None)
        return None if text is None else json.loads(text)

    def index(self, kind: str, field: str) -> None:
        """Prepare `find` on a top-level field; harmless when repeated."""
        if (kind, field) not in self._indexes:
            self._indexes[kind, field] = _Index()
            self._fill(kind, field)

    def find(
        self, kind: str, field: str, value: object, newest_first: bool = False
    ) -> Iterator[Document]:
        """Documents whose field has this value; the field must have been indexed."""
        ids = self._indexes[kind, field].ids(value)
        for key in reversed(ids) if newest_first else ids:
            text = self._texts[kind].get(key)
            if text is not None:
                yield json.loads(text)

    def delete(self, kind: str, key: str) -> None:
        """Forget the document, if there is one."""
        if self._texts.get(kind, {}).pop(key, None) is None:
            return
        self.execute("DELETE FROM documents WHERE kind = ? AND id = ?", (kind, key))
        for (indexed_kind, _), index in self._indexes.items():
            if indexed_kind == kind:
                index.drop(key)

    def count(self, kind: str) -> int:
        """How many documents of a kind there are."""
        return len(self._texts.get(kind, {}))

    def next_number(self, name: str) -> int:
        """The next of a gapless sequence that starts at 1."""
        number = (self.get("sequence", name) or {"last": 0})["last"] + 1
        self.put("sequence", name, {"last": number})
        return number

    def execute(self, sql: str, values: tuple[object, ...]) -> None:
        """A writing statement in the running transaction."""
        if not self._db.in_transaction:
            self._db.execute("BEGIN")
        self._db.execute(sql, values)

    def query(self, sql: str, values: Mapping[str, object] | None = None) -> Rows:
        """Rows of a reading statement, uncommitted writes included."""
        return self._db.execute(sql, values or {}).fetchall()

    def commit(self) -> None:
        """Make everything since the last commit durable."""
        if self._db.in_transaction:
            self._db.execute("COMMIT")

    def rollback(self) -> None:
        """Undo everything since the last commit, in memory as well."""
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
            self._load()

    def clear(self) -> None:
        """Empty the world, the ledger included. Only a reset may do this."""
        self.rollback()
        self._db.executescript(f"DROP TABLE documents; DROP TABLE ledger; {_SCHEMA}")
        self._load()

    def close(self) -> None:
        """Commit and let the file go."""
        self.commit()
        self._db.close()

    def _load(self) -> None:
        self._texts = {}
        for kind, key, body in self.query("SELECT kind, id, body FROM documents ORDER BY seq"):
            self._texts.setdefault(kind, {})[key] = body
        for kind, field in self._indexes:
            self._indexes[kind, field] = _Index()
            self._fill(kind, field)

    def _fill(self, kind: str, field: str) -> None:
        for key, text in self._texts.get(kind, {}).items():
            self._indexes[kind, field].put(key, json.loads(text).get(field))


class _Index:
    """Ids by the value of one field, in the order in which they took that value."""

    def __init__(self) -> None:
        self._ids: dict[object, dict[str, None]] = {}
        self._values: dict[str, object] = {}

    def put(self, key: str, value: object) -> None:
        if key in self._values and self._values[key] == value:
            return
        self.drop(key)
        self._values[key] = value
        self._ids.setdefault(value, {})[key] = None

    def drop(self, key: str) -> None:
        if key in self._values:
            self._ids[self._values.pop(key)].pop(key, None)

    def ids(self, value: object) -> list[str]:
        return list(self._ids.get(value, {}))
