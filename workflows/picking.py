"""Step 6: the warehouse picks; days may pass."""

from domain.cases import CaseAnswer, CaseKind
from domain.shipping import Portion
from domain.status import OrderStatus, Step
from domain.warehouse import Picked, problems_of_pick
from workflows.await_message import Expected, await_message
from workflows.handoff import hand_to_warehouse
from workflows.interruptions import WantedElsewhere
from workflows.rerouting import another_warehouse, take_elsewhere
from workflows.shipment import Shipment
from workflows.short_pick import ShortPicks, is_short, words_for_replacements

_PICKED = Expected(Step.PICKING, "picked", CaseKind.PICK_OVERDUE)


async def until_picked(shipment: Shipment) -> None:
    """Wait for a pick that fits the handoff, line by line and scan by scan.

    One that lacks pieces is decided upon, and may lead to another. What is not begun in time may go
    to another warehouse, and is waited for from there.
    """
    short_picks = ShortPicks(shipment)

    def problems(picked: Picked) -> tuple[str, ...]:
        known = picked if is_short(picked) else picked.without_reasons()
        return problems_of_pick(shipment.lines, known)

    async def offer() -> tuple[str, tuple[CaseAnswer, ...]]:
        return await another_warehouse(shipment)

    while True:
        try:
            picked = await await_message(shipment, _PICKED, shipment.inbox.picked, problems, offer)
        except WantedElsewhere as wanted:
            if await take_elsewhere(shipment, wanted.by):
                await hand_to_warehouse(shipment)
            continue
        if picked is None:
            return
        if not is_short(picked):
            short_picks.found_anew()
            break
        if await short_picks.ships(picked):
            return
    shipment.picked = True
    shipment.sends = tuple(Portion(line=one.line, quantity=one.quantity) for one in picked.lines)
    shipment.desk.enter(
        OrderStatus.PICKED, Step.PICKING, shipment.id, words_for_replacements(shipment)
    )
