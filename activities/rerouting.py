"""Step 5 once more: a shipment is taken back from one warehouse, and its goods move to another."""

from typing import Protocol

from temporalio import activity

from activities.operations import operation
from activities.step import Records, Request, step_run
from activities.warehouse import StopWork, Told, Warehouses
from domain.journal import FactOutcome
from domain.model import Model
from domain.record import Commit
from domain.rerouting import Elsewhere, Move
from domain.status import Step


class Moves(Protocol):
    """The back office's moves of promised goods."""

    def elsewhere(self, shop: str, order: str, move: Move) -> Elsewhere:
        """The first of the other warehouses that has all of it. Nothing is reserved by a look."""
        ...

    def move(self, shop: str, move: Move, to: str, commit: Commit) -> bool:
        """Promise a shipment's goods from warehouse ``to``, let go of them where they were, hand
        what is known of its handoff over to it, and write the commit: all of it or nothing.

        False where that warehouse has not all of it any more. Moved before, it is moved once.
        """
        ...


class FindElsewhere(Request):
    """Look which other warehouse has a shipment's goods; ``sequence`` counts the looks."""

    move: Move


class MoveGoods(FindElsewhere):
    """Move them ``to`` it; ``sequence`` counts the tries."""

    to: str


class Moved(Model):
    """Whether they are promised from there now."""

    done: bool


class ReroutingActivities:
    """What a shipment asks when its warehouse does not take it, or does not begin."""

    def __init__(self, warehouses: Warehouses, moves: Moves, records: Records) -> None:
        """Wire the warehouses and the back office."""
        self._warehouses = warehouses
        self._moves = moves
        self._records = records

    @activity.defn(name="find_elsewhere", no_thread_cancel_exception=True)
    @operation("find_elsewhere")
    def find(self, request: FindElsewhere) -> Elsewhere:
        """Look for a warehouse that has all of it."""
        with step_run(self._records, request, Step.HANDOFF, self.find) as run:
            found = self._moves.elsewhere(request.shop, request.order_id, request.move)
            run.commit(detail=f"{found.to} has all of it" if found.to else "no other has it")
            return found

    @activity.defn(name="withdraw_from_warehouse", no_thread_cancel_exception=True)
    @operation("withdraw")
    def withdraw(self, request: StopWork) -> Told:
        """Stop work on a shipment that was not picked yet; False where it was, or has left."""
        with step_run(self._records, request, Step.HANDOFF, self.withdraw) as run:
            warehouse = self._warehouses.at(request.shop, request.warehouse)
            done = warehouse.cancel(run.attempt, run.subject, request.reason, unless_picked=True)
            run.commit(outcome=FactOutcome.DONE if done else FactOutcome.DECLINED)
            return Told(done=done)

    @activity.defn(name="move_goods", no_thread_cancel_exception=True)
    @operation("move_goods")
    def move(self, request: MoveGoods) -> Moved:
        """Move the promise, with the news of it."""
        with step_run(self._records, request, Step.HANDOFF, self.move) as run:
            move, to = request.move, request.to
            words = f"from {move.warehouse} to {to}"
            done = self._moves.move(request.shop, move, to, run.entries(detail=words))
            if not done:
                run.commit(outcome=FactOutcome.DECLINED, detail=f"{to} has not all of it any more")
            return Moved(done=done)
