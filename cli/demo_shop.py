"""The demo's shop, set up the way any shop is: through the API, from checked files."""

from pathlib import Path
from typing import Any

import httpx

from cli.installation import Installation
from sandbox.client import SandboxClient

SHOP = "tea-and-oak"
_OFFICE = {"opens": "09:00", "closes": "17:00"}
_SUPPORT_HOURS = {
    "time_zone": "Europe/Berlin",
    "week": dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), _OFFICE),
}
_DATA = Path(__file__).parent / "demo_data"
LYON, _LYONS_TOKEN = "lyon", "wms-lyon"
_LYON = {
    "name": "Tea & Oak, Lyon",
    "line1": "12 rue de la République",
    "city": "Lyon",
    "postal_code": "69001",
    "country": "FR",
    "phone": "+33 4 5550 1001",
}
_THERE = {"TEAPOT": 3, "TRAY-OAK": 5}
"""What the second warehouse has."""


class DemoShop:
    """A shop with a catalogue, stock, keys, policies, and the sandbox as its outside world."""

    def __init__(self, api_url: str, sandbox: SandboxClient, installation: Installation) -> None:
        """Where the API is, and what plays the outside world."""
        self._api_url = api_url
        self._sandbox = sandbox
        self._installation = installation

    def set_up(self, hurry: bool) -> dict[str, str]:
        """Create what is missing; the shop's keys by scope. ``hurry`` asks for reviews at once, and
        nobody about pieces that are not there."""
        secrets = self._installation.secrets
        with httpx.Client(
            base_url=self._api_url, headers={"X-API-Key": secrets["admin_key"]}, timeout=30
        ) as admin:
            _ok(admin.put(f"/shops/{SHOP}", json=self._shop(hurry)))
            self._catalogue(admin)
            if "shop_key" not in secrets:
                self._installation.note(
                    shop_key=self._key(admin, "shop", "support"),
                    warehouse_key=self._key(admin, "warehouse"),
                )
            if hurry:
                self._second_warehouse(admin)
        self._connect_outside_world()
        return {"shop": secrets["shop_key"], "warehouse": secrets["warehouse_key"]}

    def _shop(self, hurry: bool) -> dict[str, Any]:
        policy: dict[str, Any] = {"label_format": "PDF_4x6", "max_parcel_grams": 20000}
        if hurry:
            policy |= {
                "review_after": "PT2S",
                "complaints_within": "PT5S",
                "short_pick": "substitute",
                "out_of_stock": "ship_available",
                "transfer_within": "PT12S",
                "transfer_reminder": "PT4S",
                "case_answer_within": "PT4H",
                "support_hours": _SUPPORT_HOURS,
                "split": "when_needed",
                "reroute_on_reject": True,
            }
        return {
            "seller": {
                "name": "Tea & Oak",
                "address": {
                    "name": "Tea & Oak GmbH",
                    "line1": "Lindenstraße 12",
                    "city": "Leipzig",
                    "postal_code": "04109",
                    "country": "DE",
                    "phone": "+49 341 5550100",
                },
                "email": "shop@tea-and-oak.example",
                "tax_id": "DE123456789",
                "invoice_prefix": "TO",
            },
            "restock_email": "stock@tea-and-oak.example",
            "policy": policy,
            "callback_url": f"{self._sandbox.base('shop')}/{SHOP}/callbacks",
            "callback_secret": self._installation.secrets["callback_secret"],
        }

    def _catalogue(self, admin: httpx.Client) -> None:
        csv = {"content-type": "text/csv"}
        products = (_DATA / "products.csv").read_bytes()
        stock = (_DATA / "stock.csv").read_bytes()
        _ok(admin.post(f"/shops/{SHOP}/products.csv", content=products, headers=csv))
        once = csv | {"Idempotency-Key": "opening-stock"}
        _ok(admin.post(f"/shops/{SHOP}/stock.csv", content=stock, headers=once))

    def _second_warehouse(self, admin: httpx.Client) -> None:
        """In Lyon: some teapots, and what is there alone."""
        setup: dict[str, Any] = {"address": _LYON, "priority": 1, "wms_key": _LYONS_TOKEN}
        _ok(admin.put(f"/shops/{SHOP}/warehouses/{LYON}", json=setup))
        for sku, quantity in _THERE.items():
            body = {"sku": sku, "quantity": quantity, "warehouse": LYON}
            once = {"Idempotency-Key": f"opening {LYON} {sku}"}
            _ok(admin.post(f"/shops/{SHOP}/stock/receipts", json=body, headers=once))
        body = {"scopes": ["warehouse"], "name": "demo Lyon", "warehouse": LYON}
        key = _ok(admin.post(f"/shops/{SHOP}/keys", json=body)).json()["key"]
        self._sandbox.configure(wms={"tokens": {_LYONS_TOKEN: LYON}, "api_keys": {LYON: key}})

    def _key(self, admin: httpx.Client, *scopes: str) -> str:
        body = {"scopes": list(scopes), "name": f"demo {' '.join(scopes)}"}
        return str(_ok(admin.post(f"/shops/{SHOP}/keys", json=body)).json()["key"])

    def _connect_outside_world(self) -> None:
        secrets = self._installation.secrets
        hooks = f"{self._api_url}/webhooks"
        self._sandbox.configure(
            stripe={
                "webhook_url": f"{hooks}/stripe",
                "webhook_secret": secrets["stripe_webhook_secret"],
            },
            shippo={"webhook_url": f"{hooks}/shippo/{secrets['shippo_webhook_token']}"},
            sendgrid={"webhook_url": f"{hooks}/sendgrid"},
            bank={
                "webhook_url": f"{hooks}/bank",
                "webhook_secret": secrets["bank_webhook_secret"],
            },
            wms={"api_url": self._api_url, "api_key": secrets["warehouse_key"]},
            shop={"secrets": {SHOP: secrets["callback_secret"]}},
        )


def _ok(response: httpx.Response) -> httpx.Response:
    if response.is_error:
        raise RuntimeError(f"{response.request.url.path}: {response.status_code} {response.text}")
    return response
