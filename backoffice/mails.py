"""The outbox of mails: one row for each, and how far it is known to have come."""

from datetime import datetime

from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import Database
from backoffice.tables.base import table
from backoffice.tables.messages import MailRow
from domain.mail import MailKind, MailOnRecord, MailState

_MAILS = table(MailRow)
_RANKS = {
    MailState.SENDING: 0,
    MailState.AMBIGUOUS: 1,
    MailState.SENT: 2,
    MailState.PROCESSED: 3,
    MailState.DELIVERED: 4,
    MailState.BOUNCED: 5,
}


class MailOutboxBook:
    """Mails by their key. What the provider said later in a mail's life is never taken back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, key: str, order_id: str, kind: MailKind, to: str) -> MailOnRecord:
        """The row as it was before this try; a new one is SENDING with no sends."""
        row = {
            "key": key,
            "order_id": order_id,
            "kind": kind.value,
            "recipient": to,
            "state": MailState.SENDING.value,
            "since": func.now(),
            "sends": 0,
            "message_id": "",
        }
        with self._database.transaction() as connection:
            connection.execute(insert(_MAILS).values(**row).on_conflict_do_nothing())
            state, since, sends = connection.execute(
                select(_MAILS.c.state, _MAILS.c.since, _MAILS.c.sends).where(_MAILS.c.key == key)
            ).one()
        return MailOnRecord(key=key, state=MailState(state), since=since, sends=sends)

    def sending(self, key: str, sends: int) -> bool:
        """Note that a send begins now: until told otherwise, its outcome is unknown.

        ``sends`` is how many `begin` saw. False where another try has begun one since: of two
        that run at once, one sends.
        """
        unsure = _below(MailState.SENT)
        return self._change(
            key,
            _MAILS.c.sends == sends,
            sends=_MAILS.c.sends + 1,
            state=case((unsure, MailState.AMBIGUOUS.value), else_=_MAILS.c.state),
            since=case((unsure, func.now()), else_=_MAILS.c.since),
        )

    def not_sent(self, key: str) -> None:
        """Note that the last send certainly did not happen."""
        only_one = (_MAILS.c.state == MailState.AMBIGUOUS.value) & (_MAILS.c.sends <= 1)
        self._change(
            key,
            sends=func.greatest(_MAILS.c.sends - 1, 0),
            state=case((only_one, MailState.SENDING.value), else_=_MAILS.c.state),
        )

    def sent(self, key: str, message_id: str) -> None:
        """Note that the provider accepted it."""
        unsure = _below(MailState.SENT)
        self._change(
            key,
            message_id=message_id,
            state=case((unsure, MailState.SENT.value), else_=_MAILS.c.state),
            since=case((unsure, func.now()), else_=_MAILS.c.since),
        )

    def event(self, key: str, state: MailState, at: datetime) -> bool:
        """Note the provider's own word about a mail; False for a mail that is not ours.

        Words that come twice, late or out of order change nothing.
        """
        news = _below(state)
        return self._change(
            key,
            state=case((news, state.value), else_=_MAILS.c.state),
            since=case((news, at), else_=_MAILS.c.since),
        )

    def _change(self, key: str, *only: ColumnElement[bool], **values: object) -> bool:
        changed = update(_MAILS).where(_MAILS.c.key == key, *only).values(**values)
        with self._database.transaction() as connection:
            found = connection.execute(changed.returning(_MAILS.c.key))
            return found.one_or_none() is not None


def _below(state: MailState) -> ColumnElement[bool]:
    """Whether a mail has not come as far as this state."""
    return _MAILS.c.state.in_([one.value for one in MailState if _RANKS[one] < _RANKS[state]])
