"""Step 6, where pieces are missing for good: what ships, what is written off, what is dropped.

From the warehouse's word on, a piece that is not there is written off on whatever way the order
takes: let go of alone, it would be promised to the next buyer.
"""

from temporalio import workflow

from activities.stock import StockActivities, WriteOff
from domain.cases import Case, CaseAnswer, CaseKind
from domain.mail import MailFact
from domain.payment import Prepaid
from domain.policy import Policy, ShortPick
from domain.shares import added_up, skus_of
from domain.shipping import Portion
from domain.short_pick import Division, divide, words_for
from domain.status import OrderStatus, Step
from domain.steering import CancelRequest
from domain.stock import Want, wants
from domain.substitution import Offer
from domain.warehouse import Picked, problems_of_pick
from workflows.desk import Desk
from workflows.interruptions import Stopped
from workflows.papers import alert
from workflows.shipment import Shipment
from workflows.substitution import Substituting

NOTHING_LEFT = CancelRequest(who="the warehouse", why="nothing could be picked")

NOT_REPLACED = CancelRequest(
    who="the shop's policy", why="nothing goes in place of what is missing"
)

_MEANS = {
    CaseAnswer.SHIP: "ship sends what is there",
    CaseAnswer.DROP_LINE: "drop_line leaves out each line that lacks a piece",
    CaseAnswer.WAIT: "wait waits for another `picked`",
    CaseAnswer.CANCEL: "cancel undoes the order",
}
_BY_POLICY = {
    ShortPick.SHIP: CaseAnswer.SHIP,
    ShortPick.DROP_LINE: CaseAnswer.DROP_LINE,
    ShortPick.WAIT: CaseAnswer.WAIT,
}


def is_short(picked: Picked) -> bool:
    """Whether pieces are missing for good, to be decided upon: an earlier build refused that."""
    return picked.is_short and workflow.patched("a-pick-may-be-short")


def why_nothing_ships(desk: Desk) -> str:
    """In words for the customer; empty where the order was cancelled for another reason."""
    if desk.stop == NOT_REPLACED:
        return "Pieces of it could not be found in our warehouse."
    return "Nothing of it could be found in our warehouse." if desk.stop == NOTHING_LEFT else ""


def words_for_replacements(shipment: Shipment) -> str:
    """What leaves in place of what, for the record; empty where nothing does."""
    order = shipment.desk.order
    skus, known = skus_of(order), {one.id: one for one in order.substitutes}
    words = ", ".join(
        f"{one.quantity} x {skus[one.line]} instead of {skus[known[one.line].instead_of]}"
        for one in shipment.replacements
    )
    return words[:250]


class ShortPicks:
    """One shipment's picks that lacked pieces, up to the one that ships."""

    def __init__(self, shipment: Shipment) -> None:
        """Nothing is missing yet."""
        self._shipment = shipment
        self._substituting = Substituting(shipment)
        self._missing: tuple[Portion, ...] = ()
        self._note = ""
        self._written_off = 0
        self._waits: Case | None = None

    async def ships(self, picked: Picked) -> bool:
        """Decide what becomes of this pick; False where another one is waited for.

        Raises:
            Stopped: the order is being cancelled, or nothing is left of it to ship.
        """
        shipment, desk = self._shipment, self._shipment.desk
        self.found_anew()
        whole = divide(shipment.lines, picked.lines)
        self._missing, self._note = whole.missing, words_for(shipment.lines, picked.lines)
        shipment.picked = True
        shipment.sends = whole.ships
        shipment.promises.register(self._write_off_in_the_end)
        if desk.policy.short_pick is ShortPick.SUBSTITUTE:
            taken = await self._substituting.offer(picked)
            if taken is None or (taken and await self._put_in(taken, picked)):
                return False
        answer = await self._answer(picked, whole)
        if answer in (CaseAnswer.WAIT, CaseAnswer.CLOSE):
            return False
        drop = answer is CaseAnswer.DROP_LINE
        division = divide(shipment.lines, picked.lines, drop_short_lines=drop)
        if answer is CaseAnswer.CANCEL or not division.ships:
            desk.stop = desk.stop or (
                NOT_REPLACED if answer is CaseAnswer.CANCEL and whole.ships else NOTHING_LEFT
            )
            raise Stopped
        shipment.sends = division.ships
        detail = f"missing: {self._note}{'; these lines are left out' if drop else ''}"
        desk.enter(OrderStatus.PICKED, Step.PICKING, shipment.id, detail[:250])
        await self._write_off(division.put_back)
        return True

    async def _put_in(self, taken: tuple[Offer, ...], picked: Picked) -> bool:
        """What was accepted is picked with what is there; False where the warehouse cannot.

        Of missing pieces in whose place nothing goes, the policy decides.

        Raises:
            Stopped: the order is being cancelled, or is by policy.
        """
        shipment, desk = self._shipment, self._shipment.desk
        rule = desk.policy.substitute_unanswered
        replaced = {one.line.id for one in taken}
        drop = rule is CaseAnswer.DROP_LINE
        division = divide(shipment.lines, picked.lines, drop_short_lines=drop, but=replaced)
        others = tuple(one for one in self._missing if one.line not in replaced)
        if others and rule is CaseAnswer.CANCEL:
            desk.stop = desk.stop or NOT_REPLACED
            raise Stopped
        waiting = others if rule is CaseAnswer.WAIT else ()
        kept = added_up((division.ships, waiting))
        if not await self._substituting.put_in(taken, kept):
            return False
        self._missing = tuple(one for one in self._missing if one not in waiting)
        await self._write_off(division.put_back)
        self._missing = waiting
        shipment.sends = added_up((division.ships, shipment.replacements))
        if waiting:
            self._waits = await desk.report(
                CaseKind.SHORT_PICK,
                f"The warehouse lacks {self._note}. Another `picked` is waited for",
                shipment.id,
            )
        return True

    def found_anew(self) -> None:
        """Another pick has come: what was missing before counts no more."""
        self._missing = ()
        self._shipment.desk.settle(self._waits, "it was picked anew")

    async def _answer(self, picked: Picked, whole: Division) -> CaseAnswer:
        """By policy, else by staff; another pick that comes meanwhile answers it (CLOSE)."""
        shipment, desk = self._shipment, self._shipment.desk
        answer = _by_policy(desk.policy)
        if answer is CaseAnswer.WAIT:
            self._waits = await desk.report(
                CaseKind.SHORT_PICK,
                f"The warehouse lacks {self._note}. Another `picked` is waited for",
                shipment.id,
            )
        if answer is not None:
            return answer
        lacks = {one.line for one in whole.missing}
        offers = (
            *((CaseAnswer.SHIP,) if whole.ships else ()),
            *((CaseAnswer.DROP_LINE,) if any(p.line not in lacks for p in whole.ships) else ()),
            CaseAnswer.WAIT,
            CaseAnswer.CANCEL,
        )
        otherwise = CaseAnswer.SHIP if whole.ships else CaseAnswer.CANCEL
        return await desk.ask(
            CaseKind.SHORT_PICK,
            f"The warehouse lacks {self._note}. "
            f"{', '.join(_MEANS[one] for one in offers)}. Without an answer: {otherwise.value}",
            offers,
            shipment.id,
            unless=lambda: any(
                not problems_of_pick(shipment.lines, one) for one in shipment.inbox.picked
            ),
            otherwise=otherwise,
        )

    async def _write_off_in_the_end(self) -> None:
        """On the way back; but something has left of which nothing was found, so it was there."""
        if self._shipment.sends or not self._shipment.inbox.gone_for_sure:
            await self._write_off(())

    async def _write_off(self, put_back: tuple[Portion, ...]) -> None:
        """Once for each pick: what is missing leaves the books, what is put back is let go of."""
        shipment, desk = self._shipment, self._shipment.desk
        if not self._missing:
            return
        self._written_off += 1
        request = WriteOff(
            order_id=desk.order_id,
            shop=desk.shop,
            shipment=shipment.id,
            warehouse=shipment.warehouse,
            sequence=self._written_off,
            missing=_wants(shipment, self._missing),
            put_back=_wants(shipment, put_back),
            note=self._note[:250],
        )
        self._missing = ()
        written = await desk.own_books(
            StockActivities.write_off, request, "write off what is missing"
        )
        for need in written.restock:
            desk.in_background(alert(shipment, need))


def _by_policy(policy: Policy) -> CaseAnswer | None:
    """What the shop has decided; None where staff are asked."""
    if policy.short_pick is ShortPick.SUBSTITUTE:
        return policy.substitute_unanswered
    return _BY_POLICY.get(policy.short_pick)


def _wants(shipment: Shipment, portions: tuple[Portion, ...]) -> tuple[Want, ...]:
    skus = skus_of(shipment.desk.order)
    return wants(tuple((skus[one.line], one.quantity) for one in portions))


def facts_of_missing(shipment: Shipment) -> tuple[MailFact, ...]:
    """What the shipping mail says of missing pieces: which, what was charged, what is owed."""
    lacks = shipment.lacks
    known = {f"missing.{one.line}": str(one.quantity) for one in lacks}
    known |= {f"instead.{one.line}": str(one.quantity) for one in shipment.replacements}
    if not known:
        return ()
    if shipment.money.at_provider:
        known["charged"] = str(shipment.money.taken(shipment.id) or shipment.due)
    elif shipment.owed.amount:
        known["owed"] = str(shipment.owed)
    return tuple(MailFact(name=name, value=value) for name, value in known.items())


async def tell_what_the_channel_owes(shipment: Shipment) -> None:
    """What the customer has paid to the channel for missing pieces, only the channel gives back."""
    desk = shipment.desk
    if isinstance(desk.order.payment, Prepaid) and shipment.owed.amount:
        await desk.report(
            CaseKind.CHANNEL_OWES,
            f"{shipment.owed} of what the customer has paid to the channel is for pieces that were "
            f"not there ({desk.order.payment.reference}): have the channel give it back",
            shipment.id,
        )
