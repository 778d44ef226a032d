"""Step 5 once more: what a warehouse rejects, or does not begin, goes from another one.

Its goods move from one promise to the other in one transaction. A warehouse that had accepted it
has said before that it stops: no two ever work on it. What is picked by then stays where it is.
"""

from temporalio import workflow

from activities.rerouting import FindElsewhere, MoveGoods, ReroutingActivities
from activities.warehouse import StopWork, Told
from domain.cases import Answer, CaseAnswer, CaseKind
from domain.journal import FactOutcome, News
from domain.rerouting import Elsewhere, Move
from domain.shares import wants_of
from domain.status import Step
from workflows.amended import until_nothing_is_amended
from workflows.backorder import place_of, route_of
from workflows.desk import Desk
from workflows.interruptions import DoneByHand
from workflows.shipment import Shipment
from workflows.trouble import Trouble

_TRIES = 3
"""Of one attempt: what a look has found may be somebody else's a moment later."""
_BY_POLICY = "the shop's policy"
_AGAIN = "as before"


class Rejections:
    """What becomes of a shipment that its warehouse rejects, again and again if need be."""

    def __init__(self, shipment: Shipment) -> None:
        """Nobody has rejected it yet."""
        self._shipment = shipment
        self._trouble = Trouble(shipment.desk, CaseKind.WAREHOUSE_REJECTED, shipment.id)

    async def decide(self, reason: str) -> None:
        """By policy it goes elsewhere at once, else staff say; it is handed off next, wherever.

        Raises:
            Stopped: the order is being cancelled.
        """
        shipment, desk = self._shipment, self._shipment.desk
        words = f"The warehouse rejects it: {reason or 'no reason given'}"
        answers = (CaseAnswer.RETRY, CaseAnswer.CANCEL)
        if not workflow.patched("a-rejected-shipment-may-go-elsewhere"):
            await self._trouble.ask(words, answers)
            return
        found = await look_elsewhere(shipment)
        at_once = found.moved or (desk.policy.reroute_on_reject and bool(found.to))
        who = _AGAIN if found.moved else _BY_POLICY
        if at_once and await go_elsewhere(shipment, who, words):
            return
        while True:
            said, more = offered(found)
            answer = await self._trouble.ask(
                f"{_where(shipment)}{words}{said}", (*answers[:1], *more, *answers[1:])
            )
            if answer is not CaseAnswer.REROUTE:
                return
            by = _decision(desk, CaseKind.WAREHOUSE_REJECTED, shipment)
            if await go_elsewhere(shipment, by.who, by.why):
                return
            found = Elsewhere(others=True)


async def take_elsewhere(shipment: Shipment, by: Answer) -> bool:
    """Staff want a silent warehouse's shipment elsewhere. False where it stays: it is picked.

    Raises:
        Stopped: the order is being cancelled.
    """
    desk = shipment.desk
    await until_nothing_is_amended(desk)
    shipment.moves.under_way = True
    try:
        if shipment.inbox.picked or not await _withdrawn(shipment, by):
            return False
        desk.check_stop()
        trouble = Trouble(desk, CaseKind.WAREHOUSE_REJECTED, shipment.id)
        while not await _move(shipment, by.who, by.why):
            shipment.moves.under_way = False
            await trouble.ask(
                f"Warehouse {shipment.warehouse} was told to stop, and no other one has all of it "
                "any more. retry looks again",
                (CaseAnswer.RETRY, CaseAnswer.CANCEL),
            )
            await until_nothing_is_amended(desk)
            shipment.moves.under_way = True
    finally:
        shipment.moves.under_way = False
    return True


async def go_elsewhere(shipment: Shipment, who: str, why: str) -> bool:
    """What no warehouse works on goes from another one; False where none has all of it.

    Raises:
        Stopped: the order is being cancelled.
    """
    await until_nothing_is_amended(shipment.desk)
    shipment.desk.check_stop()
    shipment.moves.under_way = True
    try:
        return await _move(shipment, who, why)
    finally:
        shipment.moves.under_way = False


async def look_elsewhere(shipment: Shipment) -> Elsewhere:
    """Which other warehouse has all that a shipment needs."""
    desk = shipment.desk
    shipment.moves.looks += 1
    request = FindElsewhere(
        order_id=desk.order_id,
        shop=desk.shop,
        shipment=shipment.id,
        warehouse=shipment.warehouse,
        sequence=shipment.moves.looks,
        move=_moving(shipment),
    )
    return await desk.own_books(
        ReroutingActivities.find, request, "look for another warehouse that has it"
    )


async def another_warehouse(shipment: Shipment) -> tuple[str, tuple[CaseAnswer, ...]]:
    """What is said of other warehouses, and may be answered, where one does not begin."""
    begun = shipment.picked or shipment.inbox.told_gone
    if begun or not workflow.patched("an-overdue-pick-may-go-elsewhere"):
        return "", ()
    return offered(await look_elsewhere(shipment))


def offered(found: Elsewhere) -> tuple[str, tuple[CaseAnswer, ...]]:
    """What is said of other warehouses in a case, and what may be answered because of it."""
    if found.to:
        return f". {found.to} has all of it: reroute sends it from there", (CaseAnswer.REROUTE,)
    return (". No other warehouse has all of it" if found.others else ""), ()


def _where(shipment: Shipment) -> str:
    """Where it has been before, where that is anywhere."""
    been = ", ".join(shipment.moves.been_at)
    return f"At {shipment.warehouse}, after {been}. " if been else ""


def _decision(desk: Desk, kind: CaseKind, shipment: Shipment) -> Answer:
    """Who has answered the newest case of a kind, and why."""
    return desk.cases.newest_decision(kind, shipment.id)


def _moving(shipment: Shipment) -> Move:
    desk, moves = shipment.desk, shipment.moves
    return Move(
        shipment=shipment.id,
        number=len(moves.been_at) + 1,
        warehouse=shipment.warehouse,
        been_at=moves.been_at,
        wants=wants_of(desk.order, shipment.portions),
        route=route_of(desk),
        place=place_of(desk),
    )


async def _withdrawn(shipment: Shipment, by: Answer) -> bool:
    """Have its warehouse say that it stops; False where it has picked it. Only its word counts."""
    desk = shipment.desk
    shipment.moves.withdrawals += 1
    began = workflow.now()
    request = StopWork(
        order_id=desk.order_id,
        shop=desk.shop,
        shipment=shipment.id,
        warehouse=shipment.warehouse,
        sequence=shipment.moves.withdrawals,
        reason=f"it goes from another warehouse: {by.who}: {by.why}"[:250],
    )
    try:
        told = await desk.call(
            ReroutingActivities.withdraw,
            request,
            "take it back from the warehouse",
            stoppable=False,
        )
    except DoneByHand:
        told = Told(done=True)
    if told.done:
        shipment.handed_off, shipment.lines = False, ()
        _forget_what_it_said(shipment)
    else:
        desk.journal.waited(
            Step.HANDOFF,
            "rerouted",
            shipment.id,
            began,
            FactOutcome.DECLINED,
            f"{shipment.warehouse} has picked it: it stays there",
            shipment.moves.withdrawals,
        )
    return told.done


def _forget_what_it_said(shipment: Shipment) -> None:
    """What a warehouse has picked that stops goes back to its bins; where it says that the courier
    has something, staff have a case."""
    shipment.inbox.forget_picked()
    if shipment.inbox.told_gone and workflow.patched("a-scan-is-of-its-warehouse-alone"):
        shipment.inbox.forget_scans()


async def _move(shipment: Shipment, who: str, why: str) -> bool:
    """Find a warehouse and move the goods to it; False where none has all of it."""
    for _ in range(_TRIES):
        found = await look_elsewhere(shipment)
        if not found.to:
            return False
        if await _moved_to(shipment, found.to, f"{who}: {why}"):
            return True
    return False


async def _moved_to(shipment: Shipment, to: str, because: str) -> bool:
    """Move the promise, and tell the shop with it; what the old warehouse still says is void."""
    desk, was = shipment.desk, shipment.warehouse
    shipment.moves.tries += 1
    words = f"from {was} to {to}: {because}"
    news = desk.next(desk.status, Step.HANDOFF, shipment.id, words)
    request = MoveGoods(
        order_id=desk.order_id,
        shop=desk.shop,
        shipment=shipment.id,
        warehouse=was,
        sequence=shipment.moves.tries,
        move=_moving(shipment),
        to=to,
    )
    moved = await desk.own_books(
        ReroutingActivities.move,
        request,
        f"move its goods from {was} to {to}",
        news.model_copy(update={"news": News.REROUTED}),
    )
    if moved.done:
        shipment.moves.been_at += (was,)
        shipment.warehouse = to
        _forget_what_it_said(shipment)
        for one in (each for each in shipment.moves.early if each.warehouse == to):
            shipment.inbox.take(one)
    return moved.done
