"""How often a shipment was handed off, and has changed its warehouse."""

from domain.warehouse import Packed, Picked


class Moves:
    """Counters that name each call once, and where the shipment has been."""

    def __init__(self) -> None:
        """It has been nowhere."""
        self.handoffs = 0
        self.withdrawals = 0
        self.looks = 0
        self.tries = 0
        self.been_at: tuple[str, ...] = ()
        self.early: list[Picked | Packed] = []
        """Words from where an order that begins anew has not sent it again."""
        self.under_way = False
        """Whether it is between two warehouses: nobody amends it meanwhile."""
