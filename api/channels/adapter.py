"""What a channel's adapter does: read the channel's own format, and speak of its own fields."""

from typing import Any, Protocol


class ChannelAdapter(Protocol):
    """Turns one channel's orders into canonical ones. Decides nothing and stores nothing."""

    def parse(self, body: dict[str, Any]) -> dict[str, Any]:
        """A canonical order's body, not yet checked. Decimals in ``body`` are exact.

        Raises:
            ProblemError: 422, with the channel's own field paths.
        """
        ...

    def own_path(self, field: str) -> str:
        """The channel's path for a field of the canonical order."""
        ...
