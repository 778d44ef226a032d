"""Every activity, put together on the books and on what is outside."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from activities.address import AddressActivities
from activities.amending import AmendingActivities
from activities.courier import Courier
from activities.documents import DocumentActivities, LabelFiles, Paperwork, Printer
from activities.mail import MailActivities, MailProvider
from activities.payment import PaymentActivities
from activities.payment_provider import PaymentProvider
from activities.records import RecordActivities
from activities.refunds import RefundActivities, RefundProvider
from activities.replacement import ReplacementActivities
from activities.rerouting import ReroutingActivities
from activities.settling import Engine, SettlingActivities
from activities.shipping import ShippingActivities
from activities.step import Records
from activities.stock import StockActivities
from activities.substitution import SubstitutionActivities
from activities.warehouse import Sites, WarehouseActivities, Warehouses
from backoffice.books import Books
from domain.payment import PaymentWay

Activity = Callable[..., Any]
_DEFINITION = "__temporal_activity_definition"
"""The SDK's mark on a method that is an activity."""


class PaysAndGivesBack(PaymentProvider, RefundProvider, Protocol):
    """A payment provider, and what it does for refunds."""


class Payments(Protocol):
    """The payment providers of an installation."""

    def __call__(self, way: PaymentWay) -> PaysAndGivesBack:
        """The one that money is at. Raises Refused where none is set up for that."""
        ...


@dataclass(frozen=True)
class Outside:
    """What activities reach beyond the books: vendors, or who stands in for them."""

    payment: Payments
    warehouses: Warehouses
    courier: Courier
    files: LabelFiles
    mail: MailProvider
    printer: Printer
    engine: Engine
    sites: Sites


@dataclass(frozen=True)
class Patience:
    """How long what nobody heard of may still have its effect."""

    in_doubt_for: timedelta
    mail_ambiguity: timedelta


def put_together(
    outside: Outside, books: Books, records: Records, paperwork: Paperwork, patience: Patience
) -> Mapping[str, Activity]:
    """All activities by the engine's names for them: a new method of these classes joins."""
    doubt = patience.in_doubt_for
    classes = (
        PaymentActivities(outside.payment, books.claims, records, doubt),
        RefundActivities(outside.payment, records),
        StockActivities(books.stock, books.backorders, records),
        SubstitutionActivities(books.substitutions, books.catalogue, records, outside.sites),
        WarehouseActivities(outside.warehouses, outside.sites, books.catalogue, records),
        ReroutingActivities(outside.warehouses, books.moves, records),
        ShippingActivities(
            outside.courier, books.handoffs, books.labels, records, outside.sites, doubt
        ),
        MailActivities(outside.mail, books.mails, records, patience.mail_ambiguity),
        DocumentActivities(outside.files, outside.printer, paperwork, records),
        RecordActivities(records),
        ReplacementActivities(books.replacements, records),
        AddressActivities(records),
        AmendingActivities(books.stock, records),
        SettlingActivities(outside.engine, books.remains, records),
    )
    return {name: method for one in classes for name, method in _activities_of(one)}


def _activities_of(one: object) -> list[tuple[str, Activity]]:
    methods = [getattr(one, name) for name in vars(type(one))]
    return [(name_of(method), method) for method in methods if hasattr(method, _DEFINITION)]


def name_of(method: Activity) -> str:
    """What the engine calls an activity."""
    return str(getattr(method, _DEFINITION).name)
