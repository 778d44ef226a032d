"""What a customer is told who is to pay: why there is no money yet, and what they can do."""

from datetime import datetime

from activities.mail import MailActivities, SendMail
from domain.creditor_reference import grouped
from domain.mail import MailFact, MailKind
from domain.payment import ConfirmationNeeded, Decline
from workflows.desk import Desk

Hindrance = Decline | ConfirmationNeeded


def reason_of(hindrance: Hindrance | None) -> str:
    """Why no money is held, in words for the customer."""
    if isinstance(hindrance, ConfirmationNeeded) and hindrance.transfer is not None:
        return f"{hindrance.transfer.missing} are to be transferred."
    if isinstance(hindrance, ConfirmationNeeded):
        return "Your bank asks you to confirm the payment."
    return "" if hindrance is None else hindrance.message


def ask_customer(desk: Desk, hindrance: Hindrance | None, about: str, by: datetime) -> None:
    """A mail with the reason, the bank's page where there is one, and the time there is."""
    link = hindrance.url if isinstance(hindrance, ConfirmationNeeded) else ""
    known = {"reason": reason_of(hindrance), "link": link, "pay_by": f"{by:%Y-%m-%d %H:%M} UTC"}
    if isinstance(hindrance, ConfirmationNeeded) and hindrance.transfer is not None:
        known |= _transfer(hindrance) | {"reason": ""}
    request = SendMail(
        order_id=desk.order_id,
        shop=desk.shop,
        kind=MailKind.PAYMENT_NEEDED,
        about=about,
        facts=tuple(MailFact(name=name, value=value) for name, value in known.items() if value),
    )
    desk.in_background(_send(desk, request))


async def _send(desk: Desk, request: SendMail) -> None:
    await desk.call(MailActivities.send, request, "payment needed mail", stoppable=False)


def _transfer(asked: ConfirmationNeeded) -> dict[str, str]:
    """Whereto, how much, and under which reference; with a part that has come, what is missing."""
    transfer = asked.transfer
    if transfer is None:
        return {}
    come = str(transfer.received) if transfer.received.amount else ""
    return {
        "holder": transfer.holder,
        "account": grouped(transfer.account),
        "amount": str(transfer.missing),
        "received": come,
        "reference": grouped(asked.reference),
    }
