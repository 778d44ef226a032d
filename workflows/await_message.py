"""Waiting for the warehouse's word: in time or late, fitting or not."""

from collections.abc import Callable
from typing import TypeVar

from domain.cases import Case, CaseKind
from domain.journal import FactOutcome
from domain.status import Step
from domain.warehouse import Packed, Picked
from workflows.patience import Patience
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
) -> Word | None:
    """The first message that fits. None when the goods turn out to have left already, and when
    labelled goods have to go elsewhere.

    One that does not fit is a recorded mistake and a case; waiting goes on. A passed deadline is
    a case too. These cases close themselves when the message that fits comes.

    Raises:
        Stopped: the order is being cancelled.
    """
    desk = shipment.desk
    picking = expected.step is Step.PICKING
    within = desk.policy.pick_within if picking else desk.policy.pack_within
    hours = desk.policy.warehouse_hours
    reason = f"No `{expected.signal}`"
    patience = Patience(desk, expected.overdue, shipment.id, within, reason, hours)
    refused: list[Case] = []
    while True:
        await patience.until(
            lambda: (
                (bool(queue) and not desk.amending)
                or shipment.inbox.gone
                or _labelled_for_elsewhere(shipment)
            ),
            f"signal `{expected.signal}` from the warehouse",
        )
        if not queue or _labelled_for_elsewhere(shipment):
            return None
        message = queue.pop(0)
        wrong = problems(message)
        _record(shipment, expected, patience, wrong)
        if not wrong:
            patience.settle(come := f"a `{expected.signal}` that fits has come")
            for case in refused:
                desk.settle(case, come)
            return message
        refused.append(
            await desk.report(
                CaseKind.MESSAGE_REFUSED,
                f"`{expected.signal}` does not fit: {'; '.join(wrong)}",
                shipment.id,
            )
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
