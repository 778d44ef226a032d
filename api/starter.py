"""What the API asks of the engine that works orders, and how that can fail."""

from datetime import datetime
from typing import Protocol

from domain.amendment import Amendment, AmendmentAnswer
from domain.complaints import (
    ComplaintRequest,
    ComplaintTaken,
    OfferMade,
    SolutionOffer,
    SolutionReply,
)
from domain.order import OrderInput
from domain.refunds import RefundRequest, RefundTaken
from domain.remains import Remains
from domain.steering import (
    AddressAnswer,
    AddressChange,
    CancelAnswer,
    CancelRequest,
    CaseReply,
    OtherMethod,
)
from domain.substitution import SubstitutionReply


class EngineAway(Exception):
    """The engine cannot be reached; whether it did what was asked is not known."""


class NotOpen(Exception):
    """The order's workflow has ended, or was never started: it takes no more updates."""


class UpdateRefused(Exception):
    """The order refuses an update; the message says why, in words for whoever asked."""


class StillOpen(Exception):
    """The order's workflow is open: there is nothing to settle, it can be cancelled."""


class Starter(Protocol):
    """The engine, as the API sees it."""

    async def start(self, order: OrderInput) -> None:
        """Start an order's workflow; a second start of the same order changes nothing.

        Raises:
            EngineAway: it may have been started; the sweep starts what was not.
        """
        ...

    async def request_cancel(self, order_id: str, request: CancelRequest) -> CancelAnswer:
        """Ask an order to be cancelled, and wait for its answer.

        Raises:
            EngineAway, NotOpen, UpdateRefused.
        """
        ...

    async def pay_otherwise(self, order_id: str, other: OtherMethod) -> None:
        """Give an order that waits for its money another method to try.

        Raises:
            EngineAway, NotOpen, UpdateRefused.
        """
        ...

    async def change_address(self, order_id: str, change: AddressChange) -> AddressAnswer:
        """Ask an order to send its parcels elsewhere, and wait for its answer.

        Raises:
            EngineAway, NotOpen, UpdateRefused.
        """
        ...

    async def amend(self, order_id: str, amendment: Amendment) -> AmendmentAnswer:
        """Ask an order to be amended, and wait a while for what becomes of it.

        Raises:
            EngineAway, NotOpen, UpdateRefused.
        """
        ...

    async def refund(self, order_id: str, request: RefundRequest) -> RefundTaken:
        """Give money back, and wait until the order has it on record.

        Raises:
            EngineAway, NotOpen, UpdateRefused.
        """
        ...

    async def answer_case(self, order_id: str, reply: CaseReply) -> None:
        """Answer one of an order's cases.

        Raises:
            EngineAway, NotOpen, UpdateRefused.
        """
        ...

    async def answer_substitution(self, order_id: str, reply: SubstitutionReply) -> None:
        """Say whether the customer takes what an order offers instead.

        Raises:
            EngineAway, NotOpen, UpdateRefused.
        """
        ...

    async def complain(self, order_id: str, request: ComplaintRequest) -> ComplaintTaken:
        """Complain about an order, and wait until it has that on record.

        Raises:
            EngineAway, NotOpen, UpdateRefused.
        """
        ...

    async def offer_solution(self, order_id: str, offer: SolutionOffer) -> OfferMade:
        """Offer something for a complaint, and wait until the order has that on record.

        Raises:
            EngineAway, NotOpen, UpdateRefused.
        """
        ...

    async def answer_solution(self, order_id: str, reply: SolutionReply) -> None:
        """Say whether the customer takes what is offered for a complaint.

        Raises:
            EngineAway, NotOpen, UpdateRefused.
        """
        ...

    async def settle(self, remains: Remains, request: CancelRequest) -> datetime:
        """Undo what an order left whose workflow is closed; answers when that begins.

        Raises:
            EngineAway, StillOpen.
        """
        ...

    async def is_open(self, order_id: str) -> bool:
        """Whether an order's workflow runs, or its aftermath.

        Raises:
            EngineAway.
        """
        ...

    async def answers(self) -> bool:
        """Whether the engine can be reached now."""
        ...
