"""What ends a call or a wait before it has its answer."""


class Stopped(Exception):
    """The order is being cancelled: stop going forward and undo what is not settled."""


class DoneByHand(Exception):
    """A person has done by hand what a provider refused."""


class Overtaken(Exception):
    """Events have made a call idle before it got through; whether it had its effect is unknown."""
