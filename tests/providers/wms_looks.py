"""What tests of the warehouse send there, and what really happened in the warehouse."""

from domain.money import Money
from domain.shipping import Label, LabelFormat
from sandbox.client import LedgerEntry, SandboxClient
from tests.providers.samples import LABEL, ORDER, PARCEL, SHIPMENT

HAND_OFF = f"{SHIPMENT}:hand_off:1"
LABELS = (
    Label(
        id=LABEL,
        parcel=PARCEL.id,
        version=1,
        carrier="UPS",
        service="ups_standard",
        tracking_number="1Z1",
        transaction="t1",
        cost=Money(amount=690, currency="EUR"),
        format=LabelFormat.ZPL,
        url="https://labels.example/1",
    ),
)


def entries(sandbox: SandboxClient, kind: str) -> list[LedgerEntry]:
    """What the warehouse's ledger holds of this kind."""
    return sandbox.ledger("wms", order=ORDER, kind=kind)


def packed(sandbox: SandboxClient) -> None:
    """Bring the shipment as far as the packing table."""
    sandbox.wms(SHIPMENT, "picked")
    sandbox.wms(SHIPMENT, "packed")
