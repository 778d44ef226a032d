"""Starting and steering orders on Temporal."""

import asyncio
from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import TypeVar

from temporalio.client import (
    Client,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.service import RPCError, RPCStatusCode

from api.starter import EngineAway, NotOpen, StillOpen, UpdateRefused
from domain.amendment import Amendment, AmendmentAnswer
from domain.complaints import (
    ComplaintRequest,
    ComplaintTaken,
    OfferMade,
    SolutionOffer,
    SolutionReply,
)
from domain.model import Model
from domain.order import OrderInput
from domain.refunds import RefundRequest, RefundTaken
from domain.remains import Remains
from domain.standing import Run
from domain.steering import (
    AddressAnswer,
    AddressChange,
    CancelAnswer,
    CancelRequest,
    CaseReply,
    OtherMethod,
)
from domain.substitution import SubstitutionReply
from workflows.aftermath import aftermath_id
from workflows.standing import standing_of
from workflows.starting import StillOpenError, start_aftermath, start_order

_CALL = timedelta(seconds=5)
_UPDATE = timedelta(seconds=25)

Result = TypeVar("Result")


class TemporalOrders:
    """Orders as workflows: one for each order, its id the order's id."""

    def __init__(self, client: Client, task_queue: str) -> None:
        """A connected (or lazy) client, and the queue that the workers listen to."""
        self._client = client
        self._task_queue = task_queue

    async def start(self, order: OrderInput) -> None:
        """Start an order, once: one that runs or has ended is left as it is.

        Raises:
            EngineAway: the server cannot be reached.
        """
        try:
            await _reaching(start_order(self._client, self._task_queue, order, _CALL), _CALL)
        except RPCError as error:
            raise EngineAway(error.message) from error

    async def request_cancel(self, order_id: str, request: CancelRequest) -> CancelAnswer:
        """Update ``request_cancel``.

        Raises:
            EngineAway, NotOpen, UpdateRefused.
        """
        return await self._update(order_id, "request_cancel", request, CancelAnswer)

    async def pay_otherwise(self, order_id: str, other: OtherMethod) -> None:
        """Update ``pay_otherwise``.

        Raises:
            EngineAway, NotOpen, UpdateRefused.
        """
        await self._update(order_id, "pay_otherwise", other, None)

    async def change_address(self, order_id: str, change: AddressChange) -> AddressAnswer:
        """Update ``change_address``.

        Raises:
            EngineAway, NotOpen, UpdateRefused.
        """
        return await self._update(order_id, "change_address", change, AddressAnswer)

    async def amend(self, order_id: str, amendment: Amendment) -> AmendmentAnswer:
        """Update ``amend``.

        Raises:
            EngineAway, NotOpen, UpdateRefused.
        """
        return await self._update(order_id, "amend", amendment, AmendmentAnswer)

    async def refund(self, order_id: str, request: RefundRequest) -> RefundTaken:
        """Update ``refund``.

        Raises:
            EngineAway, NotOpen, UpdateRefused.
        """
        return await self._update(order_id, "refund", request, RefundTaken)

    async def answer_case(self, order_id: str, reply: CaseReply) -> None:
        """Update ``answer_case``.

        Raises:
            EngineAway, NotOpen, UpdateRefused.
        """
        await self._update(order_id, "answer_case", reply, None)

    async def complain(self, order_id: str, request: ComplaintRequest) -> ComplaintTaken:
        """Update ``complain``.

        Raises:
            EngineAway, NotOpen, UpdateRefused.
        """
        return await self._update(order_id, "complain", request, ComplaintTaken)

    async def offer_solution(self, order_id: str, offer: SolutionOffer) -> OfferMade:
        """Update ``offer_solution``.

        Raises:
            EngineAway, NotOpen, UpdateRefused.
        """
        return await self._update(order_id, "offer_solution", offer, OfferMade)

    async def answer_solution(self, order_id: str, reply: SolutionReply) -> None:
        """Update ``answer_solution``.

        Raises:
            EngineAway, NotOpen, UpdateRefused.
        """
        await self._update(order_id, "answer_solution", reply, None)

    async def answer_substitution(self, order_id: str, reply: SubstitutionReply) -> None:
        """Update ``answer_substitution``.

        Raises:
            EngineAway, NotOpen, UpdateRefused.
        """
        await self._update(order_id, "answer_substitution", reply, None)

    async def settle(self, remains: Remains, request: CancelRequest) -> datetime:
        """Start the order's aftermath.

        Raises:
            EngineAway, StillOpen.
        """
        call = start_aftermath(
            self._client, self._task_queue, remains, request.who, request.why, _CALL
        )
        try:
            return await _reaching(call, 2 * _CALL)
        except StillOpenError as error:
            raise StillOpen from error
        except RPCError as error:
            raise EngineAway(error.message) from error

    async def is_open(self, order_id: str) -> bool:
        """Whether an order's workflow runs, or its aftermath.

        Raises:
            EngineAway: the server cannot be reached.
        """
        names = (order_id, aftermath_id(order_id))
        try:
            found = [await _reaching(standing_of(self._client, one, _CALL), _CALL) for one in names]
        except RPCError as error:
            raise EngineAway(error.message) from error
        return any(one.run is Run.OPEN for one in found)

    async def answers(self) -> bool:
        """Whether the server says that it serves."""
        try:
            return await _reaching(self._client.service_client.check_health(timeout=_CALL), _CALL)
        except (RPCError, EngineAway):
            return False

    async def _update(
        self, order_id: str, name: str, message: Model, result: type[Result] | None
    ) -> Result:
        handle = self._client.get_workflow_handle(order_id)
        call: Awaitable[Result] = handle.execute_update(  # pyright: ignore[reportUnknownMemberType] # the SDK's overloads
            name, message, result_type=result, rpc_timeout=_UPDATE
        )
        try:
            return await _reaching(call, _UPDATE)
        except WorkflowUpdateFailedError as error:
            raise UpdateRefused(str(error.cause)) from error
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise NotOpen from error
            raise EngineAway(error.message) from error


async def _reaching(call: Awaitable[Result], limit: timedelta) -> Result:
    """Wait no longer than this; a client that never had a connection raises RuntimeError.

    So does a codec that lacks a key; where the keys are kept may not answer (OSError).
    """
    try:
        async with asyncio.timeout(limit.total_seconds()):
            return await call
    except (WorkflowUpdateRPCTimeoutOrCancelledError, OSError, RuntimeError) as error:
        raise EngineAway(str(error) or type(error).__name__) from error
