"""A shop's system that speaks the warehouse protocol with the sandbox."""

import json
import threading
from typing import Any

import httpx

from sandbox.client import SandboxClient
from tests.sandbox.receiver import Received, Receiver, wait_until

ORDER, SHIPMENT = "ord_1", "ord_1-s1"
MUG: dict[str, Any] = {
    "line": "1",
    "sku": "MUG",
    "name": "Mug",
    "barcode": "4006381333931",
    "quantity": 2,
    "bin": "A-03-2",
    "options": {"colour": "blue"},
    "note": None,
    "weight_grams": 350,
}
TEA: dict[str, Any] = MUG | {
    "line": "2",
    "sku": "TEA",
    "name": "Tea",
    "barcode": "4012345678901",
    "quantity": 1,
    "bin": "B-01-1",
    "weight_grams": 120,
}


def handoff(order: str = ORDER, **changes: Any) -> dict[str, Any]:
    """A handoff document of two lines."""
    document: dict[str, Any] = {
        "version": "1",
        "order": order,
        "shipment": f"{order}-s1",
        "number": "1001",
        "shop": "demo",
        "channel": "web",
        "service_level": "standard",
        "ship_by": "2026-01-05T16:00:00Z",
        "ship_to": {
            "name": "Ada Example",
            "lines": ["12 Elm Street"],
            "city": "Albany",
            "region": "NY",
            "postal_code": "12207",
            "country": "US",
            "phone": None,
        },
        "lines": [MUG, TEA],
        "gift_note": None,
        "notes": "Ring twice.",
        "customs": None,
    }
    return document | changes


class Warehouse:
    """Calls to the warehouse, and what it told us."""

    def __init__(self, sandbox: SandboxClient, receiver: Receiver) -> None:
        self.sandbox = sandbox
        self.receiver = receiver
        self._lock = threading.Lock()
        self._calls = 0
        url = receiver.url.removesuffix("/hook")
        sandbox.configure(wms={"api_url": url, "api_key": "whk_1"})

    def post(
        self, path: str, body: object, key: str | None = None, caller: str = "Bearer any"
    ) -> httpx.Response:
        """One call, under a key of its own unless one is given."""
        with self._lock:
            self._calls += 1
            own = f"call-{self._calls}"
        headers = {"authorization": caller, "idempotency-key": key or own}
        url = f"{self.sandbox.base('wms')}/{path}"
        return httpx.post(url, json=body, headers=headers)

    def hand(self, **changes: Any) -> httpx.Response:
        """Hand over a shipment to be picked."""
        return self.post("handoffs", handoff(**changes))

    def release(self, tracking: str = "1Z1", order: str = ORDER) -> httpx.Response:
        """Let the shipment's one parcel go."""
        parcel = {"parcel": f"{order}-s1-p1", "tracking_number": tracking, "carrier": "ups"}
        return self.post(f"shipments/{order}-s1/release", {"parcels": [parcel]})

    def cancel(self) -> Any:
        """Cancel the shipment; the answer's status."""
        answer = self.post(f"shipments/{SHIPMENT}/cancel", {"reason": "customer"})
        return answer.json()["status"]

    def recall(self) -> httpx.Response:
        """Ask for the parcel back."""
        return self.post(f"shipments/{SHIPMENT}/recall", {"reason": "customer"})

    def state(self) -> Any:
        """The shipment's state document."""
        url = f"{self.sandbox.base('wms')}/shipments/{SHIPMENT}"
        return httpx.get(url, headers={"authorization": "Bearer any"}).json()

    def told(self, action: str = "") -> list[Received]:
        """Calls that we received, of one kind."""
        return [call for call in self.receiver.received if call.path.endswith(action)]

    def hear(self, action: str, count: int = 1) -> list[Any]:
        """The bodies of an action's calls, once there are that many."""
        wait_until(lambda: len(self.told(action)) >= count, f"{count} {action}")
        return [json.loads(call.body) for call in self.told(action)]

    def until_packed(self) -> None:
        """Let the floor work until the parcel stands packed, and we know it."""
        self.sandbox.advance(1)
        self.hear("picked")
        self.quiet()
        self.sandbox.advance(1)
        self.hear("packed")
        self.quiet()

    def quiet(self) -> None:
        """Wait until everything told was heard and taken in."""
        assert self.sandbox.settle().settled

    def ledger(self) -> list[str]:
        """The kinds of what really happened, in order."""
        return [entry.kind for entry in self.sandbox.ledger("wms", order=ORDER)]

    def fact(self, kind: str) -> dict[str, Any]:
        """The one fact of a kind."""
        [entry] = self.sandbox.ledger("wms", order=ORDER, kind=kind)
        return entry.data
