"""The sandbox's time: real time and an offset that only grows."""

from datetime import UTC, datetime, timedelta

from sandbox.core.store import Store


class Clock:
    """Time for everything on record. The offset survives a restart."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._offset = timedelta()
        self.load()

    def load(self) -> None:
        """Take the offset from the store."""
        kept = self._store.get("clock", "offset") or {"seconds": 0}
        self._offset = timedelta(seconds=kept["seconds"])

    @property
    def offset(self) -> timedelta:
        """How far the sandbox is ahead of real time."""
        return self._offset

    def now(self) -> datetime:
        """The present in the sandbox, UTC."""
        return datetime.now(UTC) + self._offset

    def timestamp(self) -> int:
        """The present in the sandbox, in whole seconds of the Unix epoch."""
        return int(self.now().timestamp())

    def move_to(self, offset: timedelta) -> None:
        """Set the offset, unless that would turn time back. `Timers.advance` uses this."""
        if offset > self._offset:
            self._offset = offset
            self._store.put("clock", "offset", {"seconds": offset.total_seconds()})
