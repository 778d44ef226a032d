"""What tests of labels ask of Shippo's adapter, and what really happened at Shippo."""

from domain.shipping import LabelFormat, Quote
from providers.shippo_shipping import ShippoCourier
from sandbox.client import LedgerEntry, SandboxClient
from tests.providers.samples import LABEL, ORDER

KEY = f"{ORDER}-s1:buy_labels:1"
ZPL = LabelFormat.ZPL


def bought(sandbox: SandboxClient) -> list[LedgerEntry]:
    """Labels that were really made."""
    return sandbox.ledger("shippo", order=ORDER, kind="label_purchased")


def live(courier: ShippoCourier, quote: Quote, label: str = LABEL) -> list[str]:
    """The transactions of the labels that the adapter finds live."""
    return [one.transaction for one in courier.bought(label, quote, ZPL)]
