"""The print queue that each shop's stations drain, and the documents in it."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    RowMapping,
    Select,
    and_,
    func,
    or_,
    select,
    update,
)

from backoffice.database import Database
from backoffice.refusals import NotOnRecord
from backoffice.tables.base import table
from backoffice.tables.orders import OrderRow
from backoffice.tables.papers import DocumentRow, PrintJobRow, PrintState
from backoffice.tables.shipping import HandoffRow, LabelVoidRow
from domain.documents import DocumentKind, FileFormat
from domain.stock import MAIN

_JOBS, _DOCUMENTS = table(PrintJobRow), table(DocumentRow)
_VOIDS, _ORDERS, _HANDOFFS = table(LabelVoidRow), table(OrderRow), table(HandoffRow)
_OPEN = (PrintState.WAITING, PrintState.CLAIMED, PrintState.FAILED)


@dataclass(frozen=True)
class PrintJob:
    """A document in the queue; its content is fetched by ``document``."""

    id: int
    document: str
    order_id: str
    shipment: str
    kind: DocumentKind
    format: FileFormat
    number: str
    state: PrintState
    station: str | None
    attempts: int
    reason: str


@dataclass(frozen=True)
class DocumentFile:
    """A document's bytes and their form."""

    content: bytes
    format: FileFormat
    kind: DocumentKind


class PrintQueue:
    """Jobs in the order in which their documents were made."""

    def __init__(self, database: Database, lease: timedelta = timedelta(minutes=2)) -> None:
        """``lease`` is how long a station has for a job before another one may take it."""
        self._database = database
        self._lease = lease

    def jobs(
        self,
        shop: str,
        station: str | None = None,
        limit: int = 100,
        warehouse: str | None = None,
    ) -> tuple[PrintJob, ...]:
        """What a shop (or one of its warehouses) still has to print, oldest first; with a station,
        what that one took."""
        where = _JOBS.c.state.in_([state.value for state in _OPEN])
        if station is not None:
            where = and_(where, _JOBS.c.station == station)
        if warehouse is not None:
            where = and_(where, _is_at(warehouse))
        statement = _jobs().where(_JOBS.c.shop == shop, where).order_by(_JOBS.c.id).limit(limit)
        with self._database.reading() as connection:
            return tuple(_job(row) for row in connection.execute(statement).mappings())

    def claim(
        self,
        shop: str,
        station: str,
        kinds: tuple[DocumentKind, ...] = tuple(DocumentKind),
        warehouse: str = MAIN,
    ) -> PrintJob | None:
        """Take the oldest job, for a station of a warehouse that prints these kinds; None when all
        is done.

        A job whose station did not report within the lease is taken again.
        """
        wanted = select(_DOCUMENTS.c.key).where(
            _DOCUMENTS.c.key == _JOBS.c.document,
            _DOCUMENTS.c.kind.in_([kind.value for kind in kinds]),
            _is_at(warehouse),
        )
        oldest = (
            select(_JOBS.c.id)
            .where(_JOBS.c.shop == shop, _free(), wanted.exists())
            .order_by(_JOBS.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        with self._database.transaction() as connection:
            job = connection.scalars(
                update(_JOBS)
                .where(_JOBS.c.id == oldest)
                .values(
                    state=PrintState.CLAIMED.value,
                    station=station,
                    lease_until=func.now() + self._lease,
                    attempts=_JOBS.c.attempts + 1,
                    changed_at=func.now(),
                )
                .returning(_JOBS.c.id)
            ).one_or_none()
            if job is None:
                return None
            return _job(connection.execute(_jobs().where(_JOBS.c.id == job)).mappings().one())

    def printed(self, shop: str, job: int, station: str, warehouse: str = MAIN) -> bool:
        """The job is on paper; False where the station does not hold it, or it was withdrawn.

        Raises:
            NotOnRecord: the shop's warehouse has no such job.
        """
        return self._report(shop, job, station, PrintState.PRINTED, "", warehouse)

    def failed(self, shop: str, job: int, station: str, reason: str, warehouse: str = MAIN) -> bool:
        """The station could not print it: a person looks after the printer, and asks `again`.

        Raises:
            NotOnRecord: the shop's warehouse has no such job.
        """
        return self._report(shop, job, station, PrintState.FAILED, reason, warehouse)

    def again(self, shop: str, job: int, warehouse: str = MAIN) -> bool:
        """Queue a printed or failed job once more; False for any other, and for a void label.

        Raises:
            NotOnRecord: the shop's warehouse has no such job.
        """
        void = select(_VOIDS.c.label).where(
            _DOCUMENTS.c.key == _JOBS.c.document, _VOIDS.c.label == _DOCUMENTS.c.label
        )
        with self._database.transaction() as connection:
            changed = connection.execute(
                update(_JOBS)
                .where(
                    _JOBS.c.shop == shop,
                    _JOBS.c.id == job,
                    _JOBS.c.state.in_([PrintState.PRINTED.value, PrintState.FAILED.value]),
                    ~void.exists(),
                    _about(warehouse),
                )
                .values(state=PrintState.WAITING.value, reason="", changed_at=func.now())
                .returning(_JOBS.c.id)
            )
            return _changed(connection, changed, shop, job, warehouse)

    def document(self, shop: str, document_id: str, warehouse: str | None = None) -> DocumentFile:
        """A document's bytes.

        Raises:
            NotOnRecord: the shop (or this warehouse of it) has no such document.
        """
        where = and_(_DOCUMENTS.c.key == document_id, _ORDERS.c.shop == shop)
        if warehouse is not None:
            where = and_(where, _is_at(warehouse))
        with self._database.reading() as connection:
            row = connection.execute(
                select(_DOCUMENTS.c.content, _DOCUMENTS.c.format, _DOCUMENTS.c.kind)
                .join(_ORDERS, _ORDERS.c.id == _DOCUMENTS.c.order_id)
                .where(where)
            ).one_or_none()
        if row is None:
            raise NotOnRecord("document", document_id)
        content, form, kind = row
        return DocumentFile(bytes(content), FileFormat(form), DocumentKind(kind))

    def _report(
        self, shop: str, job: int, station: str, state: PrintState, reason: str, warehouse: str
    ) -> bool:
        with self._database.transaction() as connection:
            changed = connection.execute(
                update(_JOBS)
                .where(
                    _JOBS.c.shop == shop,
                    _JOBS.c.id == job,
                    _JOBS.c.state == PrintState.CLAIMED.value,
                    _JOBS.c.station == station,
                    _about(warehouse),
                )
                .values(state=state.value, reason=reason, lease_until=None, changed_at=func.now())
                .returning(_JOBS.c.id)
            )
            return _changed(connection, changed, shop, job, warehouse)


def _changed(
    connection: Connection, changed: CursorResult[tuple[int]], shop: str, job: int, warehouse: str
) -> bool:
    """Whether the job was as it had to be. Raises NotOnRecord where the warehouse has none such."""
    if changed.one_or_none() is not None:
        return True
    own = select(_JOBS.c.id).where(_JOBS.c.shop == shop, _JOBS.c.id == job, _about(warehouse))
    if connection.scalars(own).one_or_none() is None:
        raise NotOnRecord("print job", str(job))
    return False


def _is_at(warehouse: str) -> ColumnElement[bool]:
    """Whether a document is about a shipment that this warehouse has."""
    has = (
        select(_HANDOFFS.c.warehouse)
        .where(_HANDOFFS.c.shipment == _DOCUMENTS.c.shipment)
        .scalar_subquery()
    )
    return func.coalesce(has, MAIN) == warehouse


def _about(warehouse: str) -> ColumnElement[bool]:
    """Whether a job's document is about a shipment that this warehouse has."""
    paper = select(_DOCUMENTS.c.key).where(_DOCUMENTS.c.key == _JOBS.c.document, _is_at(warehouse))
    return paper.exists()


def _free() -> ColumnElement[bool]:
    lapsed = and_(_JOBS.c.state == PrintState.CLAIMED.value, _JOBS.c.lease_until < func.now())
    return or_(_JOBS.c.state == PrintState.WAITING.value, lapsed)


def _jobs() -> Select[*tuple[object, ...]]:
    return select(
        _JOBS.c.id,
        _JOBS.c.document,
        _DOCUMENTS.c.order_id,
        _DOCUMENTS.c.shipment,
        _DOCUMENTS.c.kind,
        _DOCUMENTS.c.format,
        _DOCUMENTS.c.number,
        _JOBS.c.state,
        _JOBS.c.station,
        _JOBS.c.attempts,
        _JOBS.c.reason,
    ).join(_DOCUMENTS, _DOCUMENTS.c.key == _JOBS.c.document)


def _job(row: RowMapping) -> PrintJob:
    return PrintJob(
        id=row["id"],
        document=row["document"],
        order_id=row["order_id"],
        shipment=row["shipment"],
        kind=DocumentKind(row["kind"]),
        format=FileFormat(row["format"]),
        number=row["number"],
        state=PrintState(row["state"]),
        station=row["station"],
        attempts=row["attempts"],
        reason=row["reason"],
    )
