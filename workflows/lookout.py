"""Who waits for a parcel is told when it is late, and need not complain when it is lost."""

from collections.abc import Collection
from contextlib import suppress

from temporalio import workflow

from activities.mail import MailActivities, SendMail
from domain.cases import Case, CaseAnswer, CaseKind
from domain.complaints import ComplaintReason
from domain.mail import MailKind
from domain.shipping import Portion
from domain.tracking import CourierStatus
from workflows.desk import Claimed
from workflows.interruptions import DoneByHand
from workflows.patience import Patience
from workflows.shipment import Shipment

_LOST = "The courier has lost it"


class Lookout:
    """Watches the parcels of one shipment on their way. While they are in time, this costs
    nothing."""

    def __init__(self, shipment: Shipment) -> None:
        """They are on their way, and in time."""
        self._shipment = shipment
        self._is_late = self._over = False
        self._trouble: Case | None = None
        self._claims: dict[str, Claimed] = {}

    @property
    def made_good(self) -> bool:
        """Whether nobody waits any more for what has not come: it was claimed, and settled."""
        missing = self._missing()
        claims = [self._claims[number] for number in missing if number in self._claims]
        return bool(missing) and len(claims) == len(missing) and all(x.settled for x in claims)

    async def late(self) -> tuple[str, tuple[CaseAnswer, ...]]:
        """It was due: the customer is told, once; and that after some days it counts as lost."""
        desk = self._shipment.desk
        heard = desk.hears_complaints or desk.replaces is not None
        if heard and not self._is_late:
            self._is_late = True
            desk.in_background(self._mail())
            desk.in_background(self._until_lost())
        return "", ()

    async def tell_of_trouble(self, status: Collection[CourierStatus]) -> bool:
        """What may not come is a person's business; what is lost the customer's as well. Whether
        something may have come while staff were told."""
        for number in self._missing():
            if self._shipment.inbox.courier_status(number) is CourierStatus.LOST:
                self._claim(number, _LOST)
        if self._trouble is not None or not any(one.is_trouble for one in status):
            return False
        desk, kind = self._shipment.desk, CaseKind.NOT_DELIVERED
        self._trouble = await desk.report(kind, "The courier could not deliver", self._shipment.id)
        return workflow.patched("what-comes-while-staff-are-told-is-news")

    async def settle(self, patience: Patience, why: str) -> None:
        """They are watched no longer. What was claimed and has come is claimed no longer; where
        something was given for it, staff are told."""
        self._over = True
        patience.settle(why)
        desk, missing = self._shipment.desk, self._missing()
        desk.settle(self._trouble, why)
        come = [claim for number, claim in self._claims.items() if number not in missing]
        if [claim for claim in come if not claim.has_come()]:
            await report_come_after_all(self._shipment)
        self._shipment.given_up = missing

    def _missing(self) -> list[str]:
        inbox = self._shipment.inbox
        numbers = [label.tracking_number for label in self._shipment.labels]
        return [one for one in numbers if inbox.courier_status(one) is not CourierStatus.DELIVERED]

    def _claim(self, number: str, words: str) -> None:
        """The customer gets something else for what is in it, without having to complain."""
        if number not in self._claims:
            reason, shipment = ComplaintReason.NOT_ARRIVED, self._shipment
            contents = contents_of(shipment, number)
            self._claims[number] = shipment.desk.claim(number, contents, reason, words)

    async def _until_lost(self) -> None:
        desk = self._shipment.desk
        by = workflow.now() + desk.policy.lost_after
        if not await desk.alarm.until(lambda: self._over, by, "a parcel that is late"):
            for number in self._missing():
                self._claim(number, f"It was due, and is not there by {by:%Y-%m-%d}")
            await desk.record()

    async def _mail(self) -> None:
        desk, kind = self._shipment.desk, MailKind.DELIVERY_LATE
        request = SendMail(
            order_id=desk.order_id, shop=desk.shop, shipment=self._shipment.id, kind=kind
        )
        with suppress(DoneByHand):
            await desk.call(MailActivities.send, request, "delivery late mail", stoppable=False)


async def report_come_after_all(shipment: Shipment) -> None:
    """The customer has what is made good as well: staff settle that with them."""
    await shipment.desk.report(
        CaseKind.NOT_DELIVERED,
        "A parcel that was lost has reached the customer after all, and something was given for "
        "it: settle that with them",
        shipment.id,
    )


def contents_of(shipment: Shipment, number: str) -> tuple[Portion, ...]:
    """What is in a parcel, by its tracking number; all of the shipment, where it has no other."""
    names = {label.parcel for label in shipment.labels if label.tracking_number == number}
    found = [one.contents for one in shipment.parcels if one.id in names]
    several = len(shipment.labels) > 1
    return found[0] if found and several else shipment.leaving
