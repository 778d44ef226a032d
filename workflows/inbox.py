"""What warehouse and couriers have told about one shipment, kept until somebody asks for it."""

from collections.abc import Callable
from datetime import UTC, datetime

from domain.tracking import CourierEvent, CourierStatus, advance
from domain.warehouse import HandedOver, Packed, Picked, RecallOutcome, RecallResult


class ShipmentInbox:
    """Messages by kind, in the order in which they came. The same message twice counts once."""

    def __init__(self) -> None:
        """Nothing has come."""
        self.picked: list[Picked] = []
        self.packed: list[Packed] = []
        self.recall: RecallOutcome | None = None
        self.gone_for_sure = False
        self._scans: list[str] = []
        self._doubted: dict[str, str] = {}
        self.tracking_numbers: tuple[str, ...] = ()
        self._couriers: dict[str, CourierStatus] = {}
        self._delivered: dict[str, datetime] = {}
        self._seen: set[str] = set()

    def take(self, message: Picked | Packed | HandedOver | RecallResult) -> bool:
        """Keep a message from the warehouse; whether it is new."""
        digest = message.model_dump_json()
        name = f"{type(message).__name__}:{message.id or digest}"
        if name in self._seen:
            return False
        self._seen.add(name)
        match message:
            case Picked():
                self.picked.append(message)
            case Packed():
                self.packed.append(message)
            case HandedOver():
                self._scans.append(name)
            case RecallResult():
                self.recall = message.outcome
        return True

    def forget_picked(self) -> None:
        """Another warehouse picks it: what the one before has picked goes back to its bins."""
        self.picked.clear()

    def forget_packed(self) -> None:
        """What was packed has to be packed anew; a report just like the last one counts again."""
        self.packed.clear()
        self._seen = {name for name in self._seen if not name.startswith(f"{Packed.__name__}:")}

    @property
    def told_gone(self) -> bool:
        """Whether a manifest has named the goods, and nobody has found them after it."""
        return bool(self._scans)

    def doubt_scan(self, case: str) -> None:
        """The newest scan is what this case asks about."""
        self._doubted[case] = self._scans[-1]

    def take_back_scan(self, case: str) -> None:
        """The scan that this case was about was false; any other counts as before."""
        false = self._doubted.pop(case)
        self._scans = [one for one in self._scans if one != false]

    def forget_scans(self) -> None:
        """Another warehouse has it: what the one before says it gave out is none of its parcels."""
        self._scans.clear()

    def follow(self, event: CourierEvent) -> None:
        """Take a courier's event; late, double and out-of-order ones change nothing."""
        now = self._couriers.get(event.tracking_number, CourierStatus.UNKNOWN)
        then = self._couriers[event.tracking_number] = advance(now, event.status)
        if then is CourierStatus.DELIVERED and then is not now:
            at = event.at
            self._delivered[event.tracking_number] = at if at.tzinfo else at.replace(tzinfo=UTC)

    def news_of_couriers(self) -> Callable[[], bool]:
        """A condition that holds once a courier has reported something new."""
        known = dict(self._couriers)
        return lambda: known != self._couriers

    @property
    def gone(self) -> bool:
        """Whether the courier has the goods: a manifest scan, or an event of TRANSIT or later.

        A manifest that names a parcel without a label is believed once there is one: until then
        nobody can have taken it, and no money may move because somebody says so.
        """
        manifest = self.told_gone and bool(self.tracking_numbers)
        scanned = (self.courier_status(number) for number in self.tracking_numbers)
        return self.gone_for_sure or manifest or any(one.in_couriers_hands for one in scanned)

    def delivered_at(self, tracking_number: str) -> datetime | None:
        """When a parcel was delivered, by the courier's own word."""
        return self._delivered.get(tracking_number)

    def courier_status(self, tracking_number: str) -> CourierStatus:
        """Where a parcel is."""
        return self._couriers.get(tracking_number, CourierStatus.UNKNOWN)
