"""Handoffs and labels: how they are written, inside somebody's transaction."""

from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from backoffice.tables.base import table
from backoffice.tables.papers import DocumentRow, PrintJobRow, PrintState
from backoffice.tables.shipping import HandoffRow, LabelRow, LabelVoidRow
from backoffice.terms import TermKind, fold, write_terms
from domain.money import Money
from domain.record import Document, HandoffRecord
from domain.shipping import Label, LabelFormat
from domain.tracking import CourierStatus
from domain.warehouse import Handoff

_HANDOFFS = table(HandoffRow)
_LABELS = table(LabelRow)
_VOIDS = table(LabelVoidRow)
_DOCUMENTS = table(DocumentRow)
_JOBS = table(PrintJobRow)
_NEW_LABELS = insert(_LABELS).on_conflict_do_nothing()
_NEW_VOIDS = insert(_VOIDS).on_conflict_do_nothing()
_NEW_HANDOFF = insert(_HANDOFFS)
_HANDOFF = _NEW_HANDOFF.on_conflict_do_update(
    index_elements=["shipment"],
    set_={
        name: _NEW_HANDOFF.excluded[name]
        for name in ("document", "warehouse", "accepted", "reference", "reason", "at", "moves")
    },
    where=or_(
        _HANDOFFS.c.moves < _NEW_HANDOFF.excluded.moves,
        and_(_HANDOFFS.c.moves == _NEW_HANDOFF.excluded.moves, _HANDOFFS.c.accepted.is_(False)),
    ),
)
_OF_PARCELS = select(_LABELS).where(_LABELS.c.parcel.in_(bindparam("parcels", expanding=True)))
_APPLY_VOIDS = (
    update(_LABELS)
    .where(
        _LABELS.c.order_id == bindparam("order"),
        _LABELS.c.voided_at.is_(None),
        _VOIDS.c.label == _LABELS.c.id,
    )
    .values(voided_at=_VOIDS.c.at)
)
_WITHDRAW = (
    update(_JOBS)
    .where(
        _VOIDS.c.order_id == bindparam("order"),
        _DOCUMENTS.c.order_id == _VOIDS.c.order_id,
        _DOCUMENTS.c.label == _VOIDS.c.label,
        _JOBS.c.document == _DOCUMENTS.c.key,
        _JOBS.c.state.not_in([PrintState.PRINTED.value, PrintState.WITHDRAWN.value]),
    )
    .values(
        state=PrintState.WITHDRAWN.value,
        lease_until=None,
        reason="label voided",
        changed_at=func.now(),
    )
)


def write_handoff(connection: Connection, shop: str, record: HandoffRecord) -> None:
    """Keep the accepted handoff; a rejected one gives way to the next, and any to that of another
    warehouse that the shipment has gone to. Makes its bins findable."""
    handoff, answer = record.handoff, record.answer
    connection.execute(
        _HANDOFF,
        {
            "shipment": handoff.shipment,
            "order_id": handoff.order,
            "document": handoff.model_dump(mode="json"),
            "warehouse": handoff.warehouse,
            "moves": handoff.moves,
            "accepted": answer.accepted,
            "reference": answer.reference,
            "reason": answer.reason,
        },
    )
    bins = {(TermKind.BIN, fold(line.bin)) for line in handoff.lines}
    write_terms(connection, shop, handoff.order, bins)


def amend_handoff(connection: Connection, shop: str, handoff: Handoff) -> None:
    """What was handed off is another thing now, unless a later amendment is on record, or another
    warehouse has it."""
    number = func.coalesce(_HANDOFFS.c.document["amendment"].as_integer(), 0)
    connection.execute(
        update(_HANDOFFS)
        .where(
            _HANDOFFS.c.shipment == handoff.shipment,
            _HANDOFFS.c.moves == handoff.moves,
            number < handoff.amendment,
        )
        .values(document=handoff.model_dump(mode="json"))
    )
    bins = {(TermKind.BIN, fold(line.bin)) for line in handoff.lines}
    write_terms(connection, shop, handoff.order, bins)


def write_labels(
    connection: Connection, shop: str, order: str, labels: Sequence[Label]
) -> tuple[Label, ...]:
    """Write labels, first come first kept; answers those on record for the same versions.

    Makes their tracking numbers findable.
    """
    if not labels:
        return ()
    connection.execute(_NEW_LABELS, [_row(order, label) for label in labels])
    connection.execute(_APPLY_VOIDS, {"order": order})
    numbers = {(TermKind.TRACKING, fold(label.tracking_number)) for label in labels}
    write_terms(connection, shop, order, numbers)
    place = {(label.parcel, label.version): number for number, label in enumerate(labels)}
    rows = connection.execute(_OF_PARCELS, {"parcels": sorted({parcel for parcel, _ in place})})
    found = [label_of(row) for row in rows.mappings()]
    kept = [label for label in found if (label.parcel, label.version) in place]
    return tuple(sorted(kept, key=lambda label: place[label.parcel, label.version]))


def void_labels(connection: Connection, order: str, labels: Sequence[str]) -> None:
    """Never print these labels again, even if they come on record only later."""
    if not labels:
        return
    connection.execute(_NEW_VOIDS, [{"label": label, "order_id": order} for label in labels])
    connection.execute(_APPLY_VOIDS, {"order": order})
    withdraw_jobs(connection, order)


def withdraw_jobs(connection: Connection, order: str) -> None:
    """Take what is not printed yet, and would print a voided label, out of the queue."""
    connection.execute(_WITHDRAW, {"order": order})


def withdraw_papers(connection: Connection, order: str, shipment: str) -> None:
    """Take what is not printed yet of a shipment's papers out of the queue: its goods are back."""
    _withdraw(
        connection,
        (_DOCUMENTS.c.order_id == order) & (_DOCUMENTS.c.shipment == shipment),
        "goods put away",
    )


def withdraw_earlier(connection: Connection, document: Document) -> None:
    """Take earlier papers of its kind and shipment out of the queue, where it took their place."""
    older = (_DOCUMENTS.c.shipment == document.shipment) & (
        _DOCUMENTS.c.kind == document.kind.value
    )
    own = select(_DOCUMENTS.c.created_at).where(_DOCUMENTS.c.key == document.key).scalar_subquery()
    _withdraw(
        connection,
        older & (_DOCUMENTS.c.key != document.key) & (_DOCUMENTS.c.created_at < own),
        "printed anew",
    )


def _withdraw(connection: Connection, which: ColumnElement[bool], reason: str) -> None:
    connection.execute(
        update(_JOBS)
        .where(
            _JOBS.c.document.in_(select(_DOCUMENTS.c.key).where(which)),
            _JOBS.c.state.not_in([PrintState.PRINTED.value, PrintState.WITHDRAWN.value]),
        )
        .values(
            state=PrintState.WITHDRAWN.value,
            lease_until=None,
            reason=reason,
            changed_at=func.now(),
        )
    )


def label_of(row: RowMapping) -> Label:
    """A label as it was written."""
    return Label(
        id=row["id"],
        parcel=row["parcel"],
        version=row["version"],
        carrier=row["carrier"],
        service=row["service"],
        tracking_number=row["tracking_number"],
        transaction=row["transaction"],
        cost=Money(amount=row["cost"], currency=row["currency"]),
        format=LabelFormat(row["format"]),
        url=row["url"],
        customs_url=row["customs_url"],
    )


def _row(order: str, label: Label) -> dict[str, object]:
    return {
        "id": label.id,
        "order_id": order,
        "shipment": label.parcel.rpartition("-p")[0],
        "parcel": label.parcel,
        "version": label.version,
        "carrier": label.carrier,
        "service": label.service,
        "tracking_number": label.tracking_number,
        "transaction": label.transaction,
        "cost": label.cost.amount,
        "currency": label.cost.currency,
        "format": label.format.value,
        "url": label.url,
        "customs_url": label.customs_url,
        "courier_status": CourierStatus.UNKNOWN.value,
    }
