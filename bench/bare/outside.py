"""The outside world as a plain HTTP client meets it: one request each, no SDK, no second thought.

How many requests of each kind ours makes is counted by the sandbox, and so are these; a
difference ends the measurement.
"""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import httpx

Json = dict[str, Any]

_CALLBACK_BYTES = 450
_SENDER: Json = {
    "name": "Tea & Oak",
    "street1": "Lindenstrasse 12",
    "city": "Leipzig",
    "zip": "04109",
    "country": "DE",
}
_RECIPIENT: Json = {
    "name": "Juergen Gross",
    "street1": "Schlossstrasse 3",
    "city": "Dresden",
    "zip": "01067",
    "country": "DE",
}
_PARCEL: Json = {
    "weight": "850",
    "mass_unit": "g",
    "length": "300",
    "width": "200",
    "height": "150",
    "distance_unit": "mm",
}


class Outside:
    """Stripe, Shippo, SendGrid, the warehouse and the shop. Safe between threads."""

    def __init__(self, sandbox_url: str, shop: str, callback_secret: str, mail_bytes: int) -> None:
        """``mail_bytes`` is how long a mail's text is."""
        self._shop = shop
        self._secret = base64.b64decode(callback_secret.removeprefix("whsec_"))
        self._mail = "x" * (mail_bytes // 2)
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
        self._http = httpx.Client(base_url=sandbox_url, timeout=30, limits=limits)

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def authorize(self, order: str) -> str:
        """A customer, and an intent that holds the money; the intent's id."""
        customer = self._stripe("customers", f"{order}:customer", email=f"{order}@mail.example")
        intent = self._stripe(
            "payment_intents",
            f"{order}:authorize",
            **{
                "amount": "4270",
                "currency": "eur",
                "customer": customer["id"],
                "payment_method": "pm_card_visa",
                "capture_method": "manual",
                "confirm": "true",
                "automatic_payment_methods[enabled]": "true",
                "automatic_payment_methods[allow_redirects]": "never",
                "metadata[order]": order,
                "metadata[operation]": f"{order}:authorize",
                "expand[]": "latest_charge",
            },
        )
        return str(intent["id"])

    def capture(self, order: str, intent: str) -> None:
        """Take the money."""
        self._stripe(
            f"payment_intents/{intent}/capture", f"{order}:capture", amount_to_capture="4270"
        )

    def _stripe(self, path: str, key: str, **form: str) -> Json:
        headers = {"Authorization": "Bearer sk_test_sandbox", "Idempotency-Key": key}
        return self._post(f"/stripe/v1/{path}", headers, data=form)

    def rates(self, order: str) -> list[Json]:
        """Every rate for one parcel."""
        shipment = {
            "address_from": _SENDER,
            "address_to": _RECIPIENT,
            "parcels": [_PARCEL],
            "metadata": f"{order}/{order}-s1-p1",
            "async": False,
        }
        return self._shippo("shipments", shipment)["rates"]

    def buy(self, order: str, rate: str) -> Json:
        """A label for a rate."""
        label = {
            "rate": rate,
            "label_file_type": "PDF_4x6",
            "async": False,
            "metadata": f"{order}/{order}-s1-p1-l1",
        }
        return self._shippo("transactions", label)

    def label(self, url: str) -> bytes:
        """The label's file."""
        return self._http.get(url).raise_for_status().content

    def _shippo(self, path: str, body: Json) -> Json:
        headers = {"Authorization": "ShippoToken shippo_test_sandbox"}
        return self._post(f"/shippo/{path}", headers, json=body)

    def mail(self, order: str, kind: str) -> None:
        """One mail."""
        message = {
            "personalizations": [{"to": [{"email": f"{order}@mail.example"}]}],
            "from": {"email": "shop@tea-and-oak.example", "name": "Tea & Oak"},
            "subject": f"{kind} {order}",
            "content": [
                {"type": "text/plain", "value": self._mail},
                {"type": "text/html", "value": self._mail},
            ],
            "custom_args": {"order": order, "kind": kind, "key": f"{order}:{kind}"},
        }
        headers = {"Authorization": "Bearer SG.sandbox"}
        self._post("/sendgrid/v3/mail/send", headers, json=message)

    def hand_off(self, order: str, number: str) -> None:
        """The goods are to be picked."""
        line: Json = {
            "line": "1",
            "sku": "MUG-BLUE",
            "name": "Stoneware mug",
            "barcode": "4006381333931",
            "quantity": 2,
            "bin": "A-03-2",
            "options": {},
            "weight_grams": 350,
        }
        document: Json = {
            "version": "1",
            "order": order,
            "shipment": f"{order}-s1",
            "number": number,
            "shop": self._shop,
            "channel": "web",
            "service_level": "standard",
            "ship_to": {
                "name": "Jürgen Groß",
                "lines": ["Schloßstraße 3"],
                "city": "Dresden",
                "postal_code": "01067",
                "country": "DE",
            },
            "lines": [line],
        }
        self._wms("handoffs", f"{order}:hand_off", document)

    def release(self, order: str, tracking_number: str, carrier: str) -> None:
        """The parcel may go."""
        parcel = {
            "parcel": f"{order}-s1-p1",
            "tracking_number": tracking_number,
            "carrier": carrier,
        }
        self._wms(f"shipments/{order}-s1/release", f"{order}:release", {"parcels": [parcel]})

    def _wms(self, path: str, key: str, body: Json) -> None:
        headers = {"Authorization": "Bearer wms-sandbox", "Idempotency-Key": key}
        self._post(f"/wms/{path}", headers, json=body)

    def call_back(self, order: str, number: str, sequence: int) -> None:
        """Tell the shop, signed as Standard Webhooks says."""
        payload: Json = {"order": order, "number": number, "sequence": sequence, "type": "bare"}
        payload["detail"] = "x" * (_CALLBACK_BYTES - len(json.dumps(payload)))
        body = json.dumps(payload).encode()
        message, now = f"{order}.{sequence}", str(int(time.time()))
        text = f"{message}.{now}.".encode() + body
        mac = base64.b64encode(hmac.digest(self._secret, text, hashlib.sha256)).decode()
        headers = {
            "content-type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": now,
            "webhook-signature": f"v1,{mac}",
        }
        self._post(f"/shop/{self._shop}/callbacks", headers, content=body)

    def _post(self, path: str, headers: dict[str, str], **content: Any) -> Json:
        answer = self._http.post(path, headers=headers, **content).raise_for_status()
        found: Json = answer.json() if answer.content else {}
        return found
