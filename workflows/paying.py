"""Step 2 with patience: a customer whose payment failed may still pay, for as long as policy lets.

Money that the bank wants to have confirmed (3-D Secure) is looked at when somebody hints that it
was, and from time to time besides, as hints get lost.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from domain.payment import (
    AuthorizeMethod,
    ConfirmationNeeded,
    Decline,
    DeclineKind,
    Transfer,
)
from domain.status import OrderStatus, Step
from workflows.asking_to_pay import Hindrance, ask_customer, reason_of
from workflows.desk import Desk
from workflows.money import OrderMoney
from workflows.payer import Payer
from workflows.transfers import not_transferred, until_transferred

_FIRST_LOOK = timedelta(minutes=10)
_MOST_OFFERS = 10
"""Somebody who tries more cards than these is no customer."""


def check_offer(desk: Desk, payer: Payer) -> None:
    """Refuse a payment method that nobody waits for.

    Raises:
        ApplicationError: the order does not wait for its money, or has another offer to try.
    """
    if isinstance(desk.order.payment, Transfer):
        raise ApplicationError("the order is paid by bank transfer, and waits for no other method")
    if payer.too_late:
        raise ApplicationError("the time to pay is over: the order is being closed as declined")
    if not payer.wanted and desk.status is not OrderStatus.AWAITING_PAYMENT:
        raise ApplicationError(f"the order waits for no payment: it is {desk.status.value}")
    if payer.offer is not None:
        raise ApplicationError("another payment method was given just now and is being tried")


async def until_paid(desk: Desk, money: OrderMoney, payer: Payer) -> Decline | None:
    """Secure the money; why not, where neither card nor customer would."""
    hindrance = await money.secure(desk.order.payment)
    by = workflow.now() + _time_to_pay(desk)
    asked = 0
    while _can_be_mended(hindrance) and workflow.now() < by and asked < _MOST_OFFERS:
        asked += 1
        _ask(desk, hindrance, asked, by)
        if isinstance(hindrance, ConfirmationNeeded):
            wait = until_confirmed if hindrance.transfer is None else until_transferred
            hindrance = await wait(desk, money, payer, hindrance, by)
        else:
            await desk.until(lambda: payer.offer is not None, by, "another payment method")
        if payer.offer is not None and hindrance is not None:
            hindrance = await try_offer(money, payer, payer.offer)
    payer.too_late = hindrance is not None
    return await not_in_time(money, hindrance)


async def not_in_time(money: OrderMoney, hindrance: Hindrance | None) -> Decline | None:
    """A confirmation that has not come is none: what waited for it is let go of."""
    if not isinstance(hindrance, ConfirmationNeeded):
        return hindrance
    await money.give_up_waiting()
    if hindrance.transfer is not None:
        return not_transferred()
    return Decline(
        kind=DeclineKind.AUTHENTICATION,
        code="not_confirmed",
        message="The payment was not confirmed in time.",
    )


async def until_confirmed(
    desk: Desk,
    money: OrderMoney,
    payer: Payer,
    waits: ConfirmationNeeded,
    by: datetime,
    over: Callable[[], bool] = lambda: False,
) -> Hindrance | None:
    """Look until the customer has confirmed or failed, offers something else, or time is up.

    ``over`` says that the money is not needed any more.
    """
    pause = _FIRST_LOOK
    seen: Hindrance | None = waits

    def heard() -> bool:
        return payer.offer is not None or over()

    while isinstance(seen, ConfirmationNeeded) and not heard() and workflow.now() < by:
        await desk.alarm.until(
            lambda: heard() or payer.hinted or desk.stop is not None,
            min(by, workflow.now() + pause),
            "the customer's confirmation at the bank",
        )
        desk.check_stop()
        payer.hinted = False
        pause *= 2
        if not over():
            seen = await money.look(waits.reference)
    return seen


async def try_offer(money: OrderMoney, payer: Payer, offer: AuthorizeMethod) -> Hindrance | None:
    """What was asked before is let go of first: nobody pays twice."""
    await money.give_up_waiting()
    hindrance = await money.secure(offer)
    payer.offer = None
    return hindrance


def _time_to_pay(desk: Desk) -> timedelta:
    transfer = isinstance(desk.order.payment, Transfer)
    return desk.policy.transfer_within if transfer else desk.policy.pay_within


def _can_be_mended(hindrance: Hindrance | None) -> bool:
    if isinstance(hindrance, Decline) and not hindrance.another_method_may_do:
        return False
    return hindrance is not None and workflow.patched("a-payment-may-be-mended")


def _ask(desk: Desk, hindrance: Hindrance | None, turn: int, by: datetime) -> None:
    """Tell the shop by the status, and the customer by a mail with the way to pay."""
    detail = reason_of(hindrance)
    if isinstance(hindrance, ConfirmationNeeded):
        detail = f"{detail} ({hindrance.reference})"
    desk.enter(OrderStatus.AWAITING_PAYMENT, Step.PAYMENT, detail=detail)
    ask_customer(desk, hindrance, str(turn), by)
