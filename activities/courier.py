"""What the shipping activities need: a courier, and what is on record about goods and labels."""

from collections.abc import Callable
from typing import Protocol

from domain.address import Address, Seller
from domain.attempt import Attempt
from domain.shipping import Label, LabelError, LabelFormat, PlannedParcel, Quote
from domain.warehouse import CustomsLine


class Courier(Protocol):
    """A carrier, or an aggregator of carriers."""

    @property
    def look_seconds(self) -> float:
        """What a look-up can take at most, with its repetition."""
        ...

    @property
    def call_seconds(self) -> float:
        """What any other call can take at most."""
        ...

    def quotes(
        self,
        order_id: str,
        parcel: PlannedParcel,
        sender: Seller,
        to: Address,
        currency: str,
        customs: tuple[CustomsLine, ...],
    ) -> tuple[Quote, ...]:
        """Every rate that this parcel can be sent for."""
        ...

    def buy(
        self,
        attempt: Attempt,
        label: str,
        quote: Quote,
        form: LabelFormat,
        unwanted: Callable[[], bool],
    ) -> Label | LabelError:
        """Buy a label. A repeated attempt looks first whether it was bought before.

        ``unwanted`` is asked at the last moment before money is spent.

        Raises:
            BeingMade: the label was bought, and is not there yet; ask again.
            Refused: also where it is not wanted any more.
        """
        ...

    def bought(self, label: str, quote: Quote, form: LabelFormat) -> tuple[Label, ...]:
        """Every live label that was bought under this label id for this rate, oldest first.

        Raises:
            BeingMade: one of them may yet come to life.
        """
        ...

    def void(self, attempt: Attempt, transaction: str) -> bool:
        """Ask for a label's money back; False where the carrier refuses (it was used)."""
        ...


class HandoffOnRecord(Protocol):
    """What was handed off, as the back office holds it."""

    def customs_of(self, shipment: str) -> tuple[CustomsLine, ...]:
        """The customs lines of a shipment's handoff; none within a country."""
        ...

    def customs_today(self, shipment: str) -> tuple[CustomsLine, ...]:
        """The same, and what the catalogue has learnt of its other lines since."""
        ...


class SendersOnRecord(Protocol):
    """Where parcels leave from, as the back office holds it."""

    def sender(self, seller: Seller, shop: str, code: str) -> Seller:
        """The seller, at the address of one of the shop's warehouses."""
        ...


class LabelsOnRecord(Protocol):
    """Labels as the back office holds them."""

    def bought(self, label: str) -> Label | None:
        """A label that is on record as bought and was not given up."""
        ...

    def is_void(self, label: str) -> bool:
        """Whether a label was given up, bought or not."""
        ...
