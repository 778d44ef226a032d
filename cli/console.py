"""Where commands write: each message is one line, wherever it goes."""

from rich.console import Console


def console() -> Console:
    """A terminal wraps a line for the eye alone: an address stays whole to click and to copy."""
    return Console(soft_wrap=True, highlight=False)
