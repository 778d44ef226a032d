"""An order's data key as it is kept: encrypted, and gone once the order is erased."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WrappedKey:
    """The key that everything about one order is encrypted with in Temporal's histories.

    ``subject`` is the order's id. ``wrapped`` is the key, encrypted under the master key
    ``master``; None once the order was erased, and then nothing can bring it back.
    """

    subject: str
    master: str
    wrapped: bytes | None

    @property
    def erased(self) -> bool:
        """Whether the key was destroyed."""
        return self.wrapped is None
