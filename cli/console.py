"""Where commands write: lines as wide as the terminal, and whole ones where nobody looks."""

import sys

from rich.console import Console


def console() -> Console:
    """Words wrap on a terminal alone: in a pipe or a file each message is one line."""
    return Console(soft_wrap=not sys.stdout.isatty(), highlight=False)
