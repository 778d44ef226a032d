"""The shop of a run: its catalogue and stock, short deadlines, and an outside world in a hurry."""

import time
from dataclasses import dataclass
from typing import Any

import httpx

from cli import demo_orders
from cli.chaos.bodies import WARES, stock_for
from cli.installation import Installation
from cli.stack import Stack
from sandbox.client import SandboxClient

Json = dict[str, Any]

SHOP = "chaos"
_CSV = {"content-type": "text/csv"}
_POLICY: Json = {
    "out_of_stock": "ship_available",
    "backorder_within": "PT24S",
    "ask_before_backorder_ends": "PT8S",
    "review_after": "PT1S",
    "complaints_within": "PT1S",
    "solution_within": "PT12S",
    "pay_within": "PT20S",
    "transfer_within": "PT25S",
    "substitute_within": "PT40S",
    "transfer_reminder": "PT10S",
    "pick_within": "PT15S",
    "pack_within": "PT15S",
    "hand_over_within": "PT20S",
    "deliver_within": "PT20S",
    "recall_answer_within": "PT6S",
    "case_answer_within": "PT60S",
    "label_within": "PT15S",
    "max_parcel_grams": 20_000,
}
_DELAYS: dict[str, Json] = {
    "wms": {"pick_after": 0.5, "pack_after": 0.5, "hand_over_after": 0.5, "recall_after": 0.4},
    "shippo": {
        "transit_after": 0.4,
        "delivered_after": 1.2,
        "label_after": 0.3,
        "refund_after": 0.3,
    },
    "sendgrid": {"delivered_after": 0.5},
}


@dataclass(frozen=True)
class Keys:
    """What the run's people show at the API's door."""

    shop: str
    admin: str
    set_up: Json
    """The shop as it was set up, with its policy."""


def open_shop(
    stack: Stack, installation: Installation, sandbox: SandboxClient, orders: int
) -> Keys:
    """Set the shop up for so many orders, and connect the outside world with the API."""
    secrets = installation.secrets
    headers = {"X-API-Key": secrets["admin_key"]}
    with httpx.Client(base_url=stack.api_url, headers=headers, timeout=30) as admin:
        set_up = _shop(sandbox, secrets["callback_secret"])
        _sound(admin.put(f"/shops/{SHOP}", json=set_up))
        _sound(admin.post(f"/shops/{SHOP}/products.csv", content=_products(), headers=_CSV))
        opening = _CSV | {"Idempotency-Key": "opening"}
        stock = "\n".join(f"{sku},{count}" for sku, count in stock_for(orders).items())
        counted = f"sku,quantity\n{stock}\n"
        _sound(admin.post(f"/shops/{SHOP}/stock.csv", content=counted, headers=opening))
        shop_key, warehouse_key = (_key(admin, *scopes) for scopes in _SCOPES)
    _connect(stack.api_url, sandbox, secrets, warehouse_key)
    return Keys(shop=shop_key, admin=secrets["admin_key"], set_up=set_up)


def decree(api_url: str, keys: Keys, short_pick: str, hours: Json | None) -> None:
    """Other rules about missing pieces, and other warehouse hours, for orders from now on."""
    policy = _POLICY | {"short_pick": short_pick}
    body = keys.set_up | {"policy": policy | ({"warehouse_hours": hours} if hours else {})}
    headers = {"X-API-Key": keys.admin}
    while True:
        try:
            answer = httpx.put(f"{api_url}/shops/{SHOP}", json=body, headers=headers, timeout=15)
        except httpx.TransportError:
            pass  # the API is away: it comes back
        else:
            if answer.status_code < 500:
                _sound(answer)
                return
        time.sleep(0.5)


_SCOPES = (("shop", "support"), ("warehouse",))


def _shop(sandbox: SandboxClient, callback_secret: str) -> Json:
    return {
        "seller": {
            "name": "Tea & Oak",
            "address": demo_orders.address("DE") | {"phone": "+49 351 5550100"},
            "email": "shop@tea-and-oak.example",
            "invoice_prefix": "CH",
        },
        "restock_email": "stock@tea-and-oak.example",
        "status_page": "https://tea-and-oak.example/orders",
        "policy": _POLICY,
        "callback_url": f"{sandbox.base('shop')}/{SHOP}/callbacks",
        "callback_secret": callback_secret,
    }


INSTEAD = {"MUG-BLUE": "NOTEBOOK", "SENCHA-100": "MUG-BLUE", "NOTEBOOK": "SENCHA-100"}
"""What may go in place of what; of other wares nothing."""


def _products() -> str:
    head = (
        "sku,name,barcodes,weight_grams,bin,reorder_point,hs_code,origin,customs_name,substitutes"
    )
    rows = [
        f'{ware.sku},"{ware.name}",400000000000{place},{ware.grams},A-0{place}-1,3,691200,DE,Goods,'
        f"{INSTEAD.get(ware.sku, '')}"
        for place, ware in enumerate(WARES, 1)
    ]
    return "\n".join((head, *rows, ""))


def _key(admin: httpx.Client, *scopes: str) -> str:
    body = {"scopes": list(scopes), "name": " ".join(scopes)}
    return str(_sound(admin.post(f"/shops/{SHOP}/keys", json=body)).json()["key"])


def _connect(
    api_url: str, sandbox: SandboxClient, secrets: dict[str, str], warehouse_key: str
) -> None:
    hooks = f"{api_url}/webhooks"
    world: dict[str, Json] = {
        "stripe": {
            "webhook_url": f"{hooks}/stripe",
            "webhook_secret": secrets["stripe_webhook_secret"],
        },
        "shippo": {"webhook_url": f"{hooks}/shippo/{secrets['shippo_webhook_token']}"},
        "sendgrid": {"webhook_url": f"{hooks}/sendgrid"},
        "bank": {
            "webhook_url": f"{hooks}/bank",
            "webhook_secret": secrets["bank_webhook_secret"],
        },
        "wms": {"api_url": api_url, "api_key": warehouse_key},
        "shop": {"secrets": {SHOP: secrets["callback_secret"]}},
        # A webhook is repeated for as long as a part may be down.
        "webhooks": {"attempts": 30},
    }
    sandbox.configure(**{name: section | _DELAYS.get(name, {}) for name, section in world.items()})


def _sound(response: httpx.Response) -> httpx.Response:
    if response.is_error:
        raise RuntimeError(f"{response.request.url.path}: {response.status_code} {response.text}")
    return response
