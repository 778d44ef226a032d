"""Stories of orders that are paid by bank transfer: in time, in parts, too late, and given back."""

import asyncio
from datetime import timedelta
from functools import partial

from domain.creditor_reference import creditor_reference
from sandbox.judge import Ending
from tests.faults.changed import GIVEN_BACK, give_back_then_deliver
from tests.faults.stories import HAND_OVER, PACK, PICK, PULL, Play, Story, cancel, lack_a_mug
from tests.world import Json, World

_DUE, _PART = 4270, 1500
_TOO_LATE = timedelta(days=7, minutes=1)
_BY_TRANSFER: Json = {"payment": {"terms": "transfer"}}
_MAILS = ("payment_needed", "confirmation")


def _pay(*amounts: int) -> Play:
    """The customer transfers these sums, each once what came before it is on record."""

    async def play(world: World, order: str) -> bool:
        came = len(await asyncio.to_thread(world.ledger, order, "bank", "received"))
        if came < len(amounts) and came + 1 <= await _asked(world, order):
            reference = creditor_reference(order)
            pay = partial(world.sandbox.transfer, reference, amounts[came], order=order)
            await asyncio.to_thread(pay)
            came += 1
        return came == len(amounts)

    return play


async def _asked(world: World, order: str) -> int:
    """How often the customer was asked for money: once, and once more for what is missing."""
    mails = (await world.view(order))["mails"]
    return sum(one["kind"] == "payment_needed" for one in mails)


async def _pay_too_little_and_too_late(world: World, order: str) -> bool:
    """A part comes, which the order has looked at; then the day passes."""
    if not await _pay(_PART)(world, order) or await _asked(world, order) <= 1:
        return False
    await world.environment.fast_forward(world.handle(order), _TOO_LATE)
    return True


TRANSFERRED = (
    Story(
        "paid by transfer in two parts, then cancelled",
        {"awaiting_payment": _pay(_PART, _DUE - _PART), "in_fulfilment": cancel},
        Ending.CANCELLED,
        (*_MAILS, "cancelled"),
        authorized=0,
        order=_BY_TRANSFER,
        transferred=True,
    ),
    Story(
        "paid by transfer, a piece is missing, and some is given back",
        {
            "awaiting_payment": _pay(_DUE),
            "in_fulfilment": lack_a_mug,
            "ready_to_pack": PACK,
            "released": HAND_OVER,
            "shipped": give_back_then_deliver,
        },
        Ending.COMPLETED,
        (*_MAILS, "shipped", "refunded", "review"),
        authorized=0,
        due=2380 - GIVEN_BACK,
        given_back=GIVEN_BACK,
        pieces=1,
        missing=1,
        order=_BY_TRANSFER,
        transferred=True,
    ),
    Story(
        "paid by transfer, recalled from the dock",
        {
            "awaiting_payment": _pay(_DUE),
            "in_fulfilment": PICK,
            "ready_to_pack": PACK,
            "released": cancel,
            "recalling": PULL,
        },
        Ending.CANCELLED,
        (*_MAILS, "cancelled"),
        authorized=0,
        order=_BY_TRANSFER,
        transferred=True,
    ),
    Story(
        "a part of its transfer comes, and the day passes",
        {"awaiting_payment": _pay_too_little_and_too_late},
        Ending.DECLINED,
        ("payment_needed", "declined"),
        authorized=0,
        order=_BY_TRANSFER,
        transferred=True,
    ),
)
