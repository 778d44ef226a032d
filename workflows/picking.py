"""Step 6: the warehouse picks; days may pass."""

from domain.cases import CaseKind
from domain.shipping import Portion
from domain.status import OrderStatus, Step
from domain.warehouse import Picked, problems_of_pick
from workflows.await_message import Expected, await_message
from workflows.shipment import Shipment
from workflows.short_pick import ShortPicks, is_short, words_for_replacements

_PICKED = Expected(Step.PICKING, "picked", CaseKind.PICK_OVERDUE)


async def until_picked(shipment: Shipment) -> None:
    """Wait for a pick that fits the handoff, line by line and scan by scan.

    One that lacks pieces is decided upon, and may lead to another.
    """
    short_picks = ShortPicks(shipment)

    def problems(picked: Picked) -> tuple[str, ...]:
        known = picked if is_short(picked) else picked.without_reasons()
        return problems_of_pick(shipment.lines, known)

    while True:
        picked = await await_message(shipment, _PICKED, shipment.inbox.picked, problems)
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
