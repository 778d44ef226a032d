"""Desks for the shipments of an order that goes in several: each with a status of its own."""

from domain.journal import Transition
from domain.status import OrderStatus, Step, may_follow, status_of
from workflows.desk import Desk


class PartDesk(Desk):
    """One shipment's place at its order's desk. A cancel here stops this shipment alone.

    Cases, journal, timer and whoever is told are the order's.
    """

    def __init__(self, whole: Desk, together: "Together", status: OrderStatus) -> None:
        """It goes on from ``status``, whatever the others are in."""
        vars(self).update(vars(whole))
        self._together = together
        self.status = status
        self.waits_for = ""

    def next(
        self, status: OrderStatus, step: Step, shipment: str | None = None, detail: str = ""
    ) -> Transition:
        """The transition that a call's success will lead to, and what the order comes to by it."""
        order = self._together.with_(self, status)
        return self.journal.transition(status, step, shipment, detail, order)

    def arrive(self, transition: Transition) -> None:
        """Be in a status that an activity has put on record."""
        if not may_follow(self.status, transition.status):
            raise RuntimeError(f"{transition.status.value} cannot follow {self.status.value}")
        self.status, self.since = transition.status, transition.at
        self._together.arrived(transition)

    def tell(self) -> None:
        """Show support where the order is, and what its shipments wait for."""
        self._together.tell()


class Together:
    """The shipments of one order, and what it comes to by them."""

    def __init__(self, whole: Desk) -> None:
        """None has begun."""
        self._whole = whole
        self._parts: list[PartDesk] = []
        self._newest: Transition | None = None

    def desk(self, status: OrderStatus) -> PartDesk:
        """A desk for one more shipment."""
        part = PartDesk(self._whole, self, status)
        self._parts.append(part)
        return part

    def with_(self, part: PartDesk, status: OrderStatus) -> OrderStatus:
        """What the order is once a shipment is in this status."""
        return status_of(status if one is part else one.status for one in self._parts)

    def arrived(self, transition: Transition) -> None:
        """Be where the shipments are. Another may have moved while this one's call was under way:
        then the newest word on record is not what the order has come to, and is followed by one.
        """
        whole = self._whole
        whole.status = status_of(one.status for one in self._parts)
        whole.since = transition.at
        if self._newest is None or transition.number > self._newest.number:
            self._newest = transition
        if self._newest.of_order is not whole.status:
            self._newest = whole.next(whole.status, transition.step)
            whole.journal.add(self._newest)
        self.tell()

    def tell(self) -> None:
        """The order's story, with all that is waited for."""
        self._whole.waits_for = "; ".join(one.waits_for for one in self._parts if one.waits_for)
        self._whole.tell()
