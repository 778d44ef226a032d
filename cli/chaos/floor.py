"""The warehouse's foreman and the courier's clerk, who look after what got stuck or unheard."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sandbox.client import LedgerEntry, SandboxClient, SandboxRefusedError

Json = dict[str, Any]

_MOVES = ("handoff_accepted", "picked", "packed", "released", "handed_over")
_PATIENCE = 12
"""How often a refused report is made anew."""
_MOST_ASKS = 4
_ON_THE_WAY = 25.0
"""Seconds after which a customer asks the courier where the parcel is, and again."""


class Floor:
    """Knows from the warehouse's own ledger where each shipment stands."""

    def __init__(self, sandbox: SandboxClient) -> None:
        """Nothing has been looked at yet."""
        self._sandbox = sandbox
        self._after = 0
        self._stands: dict[str, str] = {}
        self._recalled: dict[str, str] = {}
        self._refused: set[str] = set()
        self._tried: dict[str, int] = {}
        self._parcels: dict[str, list[str]] = {}
        self._left_at: dict[str, float] = {}
        self._order_of: dict[str, str] = {}
        self._asks: Counter[str] = Counter()

    def look(self) -> None:
        """Read what is new in the ledger, and make refused reports anew."""
        for entry in self._sandbox.ledger("wms", after=self._after):
            self._after = entry.seq
            self._read(entry)
        for shipment in sorted(self._refused):
            self._refused.discard(shipment)
            self._tried[shipment] = self._tried.get(shipment, 0) + 1
            if self._tried[shipment] <= _PATIENCE:
                self._do(shipment, "resume")

    def _read(self, entry: LedgerEntry) -> None:
        shipment = str(entry.data.get("shipment"))
        if entry.kind in _MOVES:
            # What is told again, or released after it has left, does not stand further back.
            known = self._stands.get(shipment, entry.kind)
            self._stands[shipment] = max(known, entry.kind, key=_MOVES.index)
        if entry.kind == "handed_over" and entry.order:
            self._order_of[shipment] = entry.order
            self._left_at.setdefault(shipment, time.monotonic())
        if entry.kind in ("handed_over", "released"):
            # One that left without a label has its tracking number from the release that follows.
            numbers = [parcel.get("tracking_number") for parcel in entry.data["parcels"]]
            self._parcels[shipment] = [number for number in numbers if number]
        elif entry.kind in ("pulled", "gone"):
            self._recalled[shipment] = entry.kind
        elif entry.kind == "call_refused" and not _too_late(entry):
            self._refused.add(shipment)

    def tell_again(self, shipment: str, kind: str) -> None:
        """Somebody telephones about a case: what was done is told again, what was not is done."""
        stands = self._stands.get(shipment, "")
        match kind:
            case "pick_overdue":
                self._do(shipment, "resume" if stands == "handoff_accepted" else "picked")
            case "pack_overdue":
                self._do(shipment, "packed")
            case "hand_over_overdue" if self._recalled.get(shipment) == "pulled":
                self._do(shipment, "recall_result")
            case "hand_over_overdue" if stands in ("released", "handed_over"):
                self._do(shipment, "handed_over")
            case "intercept":
                sought = shipment in self._recalled
                self._do(shipment, "recall_result" if sought else "handed_over")
            case _:
                for number in self._parcels.get(shipment, []):
                    self._sandbox.courier(number, "DELIVERED")

    def ask_after(self, status: Callable[[str, str | None], str]) -> None:
        """Customers ask where their parcels are: a delivery of which nobody heard is told again."""
        now = time.monotonic()
        for shipment, since in self._left_at.items():
            asked = self._asks[shipment] < _MOST_ASKS and now - since > _ON_THE_WAY
            if asked and status(self._order_of[shipment], shipment) == "shipped":
                self._left_at[shipment] = now
                self._asks[shipment] += 1
                for number in self._parcels.get(shipment, []):
                    with suppress(SandboxRefusedError):
                        self._sandbox.courier(number, "DELIVERED")

    def _do(self, shipment: str, action: str) -> None:
        try:
            self._sandbox.wms(shipment, action)
        except SandboxRefusedError:
            return  # the warehouse does not know it (yet)


def _too_late(entry: LedgerEntry) -> bool:
    """Whether it was known already, or nobody wants to know any more."""
    return entry.data["action"] == "picked" and entry.data["status"] == 409
