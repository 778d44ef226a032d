"""What the warehouse tells the shop's system, over HTTP, until it was heard."""

import json
from typing import NamedTuple

from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.wms.shipments import MAIN, save

ANSWERED = "wms.answered"
_PATHS = {
    "picked": "picked",
    "packed": "packed",
    "handed_over": "handed-over",
    "recall_result": "recall-result",
}


class Call(NamedTuple):
    """One fact to be told; the Idempotency-Key is the fact's own and never changes."""

    url: str
    body: bytes
    headers: dict[str, str]


def _key(world: World, shipment: Document) -> str:
    """What the shipment's warehouse shows: the setting `api_keys` has those of other warehouses."""
    settings = world.settings.section("wms")
    keys: dict[str, str] = settings["api_keys"]
    return keys.get(shipment.get("warehouse", MAIN), settings["api_key"] or "")


def write(world: World, shipment: Document, action: str, body: Document) -> Call | None:
    """Number the fact and address it; None while no `api_url` is set."""
    settings = world.settings.section("wms")
    shipment["facts"] += 1
    save(world, shipment)
    if not settings["api_url"]:
        return None
    name = shipment["shipment"]
    return Call(
        url=f"{settings['api_url'].rstrip('/')}/warehouse/shipments/{name}/{_PATHS[action]}",
        body=json.dumps(body, ensure_ascii=False).encode(),
        headers={
            "content-type": "application/json",
            "x-api-key": _key(world, shipment),
            "idempotency-key": f"{name}:{action}:{shipment['facts']}",
        },
    )


async def ask_what_to_pack(world: World, shipment: Document) -> dict[str, int] | None:
    """Pieces by line as the packing slip lists them; None before it is printed."""
    settings = world.settings.section("wms")
    if not settings["api_url"]:
        return None
    url = f"{settings['api_url'].rstrip('/')}/warehouse/shipments/{shipment['shipment']}"
    reply = await world.webhooks.ask(url, {"x-api-key": _key(world, shipment)})
    found = json.loads(reply.text).get("to_pack") if reply.status == 200 else None
    return None if found is None else {str(one["line"]): int(one["quantity"]) for one in found}


def tell(world: World, shipment: Document, action: str, body: Document, copies: int = 1) -> None:
    """Send a fact until 2xx or 4xx; `copies` calls at once where the warehouse stutters."""
    call = write(world, shipment, action, body)
    heard = {
        "shipment": shipment.get("place", shipment["shipment"]),
        "action": action,
        "fact": shipment["facts"],
    }
    if call is None:
        world.timers.after(0, ANSWERED, heard | {"status": 204, "answer": ""})
        return
    for copy in range(copies):
        world.webhooks.send(
            "wms",
            action,
            call.body,
            order=shipment["order"],
            url=call.url,
            headers=call.headers,
            stop_on_4xx=True,
            then=(ANSWERED, heard) if copy == 0 else None,
        )
