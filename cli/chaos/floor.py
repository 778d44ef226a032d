"""The warehouse's foreman and the courier's clerk, who look after what got stuck or unheard."""

from typing import Any

from sandbox.client import LedgerEntry, SandboxClient, SandboxRefusedError

Json = dict[str, Any]

_MOVES = ("handoff_accepted", "picked", "packed", "released", "handed_over")
_PATIENCE = 12
"""How often a refused report is made anew."""


class Floor:
    """Knows from the warehouse's own ledger where each shipment stands."""

    def __init__(self, sandbox: SandboxClient) -> None:
        """Nothing has been looked at yet."""
        self._sandbox = sandbox
        self._after = 0
        self._stands: dict[str, str] = {}
        self._pulled: set[str] = set()
        self._refused: set[str] = set()
        self._tried: dict[str, int] = {}
        self._parcels: dict[str, list[str]] = {}

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
        if entry.kind in ("handed_over", "released"):
            # One that left without a label has its tracking number from the release that follows.
            numbers = [parcel.get("tracking_number") for parcel in entry.data["parcels"]]
            self._parcels[shipment] = [number for number in numbers if number]
        elif entry.kind in ("pulled", "gone"):
            self._pulled.add(shipment)
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
            case "hand_over_overdue" if stands in ("released", "handed_over"):
                self._do(shipment, "handed_over")
            case "intercept":
                back = shipment in self._pulled
                self._do(shipment, "recall_result" if back else "handed_over")
            case _:
                for number in self._parcels.get(shipment, []):
                    self._sandbox.courier(number, "DELIVERED")

    def _do(self, shipment: str, action: str) -> None:
        try:
            self._sandbox.wms(shipment, action)
        except SandboxRefusedError:
            return  # the warehouse does not know it (yet)


def _too_late(entry: LedgerEntry) -> bool:
    """Whether it was known already, or nobody wants to know any more."""
    return entry.data["action"] == "picked" and entry.data["status"] == 409
