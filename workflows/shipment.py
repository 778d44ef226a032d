"""A shipment: some of an order's lines on their way together, and what it has promised."""

from domain.cases import Case
from domain.dues import Dues
from domain.ids import shipment_id
from domain.invoicing import due_for
from domain.money import Money
from domain.shipping import Label, PlannedParcel, Portion
from domain.steering import CancelRequest
from domain.stock import MAIN
from domain.warehouse import HandedOver, HandoffLine, Packed, Picked, RecallResult
from workflows.desk import Desk
from workflows.holding import Hold
from workflows.inbox import ShipmentInbox
from workflows.messages import Malformed
from workflows.money import OrderMoney
from workflows.moves import Moves
from workflows.offers import Offers
from workflows.promises import Promises, Undo

Word = Picked | Packed | HandedOver | RecallResult
"""What a warehouse says of a shipment."""


async def _nothing() -> None:
    """There are no labels to give back."""


class Shipment:
    """What is known of one shipment. It owns its promises: warehouse work, labels, issued stock."""

    def __init__(
        self,
        desk: Desk,
        money: OrderMoney,
        hold: Hold,
        sequence: int,
        portions: tuple[Portion, ...],
    ) -> None:
        """The n-th shipment of an order, counted from 1."""
        self.desk = desk
        self.warehouse = MAIN
        self.moves = Moves()
        self.money = money
        self.hold = hold
        self.id = shipment_id(desk.order_id, sequence)
        self.dues = Dues(desk.order, portions)
        self.picked = False
        self.promises = Promises()
        self.inbox = ShipmentInbox()
        self.offers = Offers()
        self.lines: tuple[HandoffLine, ...] = ()
        self.sends: tuple[Portion, ...] = ()
        self.parcels: tuple[PlannedParcel, ...] = ()
        self.labels: tuple[Label, ...] = ()
        self.printed: tuple[tuple[Label, ...], tuple[PlannedParcel, ...]] = ((), ())
        self.booking = False
        self.label_version = 0
        self.label_cost: int | None = None
        self.give_labels_back: Undo = _nothing
        self.address_pending = False
        self.moved = False
        self.labelled_anew: Case | None = None
        self.issued = False
        self.put_away_times = 0
        self.credit_notes: tuple[str, ...] = ()
        self.heard: dict[str, int] = {}
        self.handed_off = False
        self.capture_asked = False
        self.recall_wanted: CancelRequest | None = None
        self.recalled = False
        self.gone_after_all = False
        self.given_up: list[str] = []

    @property
    def portions(self) -> tuple[Portion, ...]:
        """The pieces of the order that it is to bring."""
        return self.dues.portions

    @property
    def goes_elsewhere(self) -> bool:
        """Whether the customer has moved since the labels were asked for."""
        return self.moved or self.address_pending

    @property
    def leaving(self) -> tuple[Portion, ...]:
        """What leaves with it: what was picked to be sent, else all of it."""
        return self.sends or self.portions

    @property
    def lacks(self) -> tuple[Portion, ...]:
        """What was ordered of it and does not leave, nor anything in its place."""
        leaving: dict[str, int] = {}
        replaced = {one.id: one.instead_of for one in self.desk.order.substitutes}
        for one in self.leaving:
            line = replaced.get(one.line, one.line)
            leaving[line] = leaving.get(line, 0) + one.quantity
        rests = ((one.line, one.quantity - leaving.get(one.line, 0)) for one in self.portions)
        return tuple(Portion(line=line, quantity=rest) for line, rest in rests if rest)

    @property
    def replacements(self) -> tuple[Portion, ...]:
        """What leaves with it in place of something else."""
        known = {one.id for one in self.desk.order.substitutes}
        return tuple(one for one in self.leaving if one.line in known)

    @property
    def due(self) -> Money:
        """What the customer owes for what leaves: the gross of its invoice."""
        return self._due_for(self.leaving)

    @property
    def promised(self) -> tuple[Portion, ...]:
        """What is promised to it as long as it has not left."""
        return self.sends if self.picked else self.portions

    @property
    def owed(self) -> Money:
        """What the customer owed for all of it, beyond what leaves."""
        return self._due_for(self.portions) - self.due

    def _due_for(self, portions: tuple[Portion, ...]) -> Money:
        part = self.dues.part
        return due_for(self.desk.order, portions, part.earlier, part.shipping)


def check_moment(shipment: Shipment, message: Word) -> None:
    """Refuse what cannot be true yet: it would move money.

    Raises:
        Malformed: another warehouse has the shipment, a hand-over before the handoff, or the
            answer to a recall nobody asked for.
    """
    if message.warehouse != shipment.warehouse:
        raise Malformed(
            f"{shipment.id} is with warehouse {shipment.warehouse}, and this comes from "
            f"{message.warehouse}"
        )
    if isinstance(message, HandedOver) and not shipment.handed_off:
        raise Malformed("what no warehouse has been given cannot have been handed over")
    if isinstance(message, RecallResult) and not shipment.recalled:
        raise Malformed("no recall was asked for")
