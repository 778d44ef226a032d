"""What was claimed for the customer, because a courier has lost it or brings it back."""

from collections.abc import Sequence

from workflows.plaint import Plaint


class Claimed:
    """A complaint that the order has made itself, and those that kept its pieces already."""

    def __init__(
        self, own: Plaint | None, others: Sequence[Plaint], *, elsewhere: bool = False
    ) -> None:
        """``own`` is None where nothing was left to complain about. What is settled ``elsewhere``
        nobody waits for here."""
        self._own, self._others, self._elsewhere = own, others, elsewhere

    @property
    def settled(self) -> bool:
        """Whether the customer need not wait for these pieces any more: they were made good, or
        staff have said what comes instead."""
        if self._elsewhere:
            return True
        all_of_it = (*self._others, *(() if self._own is None else (self._own,)))
        return bool(all_of_it) and all(one.state.ended for one in all_of_it)

    def has_come(self) -> bool:
        """They have reached the customer after all; False where something was given for them."""
        return self._own is None or self._own.withdraw("It has reached you after all.")
