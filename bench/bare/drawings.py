"""The same documents from the same templates, by typst alone."""

import threading
from collections.abc import Iterable

import typst

from bench.bare.plan import Drawing


class Drawings:
    """Draws each document with the order's own words in it, so that nothing is remembered.

    One compiler, kept: a new one costs more than a hundred drawings.
    """

    def __init__(self, drawings: Iterable[Drawing], order: str, number: str) -> None:
        """``order`` and ``number`` are what stands in the drawings as they were recorded."""
        self._drawings = tuple(drawings)
        self._order = order
        self._number = number
        self._compiler = typst.Compiler(root=self._drawings[0].root, font_paths=typst.Fonts())
        self._lock = threading.Lock()

    def draw(self, order: str, number: str) -> None:
        """All of them."""
        for drawing in self._drawings:
            inputs = {
                name: value.replace(self._order, order).replace(self._number, number)
                for name, value in drawing.inputs.items()
            }
            with self._lock:
                self._compiler.compile(drawing.template, sys_inputs=inputs, **drawing.options)
