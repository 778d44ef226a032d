"""A typed client of the control API, for tests, the demo and measurements."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

import httpx

Json = dict[str, Any]


class SandboxRefusedError(Exception):
    """The sandbox answered a control call with an error; the message is its own."""


@dataclass(frozen=True)
class LedgerEntry:
    """One fact as a provider recorded it. Amounts in `data` are integer minor units."""

    seq: int
    at: datetime
    provider: str
    kind: str
    order: str | None
    data: Json


@dataclass(frozen=True)
class Settled:
    """Whether the world came to rest, and what was still pending when time was up."""

    settled: bool
    webhooks: list[Json]
    timers: list[Json]


class SandboxClient:
    """Steers a running sandbox. Safe to share between threads."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(base_url=f"{self.url}/_sandbox", timeout=60, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def base(self, provider: str) -> str:
        """The base URL to give to a provider's SDK."""
        return f"{self.url}/{provider}"

    def errors(self) -> list[str]:
        """Bugs that the sandbox noticed in itself; a sound run has none."""
        return self._http.get("/health").json()["errors"]

    def now(self) -> datetime:
        """The sandbox's time, UTC."""
        return datetime.fromisoformat(self._call("GET", "/clock")["now"])

    def advance(self, by: timedelta | float) -> datetime:
        """Move the clock (seconds or a timedelta) and fire all that becomes due; the new time."""
        seconds = by.total_seconds() if isinstance(by, timedelta) else by
        answer = self._call("POST", "/clock", {"advance_seconds": seconds})
        return datetime.fromisoformat(answer["now"])

    def fault(
        self,
        provider: str,
        operation: str,
        kind: str,
        *,
        order: str | None = None,
        nth: int | None = 1,
        times: int | None = 1,
        **params: object,
    ) -> str:
        """Script a fault; its id. Raises SandboxRefusedError for a rule that could never fire."""
        body = {
            "provider": provider,
            "operation": operation,
            "kind": kind,
            "order": order,
            "nth": nth,
            "times": times,
            "params": params,
        }
        return self._call("POST", "/faults", body)["id"]

    def faults(self) -> list[Json]:
        """All rules, each with `seen` and `fired`."""
        return self._call("GET", "/faults")["faults"]

    def fired(self, rule: str) -> int:
        """How often a rule has fired."""
        return next(each["fired"] for each in self.faults() if each["id"] == rule)

    def clear_faults(self, rule: str | None = None) -> None:
        """Drop one rule, or all."""
        self._call("DELETE", f"/faults/{rule}" if rule else "/faults")

    def ledger(
        self,
        provider: str | None = None,
        order: str | None = None,
        kind: str | None = None,
        after: int = 0,
    ) -> list[LedgerEntry]:
        """What really happened, in order; of one provider, or of all."""
        query = {"order": order, "kind": kind, "after": after or None}
        path = f"/ledger/{provider}" if provider else "/ledger"
        entries = self._call("GET", path, query=query)["entries"]
        return [_entry(entry) for entry in entries]

    def settings(self) -> Json:
        """All settings as they are."""
        return self._call("GET", "/settings")

    def configure(self, **sections: Mapping[str, object]) -> Json:
        """Merge settings: `configure(stripe={"webhook_url": ...}, wms={...})`."""
        return self._call("PUT", "/settings", {name: dict(to) for name, to in sections.items()})

    def reset(self) -> None:
        """Empty the world: nothing on record, no fault, default settings, real time."""
        self._call("POST", "/reset")

    def settle(self, timeout: float = 10.0) -> Settled:
        """Wait until no webhook is pending and no timer is due."""
        return Settled(**self._call("POST", "/settle", {"timeout": timeout}))

    def operations(self) -> list[Json]:
        """Everything that can go wrong: provider, operation, and the kinds it knows."""
        return self._call("GET", "/operations")

    def complete_3ds(self, intent: str, outcome: str = "succeeded") -> Json:
        """The customer passes ("succeeded") or fails ("failed") authentication; the intent."""
        return self._call("POST", f"/stripe/intents/{intent}/authenticate", {"outcome": outcome})

    def dispute(
        self, charge_or_intent: str, reason: str = "fraudulent", **how: bool | float
    ) -> Json:
        """The cardholder's bank opens a dispute; the dispute object. ``inquiry=True`` only asks;
        ``amount`` is a part, in minor units; evidence is due in ``due_in`` seconds (a week)."""
        body = {"payment": charge_or_intent, "reason": reason} | how
        return self._call("POST", "/stripe/disputes", body)

    def close_dispute(self, dispute: str, outcome: str) -> Json:
        """The bank decides: "won", "lost" or "prevented", as the seller sees it; an inquiry is
        "warning_closed" or "escalated"."""
        return self._call("POST", f"/stripe/disputes/{dispute}/close", {"outcome": outcome})

    def payout(self, currency: str = "eur", **how: object) -> Json:
        """Pay out what is available of a currency, or by hand (`automatic` false) an `amount`; it
        comes back where it `fails`. The payout object."""
        return self._call("POST", "/stripe/payouts", {"currency": currency, **how})

    def fail_payout(self, payout: str) -> Json:
        """The bank sends a payout back, even one that was paid; the payout object."""
        return self._call("POST", f"/stripe/payouts/{payout}/fail")

    def open_review(self, intent: str) -> Json:
        """Somebody of the seller's puts a payment into review; the review object."""
        return self._call("POST", "/stripe/reviews", {"payment": intent})

    def decide_review(self, intent: str, outcome: str) -> Json:
        """People decide at Stripe: "approved", "refunded" or "refunded_as_fraud"; the review."""
        return self._call("POST", f"/stripe/intents/{intent}/review", {"outcome": outcome})

    def wms(
        self, shipment: str, action: str, *, warehouse: str | None = None, **body: object
    ) -> Json:
        """Make the warehouse act: picked, packed, handed_over, recall_result, hold, resume. Of
        several that know the shipment the one that is named, else the one that works on it."""
        sent = {"shipment": shipment, "action": action, "body": body, "warehouse": warehouse}
        return self._call("POST", "/wms/do", sent)

    def transfer(self, reference: str, amount: int, **more: object) -> Json:
        """A customer transfers money to the seller's account: currency, text, account, holder, and
        the `order` that they mean, for the judge. Answers the booking."""
        return self._call("POST", "/bank/pay", {"reference": reference, "amount": amount, **more})

    def close_account(self, account: str, *, closed: bool = True) -> Json:
        """A customer closes the account that they paid from, or opens it again."""
        return self._call("POST", "/bank/close", {"account": account, "closed": closed})

    def courier(self, tracking_number: str, status: str, **details: object) -> Json:
        """A courier's tracking event (TRANSIT, DELIVERED, RETURNED, FAILURE ...)."""
        return self._call(
            "POST",
            "/shippo/track",
            {"tracking_number": tracking_number, "status": status, **details},
        )

    def mailbox(
        self, to: str | None = None, order: str | None = None, kind: str | None = None
    ) -> list[Json]:
        """Mails as they arrived, oldest first."""
        query = {"to": to, "order": order, "kind": kind}
        return self._call("GET", "/sendgrid/mailbox", query=query)["mails"]

    def mail_signing_key(self) -> str:
        """The public key of mail events, base64 DER, as SendGrid's settings page shows it."""
        return self._call("GET", "/sendgrid/public-key")["public_key"]

    def mail_event(self, message_id: str, event: str, **details: object) -> Json:
        """What became of a mail: processed, delivered, bounce, dropped ..."""
        return self._call(
            "POST", "/sendgrid/event", {"message_id": message_id, "event": event, **details}
        )

    def callbacks(self, order: str | None = None) -> list[Json]:
        """What the shop received, each once, in order of first arrival."""
        return self._call("GET", "/shop/callbacks", query={"order": order})["callbacks"]

    def _call(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        query: Mapping[str, object] | None = None,
    ) -> Any:
        given = {key: str(value) for key, value in (query or {}).items() if value is not None}
        response = self._http.request(method, path, json=body, params=given)
        if response.is_error:
            raise SandboxRefusedError(f"{method} {path}: {response.status_code} {response.text}")
        return response.json() if response.content else {}


def _entry(fact: Json) -> LedgerEntry:
    fact["at"] = datetime.fromisoformat(fact["at"])
    return LedgerEntry(**fact)
