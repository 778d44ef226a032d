"""What ends a call or a wait before it has its answer."""

from domain.cases import Answer


class Stopped(Exception):
    """The order is being cancelled: stop going forward and undo what is not settled."""


class DoneByHand(Exception):
    """A person has done by hand what a provider refused."""


class WantedElsewhere(Exception):
    """Staff want a shipment that its warehouse has not begun to go from another one."""

    def __init__(self, by: Answer) -> None:
        """Who, and why."""
        super().__init__(by.who)
        self.by = by


class Overtaken(Exception):
    """Events have made a call idle before it got through; whether it had its effect is unknown."""
