"""A request that changes the books is carried out once, and noted where it is carried out."""

from collections.abc import Mapping

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from backoffice.refusals import OtherRequest
from backoffice.tables.base import table
from backoffice.tables.messages import InboxRow, InboxState

_INBOX = table(InboxRow)
_NEW = insert(_INBOX).on_conflict_do_nothing().returning(_INBOX.c.id)


def first_time(
    connection: Connection, source: str, key: str, kind: str, sent: Mapping[str, object]
) -> bool:
    """Note a request under its key, in the transaction that carries it out.

    False where this very request was noted before: nothing is to be done. One that comes at the
    same moment waits until the other's transaction has ended.

    Raises:
        OtherRequest: another request was noted under this key.
    """
    row = {
        "source": source,
        "event_id": key,
        "kind": kind,
        "order_id": None,
        "payload": dict(sent),
        "signal": None,
        "state": InboxState.KEPT.value,
    }
    if connection.scalars(_NEW, row).one_or_none() is not None:
        return True
    noted = connection.scalars(
        select(_INBOX.c.payload).where(_INBOX.c.source == source, _INBOX.c.event_id == key)
    ).one()
    if noted != sent:
        raise OtherRequest(key)
    return False
