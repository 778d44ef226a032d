"""Data keys by their order: one for each, the first that was drawn, until it is destroyed."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import UNREACHABLE, Database
from backoffice.tables.base import table
from backoffice.tables.keys import DataKeyRow
from backoffice.terms import is_storable
from domain.keys import WrappedKey

_KEYS = table(DataKeyRow)
_KEY = select(_KEYS.c.subject, _KEYS.c.master, _KEYS.c.wrapped)
_NOBODY = ""
"""The master key of an order that was erased before it had a key."""
_BATCH = 500


class DataKeyBook:
    """Encrypted keys only; who can read them holds the master keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, subject: str) -> WrappedKey | None:
        """The key of a subject, also a destroyed one; None where there never was one.

        Raises:
            ConnectionError: the database does not answer.
        """
        if not is_storable(subject):
            return None
        with _answering(), self._database.reading() as connection:
            row = connection.execute(_KEY.where(_KEYS.c.subject == subject)).one_or_none()
        return None if row is None else WrappedKey(*row)

    def keep(self, key: WrappedKey) -> WrappedKey:
        """Keep a new key, and answer the one that is kept: the first to come.

        Raises:
            ConnectionError: the database does not answer.
        """
        row = {"subject": key.subject, "master": key.master, "wrapped": key.wrapped}
        with _answering(), self._database.transaction() as connection:
            connection.execute(insert(_KEYS).on_conflict_do_nothing(), row)
            kept = connection.execute(_KEY.where(_KEYS.c.subject == key.subject)).one()
        return WrappedKey(*kept)

    def one_of_each(self) -> list[WrappedKey]:
        """For each master key that is in use, one key that is encrypted under it."""
        live = _KEYS.c.wrapped.is_not(None)
        one = select(func.min(_KEYS.c.subject)).where(live).group_by(_KEYS.c.master)
        with self._database.reading() as connection:
            rows = connection.execute(_KEY.where(_KEYS.c.subject.in_(one))).all()
        return [WrappedKey(*row) for row in rows]

    def rewrap(self, master: str, again: Callable[[WrappedKey], WrappedKey]) -> int:
        """Encrypt every key that is not under ``master`` again; how many there were.

        Afterwards the other master keys can be taken away. Can be repeated, and interrupted.
        """
        done = 0
        while True:
            with self._database.transaction() as connection:
                rows = connection.execute(
                    _KEY.where(_KEYS.c.master != master, _KEYS.c.wrapped.is_not(None))
                    .limit(_BATCH)
                    .with_for_update()
                ).all()
                for row in rows:
                    new = again(WrappedKey(*row))
                    connection.execute(
                        update(_KEYS)
                        .where(_KEYS.c.subject == new.subject)
                        .values(master=new.master, wrapped=new.wrapped)
                    )
            if not rows:
                return done
            done += len(rows)


def destroy(connection: Connection, subject: str) -> bool:
    """Destroy a subject's key for good; whether there ever was one.

    Where there is none, the row is written all the same, so that none is ever drawn.
    """
    master = connection.scalars(
        select(_KEYS.c.master).where(_KEYS.c.subject == subject).with_for_update()
    ).one_or_none()
    gone = {"wrapped": None, "erased_at": func.now()}
    connection.execute(
        insert(_KEYS)
        .values(subject=subject, master=_NOBODY, **gone)
        .on_conflict_do_update(
            index_elements=["subject"], set_=gone, where=_KEYS.c.erased_at.is_(None)
        )
    )
    return bool(master)


@contextmanager
def _answering() -> Generator[None]:
    try:
        yield
    except UNREACHABLE as error:
        raise ConnectionError("the table of data keys cannot be reached") from error
