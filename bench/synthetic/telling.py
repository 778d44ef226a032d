"""One order's rows, told one after another by a clock that goes on by itself."""

from copy import copy
from datetime import datetime, timedelta
from random import Random
from typing import Any

from psycopg.types.json import Jsonb

from bench.synthetic.rows import Rows
from bench.synthetic.ways import Way
from domain.ids import order_id, shipment_id

POLICY_ASKS, POLICY_DOES_NOT = "asks-for-reviews", "asks-for-none"
PRICE, FEE = 1190, 495
_QUICK = (0.012, 0.02, 0.02, 0.035, 0.08, 0.25)
"""So few different times that many are alike: ties are what percentiles are tried on."""


class Telling:
    """Rows about one order, or, by `of`, about one of its shipments on a clock of its own."""

    def __init__(self, rows: Rows, random: Random, number: int, way: Way, at: datetime) -> None:
        """Accepted at this moment under this number."""
        self.rows, self.random, self.way, self.now = rows, random, way, at
        self.accepted_at = at
        self.number = f"S-{number}"
        self.order = order_id(rows.shop, way.channel, self.number)
        self.shipment: str | None = None
        self.status, self.transitions = "accepted", [0]
        self.promised_by = at + timedelta(days=6) if way.promised else None

    def of(self, place: int) -> "Telling":
        """The same order, told of its n-th shipment from now on."""
        other = copy(self)
        other.shipment = shipment_id(self.order, place)
        return other

    @property
    def unit(self) -> str:
        """Whose facts these are."""
        return self.shipment or self.order

    def quick(self) -> float:
        """How long a call takes, in seconds."""
        return self.random.choice(_QUICK)

    def pause(self, seconds: float) -> None:
        """Time passes in which nothing is written."""
        self.now += timedelta(seconds=seconds)

    def to(self, status: str, step: int = 1) -> None:
        """A change of status; the order's own, unless a shipment's is told."""
        self.transitions[0] += 1
        self.status = status
        self.rows.add(
            "transitions",
            order_id=self.order,
            number=self.transitions[0],
            status=status,
            step=step,
            at=self.now,
            shipment=self.shipment,
            detail="",
            of_order=status if self.shipment and len(self.way.warehouses) > 1 else None,
        )

    def done(self, step: int, operation: str, sequence: int = 1, failed: int = 0) -> None:
        """A call that succeeds, after some tries that did not and a pause after each."""
        for attempt in range(1, failed + 1):
            self.tried(step, operation, "failed", sequence, attempt)
            self.pause(2.0**attempt)
        self.tried(step, operation, "done", sequence, failed + 1)

    def tried(
        self, step: int, operation: str, outcome: str, sequence: int = 1, attempt: int = 1
    ) -> None:
        """One try at a call."""
        began = self.now
        self.pause(self.quick())
        self._fact(f"{self.unit}:{operation}:{sequence}", step, operation, began, outcome, attempt)

    def heard(
        self,
        step: int,
        operation: str,
        seconds: float = 0.0,
        outcome: str = "done",
        attempt: int = 1,
        late: bool | None = None,
    ) -> None:
        """What somebody else did, and how long that was waited for."""
        began = self.now
        self.pause(seconds)
        key = f"{self.unit}:{operation}"
        self._fact(key, step, operation, began, outcome, attempt, late)

    def refused(self, step: int, operation: str, times: int) -> None:
        """Messages that the border refuses: of no length, under keys of their own."""
        for time in range(times):
            key = f"{self.unit}:{operation}:refused:{time}"
            self._fact(key, step, operation, self.now, "mistake", 1)

    def _fact(
        self,
        key: str,
        step: int,
        operation: str,
        began: datetime,
        outcome: str,
        attempt: int,
        late: bool | None = None,
    ) -> None:
        if self.way.silent:
            return
        self.rows.add(
            "step_facts",
            key=key,
            attempt=attempt,
            order_id=self.order,
            step=step,
            operation=operation,
            shipment=self.shipment,
            started_at=began,
            ended_at=self.now,
            outcome=outcome,
            detail="",
            late=late,
        )

    def case(self, kind: str, number: int) -> None:
        """A person is asked something."""
        self.rows.add(
            "cases",
            id=f"{self.unit}-c{number}-{kind}",
            shop=self.rows.shop,
            order_id=self.order,
            kind=kind,
            shipment=self.shipment,
            reason="synthetic",
            opened_at=self.now,
            answers=["close"],
        )

    def money(self, kind: str, amount: int) -> None:
        """Something happened to the money."""
        self.rows.add(
            "payment_events",
            key=f"{self.unit}:{kind}",
            order_id=self.order,
            kind=kind,
            amount=amount,
            currency=self.way.currency,
            provider="stripe",
            reference=f"pi_{self.order}",
            shipment=self.shipment,
            at=self.now,
        )

    def close(self, *, ended: bool) -> None:
        """The order itself, as it stands at last."""
        way = self.way
        self.rows.add(
            "orders",
            id=self.order,
            shop=self.rows.shop,
            channel=way.channel,
            number=self.number,
            body=Jsonb(self.body()),
            sent_digest="synthetic",
            policy=POLICY_ASKS if way.asks_for_review else POLICY_DOES_NOT,
            status=self.status,
            status_number=self.transitions[0],
            status_at=self.now,
            accepted_at=self.accepted_at,
            started_at=self.accepted_at,
            ended_at=self.now if ended else None,
            promised_by=self.promised_by,
        )

    def body(self) -> dict[str, Any]:
        """The order in canonical form; everything is of one price, and without tax."""
        way, free = self.way, self.way.terms == "nothing_due"
        address = {"name": "Ada Sample", "line1": "Quay 1", "city": "Hamburg", "country": "DE"}
        lines = [
            {
                "id": str(place),
                "sku": f"ART-{place}",
                "name": f"Article {place}",
                "quantity": pieces,
                "unit_price": 0 if free else PRICE,
                "tax_rate": "0",
            }
            | _sums(0 if free else PRICE * pieces)
            for place, pieces in enumerate(way.pieces, 1)
        ]
        goods = sum(way.pieces) * PRICE
        return {
            "number": self.number,
            "channel": way.channel,
            "placed_at": self.accepted_at.isoformat(),
            "currency": way.currency,
            "customer": {"name": "Ada Sample", "email": "ada@example.com"},
            "billing_address": address,
            "shipping_address": address,
            "lines": lines,
            "shipping": {"tax_rate": "0"} | _sums(0 if free else FEE),
            "total": _sums(0 if free else goods + FEE),
            "payment": _payment(way.terms),
            "reviews_welcome": way.review_welcome,
        }


def _sums(gross: int) -> dict[str, int]:
    return {"net": gross, "tax": 0, "gross": gross}


def _payment(terms: str) -> dict[str, str]:
    given = {
        "authorize": {"payment_method": "pm_card_visa"},
        "payment_intent": {"payment_intent": "pi_1"},
        "prepaid": {"reference": "channel-1"},
    }
    return {"terms": terms, **given.get(terms, {})}
