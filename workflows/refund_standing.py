"""One refund by staff on its way: what was asked of the provider, and what it says by now."""

import asyncio

from domain.money import Money
from domain.payment import Refunded, RefundStatus
from domain.refunds import AtProvider, Refund, RefundPart, RefundWord

_SEQUENCE = (
    RefundStatus.FAILED,
    RefundStatus.ASKED,
    RefundStatus.PENDING,
    RefundStatus.SUCCEEDED,
)


class Standing:
    """A refund, its parts as they were last asked for, and the provider's word on each."""

    def __init__(self, refund: Refund) -> None:
        """Nobody was asked yet."""
        self.refund = refund
        self.parts: list[RefundPart] = list(refund.parts)
        self.said: list[Refunded | None] = [None] * len(refund.parts)
        self.notes: tuple[str, ...] = ()
        self.carried_out = False
        self.seen_last = False
        self.looking = asyncio.Lock()

    @property
    def places(self) -> range:
        """The places of its parts."""
        return range(len(self.parts))

    def is_(self, place: int, status: RefundStatus) -> bool:
        """Whether a part is in this status."""
        said = self.said[place]
        return said is not None and said.status is status

    @property
    def pending(self) -> bool:
        """Whether the provider has not finished with it."""
        return any(self.is_(place, RefundStatus.PENDING) for place in self.places)

    @property
    def status(self) -> RefundStatus:
        """What it is as a whole: where its least advanced part is."""
        found = {RefundStatus.ASKED if one is None else one.status for one in self.said}
        return next((one for one in _SEQUENCE if one in found), RefundStatus.BY_HAND)

    @property
    def word(self) -> RefundWord:
        """What the shop is told: the provider's figures."""
        request = self.refund.request
        said = [one for one in self.said if one is not None]
        given = (one.money for one in said if one.status is not RefundStatus.FAILED)
        return RefundWord(
            number=self.refund.number,
            kind=request.kind,
            status=self.status,
            money=sum(given, Money.zero(self.refund.money.currency)),
            parts=tuple(
                AtProvider(reference=one.reference, status=one.status, money=one.money)
                for one in said
            ),
            lines=request.lines,
            shipping=request.shipping,
            credit_notes=self.notes,
        )
