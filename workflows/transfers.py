"""Step 2 by bank transfer: the order waits until all of its money has come, or its day has passed.

The bank is asked when somebody hints that money has come, and once a day, as hints get lost.
"""

from datetime import datetime, timedelta

from temporalio import workflow

from domain.payment import ConfirmationNeeded, Decline, DeclineKind
from workflows.asking_to_pay import Hindrance, ask_customer
from workflows.desk import Desk
from workflows.money import OrderMoney
from workflows.payer import Payer

_LOOK = timedelta(days=1)


async def until_transferred(
    desk: Desk, money: OrderMoney, payer: Payer, waits: ConfirmationNeeded, by: datetime
) -> Hindrance | None:
    """Look until all of it is here, or ``by`` has come; who sends a part, or forgets it, is told
    once what is missing."""
    seen: Hindrance | None = waits
    told: set[str] = set()
    remind_at = by - desk.policy.transfer_reminder
    while isinstance(seen, ConfirmationNeeded) and workflow.now() < by:
        moments = (by, workflow.now() + _LOOK, *(() if _REMINDER in told else (remind_at,)))
        at = min(one for one in moments if one > workflow.now())
        await desk.until(lambda: payer.hinted, at, "a bank transfer")
        payer.hinted = False
        seen = await money.look(waits.reference)
        if workflow.now() < by:
            _tell(desk, seen, told, remind_at, by)
    return seen


_PART, _REMINDER = "part", "reminder"


def _tell(
    desk: Desk, seen: Hindrance | None, told: set[str], remind_at: datetime, by: datetime
) -> None:
    """A part that has come, once; and, once the day is near, a reminder."""
    if not isinstance(seen, ConfirmationNeeded) or seen.transfer is None:
        return
    due = [_PART] if seen.transfer.received.amount else []
    due += [_REMINDER] if workflow.now() >= remind_at else []
    fresh = [one for one in due if one not in told]
    told.update(due)
    if fresh:
        ask_customer(desk, seen, fresh[-1], by)


def not_transferred() -> Decline:
    """The day has passed."""
    return Decline(
        kind=DeclineKind.EXPIRED,
        code="not_transferred",
        message="The transfer has not come in time. What came of it goes back to where it came "
        "from.",
    )
