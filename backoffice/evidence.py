"""Gathering what answers a dispute, all of one moment, from every book."""

from sqlalchemy import Connection, Text, cast, select

from backoffice.dispute_refunds import money_of, paid_by, refunds_of_payment
from backoffice.shipment_pages import shipments_of
from backoffice.tables.base import table
from backoffice.tables.disputes import DisputeRow
from backoffice.tables.messages import MailRow
from backoffice.tables.orders import AddressChangeRow, OrderRow, TransitionRow
from backoffice.tables.papers import DocumentRow
from backoffice.tables.shipping import LabelRow
from backoffice.tables.shops import ShopRow
from domain.address import Address, Seller
from domain.documents import DocumentKind, FileFormat
from domain.evidence import Evidence, MailSent, Moment, Moved, Paper, Parcel
from domain.mail import MailKind, MailState
from domain.money import Money
from domain.order import Order
from domain.status import OrderStatus

_DISPUTES, _ORDERS, _SHOPS = table(DisputeRow), table(OrderRow), table(ShopRow)
_MAILS, _TRANSITIONS = table(MailRow), table(TransitionRow)
_CHANGES, _DOCUMENTS, _LABELS = table(AddressChangeRow), table(DocumentRow), table(LabelRow)


def gather(connection: Connection, dispute: str) -> Evidence:
    """Everything about the order of a dispute that is on record, read in a snapshot."""
    asked = select(_DISPUTES).where(_DISPUTES.c.id == dispute)
    row = connection.execute(asked).mappings().one()
    name, payment = str(row["order_id"]), str(row["payment"])
    body, accepted_at, seller = connection.execute(
        select(cast(_ORDERS.c.body, Text), _ORDERS.c.accepted_at, cast(_SHOPS.c.seller, Text))
        .join(_SHOPS, _SHOPS.c.id == _ORDERS.c.shop)
        .where(_ORDERS.c.id == name)
    ).one()
    money = money_of(connection, name)
    return Evidence(
        dispute=dispute,
        payment=payment,
        disputed=(
            Money(amount=row["amount"], currency=row["currency"]) if row["currency"] else None
        ),
        reason=row["reason"],
        seller=Seller.model_validate_json(seller).name,
        order_id=name,
        accepted_at=accepted_at,
        order=Order.model_validate_json(body),
        shipments=paid_by(money, payment),
        money=money,
        refunds=refunds_of_payment(connection, name, payment, money),
        moments=_moments(connection, name),
        parcels=_parcels(connection, name),
        mails=_mails(connection, name),
        moved=_moved(connection, name),
        papers=_papers(connection, name),
    )


def _moments(connection: Connection, name: str) -> tuple[Moment, ...]:
    """Its changes of status; news and words about refunds are none."""
    rows = connection.execute(
        select(_TRANSITIONS.c.status, _TRANSITIONS.c.at, _TRANSITIONS.c.shipment)
        .where(
            _TRANSITIONS.c.order_id == name,
            _TRANSITIONS.c.news.is_(None),
            _TRANSITIONS.c.refund.is_(None),
        )
        .order_by(_TRANSITIONS.c.number)
    )
    return tuple(Moment(OrderStatus(status), at, shipment) for status, at, shipment in rows)


def _parcels(connection: Connection, name: str) -> tuple[Parcel, ...]:
    return tuple(
        Parcel(shipment.shipment, one.label, one.bought_at, one.events)
        for shipment in shipments_of(connection, name)
        for one in shipment.labels
        if one.voided_at is None
    )


def _mails(connection: Connection, name: str) -> tuple[MailSent, ...]:
    rows = connection.execute(
        select(_MAILS).where(_MAILS.c.order_id == name).order_by(_MAILS.c.since, _MAILS.c.key)
    )
    return tuple(
        MailSent(
            kind=MailKind(row["kind"]),
            recipient=row["recipient"],
            state=MailState(row["state"]),
            at=row["since"],
            message_id=row["message_id"],
        )
        for row in rows.mappings()
        if row["kind"] != MailKind.RESTOCK.value  # to the shop's own buyer
    )


def _moved(connection: Connection, name: str) -> tuple[Moved, ...]:
    rows = connection.execute(
        select(_CHANGES.c.before, _CHANGES.c.at)
        .where(_CHANGES.c.order_id == name)
        .order_by(_CHANGES.c.number)
    )
    return tuple(Moved(Address.model_validate(before), at) for before, at in rows if before)


def _papers(connection: Connection, name: str) -> tuple[Paper, ...]:
    """All of them, but for labels that are void."""
    void = select(_LABELS.c.id).where(_LABELS.c.order_id == name, _LABELS.c.voided_at.is_not(None))
    rows = connection.execute(
        select(_DOCUMENTS)
        .where(_DOCUMENTS.c.order_id == name, _DOCUMENTS.c.label.not_in(void))
        .order_by(_DOCUMENTS.c.created_at, _DOCUMENTS.c.key)
    )
    return tuple(
        Paper(
            kind=DocumentKind(row["kind"]),
            format=FileFormat(row["format"]),
            number=row["number"],
            shipment=row["shipment"],
            at=row["created_at"],
            content=bytes(row["content"]),
        )
        for row in rows.mappings()
    )
