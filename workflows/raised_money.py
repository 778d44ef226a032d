"""An amended order costs more: the new sum is held beside the old one, until one is let go of."""

from domain.money import Money
from domain.payment import (
    Authorization,
    Decline,
    DeclineKind,
    ExistingIntent,
    HoldTerms,
    KeptMethod,
)
from workflows.desk import Desk
from workflows.held_money import HeldMoney, VoidOf


class RaisedMoney(HeldMoney):
    """What is held, while it is not known yet whether the old or the new sum will be owed."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is raised."""
        super().__init__(desk)
        self._raised: Money | None = None
        self._spare: Authorization | None = None

    def covers(self, due: Money) -> bool:
        """Whether what is held is enough for this sum."""
        hold = self._purse.authorization
        return not self.at_provider or (hold is not None and hold.money.amount >= due.amount)

    async def hold_more(self, due: Money) -> Decline | None:
        """Hold the new sum by the method that was kept, and the old one besides; why not, if so.

        The answer is waited for also where the order is cancelled meanwhile.
        """
        async with self._turn:
            self._raised = due
            hindrance = await self._ask(KeptMethod(reference=self._purse.reference or ""))
            if self._unconfirmed is not None:
                await self._give_up(self._unconfirmed)
            if self.covers(due):
                return None
            self._raised = None
            return hindrance if isinstance(hindrance, Decline) else _NOT_HELD

    async def keep_more(self) -> None:
        """The new sum is owed: the old one is let go of."""
        async with self._turn:
            self._raised = None
            spare, self._spare = self._spare, None
            if spare is not None:
                await self._void(VoidOf(sequence=self._asks + 1, reference=spare.reference))

    async def drop_more(self) -> None:
        """The old sum is owed: the new one is let go of, and the old hold counts again."""
        async with self._turn:
            self._raised = None
            spare, self._spare = self._spare, None
            more = None if spare is None else self._purse.put_back(spare)
            if more is not None:
                await self._void(VoidOf(sequence=self._asks + 1, reference=more.reference))

    async def _replaced(self, before: Authorization, used: Money | None) -> None:
        if self._raised is not None and self._spare is None:
            self._spare = before
        else:
            await super()._replaced(before, used)

    def _may_be_left(self, terms: HoldTerms) -> bool:
        return self._raised is None and not isinstance(terms, ExistingIntent)

    def _owed(self, terms: HoldTerms) -> Money:
        return self._raised or super()._owed(terms)


_NOT_HELD = Decline(
    kind=DeclineKind.AUTHENTICATION,
    code="not_held",
    message="The payment has to be confirmed by the customer.",
)
