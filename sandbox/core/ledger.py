"""What really happened, as each provider would tell it. Tests judge by this and nothing else."""

import json
from dataclasses import asdict, dataclass

from sandbox.core.clock import Clock
from sandbox.core.store import Document, Store

_OF_ALL = (
    "SELECT seq, at, provider, kind, order_id, data FROM ledger WHERE seq > :after"
    " AND (:provider IS NULL OR provider = :provider) AND (:kind IS NULL OR kind = :kind)"
    " ORDER BY seq"
)
# A statement of its own, because only the plain comparison uses the index.
_OF_ORDER = _OF_ALL.replace(" ORDER BY", " AND order_id = :order ORDER BY")


@dataclass(frozen=True)
class Entry:
    """One fact. `at` is sandbox time, ISO 8601; amounts in `data` are integer minor units."""

    seq: int
    at: str
    provider: str
    kind: str
    order: str | None
    data: Document

    def document(self) -> Document:
        """The entry as JSON."""
        return asdict(self)


class Ledger:
    """Append-only; the database itself refuses to edit or delete an entry."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def append(self, provider: str, kind: str, order: str | None, data: Document) -> None:
        """Record a fact, in the same transaction as the change it tells of."""
        self._store.execute(
            "INSERT INTO ledger (at, provider, kind, order_id, data) VALUES (?, ?, ?, ?, ?)",
            (self._clock.now().isoformat(), provider, kind, order, json.dumps(data)),
        )

    def entries(
        self,
        provider: str | None = None,
        order: str | None = None,
        kind: str | None = None,
        after: int = 0,
    ) -> list[Entry]:
        """Facts in their order, narrowed by whatever is given; `after` is a `seq`."""
        rows = self._store.query(
            _OF_ORDER if order else _OF_ALL,
            {"after": after, "provider": provider, "order": order, "kind": kind},
        )
        return [Entry(*row[:5], data=json.loads(row[5])) for row in rows]
