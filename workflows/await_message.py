"""Waiting for the warehouse's word: in time or late, fitting or not."""

from collections.abc import Callable
from typing import TypeVar

from domain.cases import Case, CaseKind
from domain.journal import FactOutcome
from domain.status import Step
from domain.warehouse import Packed, Picked
from workflows.desk import Desk
from workflows.interruptions import WantedElsewhere
from workflows.patience import Offer, Patience
from workflows.shipment import Shipment

Word = TypeVar("Word", Picked, Packed)


class Expected:
    """What is waited for: the step, the signal's name, its patience, the case when it is late."""

    def __init__(self, step: Step, signal: str, overdue: CaseKind) -> None:
        """Say it once for each signal."""
        self.step = step
        self.signal = signal
        self.overdue = overdue


async def await_message(
    shipment: Shipment,
    expected: Expected,
    queue: list[Word],
    problems: Callable[[Word], tuple[str, ...]],
    offer: Offer | None = None,
) -> Word | None:
    """The first message that fits. None when the goods turn out to have left already, and when
    labelled goods have to go elsewhere.

    One that does not fit is a recorded mistake and a case, and so is a passed deadline; waiting
    goes on. These cases close themselves when the message that fits comes.

    Raises:
        Stopped: the order is being cancelled.
        WantedElsewhere: staff want another warehouse to send it, as was on ``offer``.
    """
    desk, refused = shipment.desk, list[Case]()
    patience = _patience(shipment, expected, offer)
    while True:
        await patience.until(
            lambda: (
                (not desk.amending and bool(queue or patience.wants_elsewhere))
                or shipment.inbox.gone
                or _labelled_for_elsewhere(shipment)
            ),
            f"signal `{expected.signal}` from the warehouse",
        )
        if not queue and (by := patience.wants_elsewhere) is not None:
            _settle(desk, refused, "it goes from another warehouse")
            raise WantedElsewhere(by)
        if not queue or _labelled_for_elsewhere(shipment):
            return None
        message = queue.pop(0)
        wrong = problems(message)
        _record(shipment, expected, patience, wrong)
        if not wrong:
            patience.settle(come := f"a `{expected.signal}` that fits has come")
            _settle(desk, refused, come)
            return message
        refused.append(
            await desk.report(
                CaseKind.MESSAGE_REFUSED,
                f"`{expected.signal}` does not fit: {'; '.join(wrong)}",
                shipment.id,
            )
        )


def _settle(desk: Desk, refused: list[Case], why: str) -> None:
    for case in refused:
        desk.settle(case, why)


def _patience(shipment: Shipment, expected: Expected, offer: Offer | None) -> Patience:
    policy = shipment.desk.policy
    within = policy.pick_within if expected.step is Step.PICKING else policy.pack_within
    return Patience(
        shipment.desk,
        expected.overdue,
        shipment.id,
        within,
        f"No `{expected.signal}`",
        policy.warehouse_hours,
        offer=offer,
    )


def _record(
    shipment: Shipment, expected: Expected, patience: Patience, wrong: tuple[str, ...]
) -> None:
    """The warehouse's step is a fact of the order, and so is its mistake."""
    name = expected.signal
    shipment.heard[name] = shipment.heard.get(name, 0) + 1
    shipment.desk.journal.waited(
        expected.step,
        name,
        shipment.id,
        patience.began,
        FactOutcome.MISTAKE if wrong else FactOutcome.DONE,
        "; ".join(wrong),
        shipment.heard[name],
    )


def _labelled_for_elsewhere(shipment: Shipment) -> bool:
    return shipment.issued and shipment.goes_elsewhere
