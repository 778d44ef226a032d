"""An authorization lapses; until the goods leave it is made anew in good time, or asked for.

The new one comes first, and the old one is let go of last. Where the bank will not have it, the
goods stay where they are: nothing leaves unpaid, as the capture says no.
"""

from contextlib import suppress
from datetime import datetime

from temporalio import workflow

from domain.cases import Case, CaseKind
from domain.payment import ConfirmationNeeded, KeptMethod, renewal
from workflows.asking_to_pay import Hindrance, ask_customer, reason_of
from workflows.desk import Desk
from workflows.interruptions import Stopped
from workflows.money import OrderMoney
from workflows.payer import Payer
from workflows.paying import not_in_time, try_offer, until_confirmed

_MOST_OFFERS = 10


class Hold:
    """Keeps an order's money held until it is captured or let go."""

    def __init__(self, desk: Desk, money: OrderMoney, payer: Payer) -> None:
        """Nothing is held yet."""
        self._desk = desk
        self._money = money
        self._payer = payer
        self._begun = False
        self._keeps = False
        self._refused = False
        self._over = False

    def begin(self) -> None:
        """Keep it held from now on, beside whatever else the order does; begun again once it was
        not needed for a while."""
        if not self._begun:
            self._begun = True
            self._desk.in_background(self.keep())

    def end(self) -> None:
        """The order ends, whatever became of its money."""
        self._over = True

    @property
    def _ended(self) -> bool:
        return self._over or self._desk.stop is not None or not self._money.wanted

    @property
    def stands(self) -> bool:
        """Whether money is held that has not lapsed."""
        lapses = self._money.capture_before
        return self._money.held and (lapses is None or lapses > workflow.now())

    async def keep(self) -> None:
        """Renew, and where that does not go, wait for what the customer gives."""
        with suppress(Stopped):
            self._keeps = True
            while await self._due():
                hindrance = await self._renewed()
                self._refused = False
                if hindrance is not None:
                    await self._until_held(hindrance)
        self._keeps = self._refused = False
        await self._money.give_up_waiting()
        self._begun = False

    async def renewed(self) -> bool:
        """After a capture was refused: whether other money is held now."""
        before = self._money.reference
        if not self._keeps or self._payer.wanted:
            return False
        self._refused = True
        await workflow.wait_condition(lambda: not self._refused)
        return self._money.reference != before

    async def _due(self) -> bool:
        """Wait until the hold must be renewed. An order that is paid before costs no timer."""
        money, desk = self._money, self._desk
        while True:
            lapses = money.capture_before
            at = lapses and renewal(workflow.now(), lapses, desk.policy.renew_before)

            def now() -> bool:
                return self._ended or self._refused or money.lacking

            def awake(known: datetime | None = lapses) -> bool:
                return now() or money.capture_before != known

            def late(then: datetime | None = at) -> bool:
                return then is not None and desk.alarm.sleeps_past(then)

            await workflow.wait_condition(lambda: awake() or late())
            if self._ended or not workflow.patched("an-authorization-is-renewed"):
                return False
            await desk.alarm.until(awake, at, "the authorization to be renewed")
            if now() or money.capture_before == lapses:
                return not self._ended

    async def _renewed(self) -> Hindrance | None:
        return await self._money.secure(KeptMethod(reference=self._money.reference or ""))

    async def _until_held(self, hindrance: Hindrance | None) -> None:
        """Ask the customer, and tell staff, until money is held or is not needed any more."""
        desk, payer, turn = self._desk, self._payer, 0
        # A capture that is refused while staff are being told must not wait for the customer.
        payer.wanted = workflow.patched("the-customer-is-asked-at-once")
        case = await self._tell(hindrance)
        payer.wanted = True
        try:
            while hindrance is not None and not self._ended and turn < _MOST_OFFERS:
                turn += 1
                by = workflow.now() + desk.policy.pay_within
                ask_customer(desk, hindrance, f"{self._money.reference}.{turn}", by)
                if isinstance(hindrance, ConfirmationNeeded):
                    hindrance = await until_confirmed(
                        desk, self._money, payer, hindrance, by, lambda: self._ended
                    )
                    hindrance = await not_in_time(self._money, hindrance)
                else:
                    await workflow.wait_condition(lambda: self._ended or payer.offer is not None)
                if payer.offer is not None and not self._ended:
                    hindrance = await try_offer(self._money, payer, payer.offer)
        finally:
            payer.wanted, payer.offer = False, None
        desk.settle(case, "the money is held" if hindrance is None else "it is not needed any more")

    async def _tell(self, hindrance: Hindrance | None) -> Case:
        return await self._desk.report(
            CaseKind.AUTHORIZATION_ENDS,
            f"The money cannot be held any longer: {reason_of(hindrance)} The customer is asked to "
            "pay anew; the goods must not leave before",
        )
