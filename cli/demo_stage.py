"""Where the demo's orders play: who does what when an order comes to a status."""

import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

import httpx
from rich.console import Console

from cli import demo_orders
from cli.demo_shop import SHOP
from domain.ids import order_id, shipment_id
from sandbox.client import SandboxClient
from sandbox.judge import Ending

Json = dict[str, Any]
_ENDS = {ending.value for ending in Ending if ending is not Ending.OPEN}


@dataclass
class Story:
    """One order of the demo: what is sent, who does what on its way, how it must end."""

    title: str
    body: Json
    ending: Ending
    due: int
    charged_here: bool = True
    shipments: int = 1
    before: "Callable[[Stage, Story], None] | None" = None
    """What is arranged in the outside world before it is placed."""
    on: "Mapping[str, Move]" = field(default_factory=dict[str, "Move"])
    """By status, or by its detail: what somebody does when that is heard for the first time."""
    status: str = ""
    done: set[str] = field(default_factory=set[str])
    began: float = field(default_factory=time.monotonic)

    @property
    def number(self) -> str:
        """The number that the shop gave it."""
        return str(self.body["number"])

    @property
    def order_id(self) -> str:
        """Its id, which follows from shop, channel and number."""
        return order_id(SHOP, self.body["channel"], self.number)

    @property
    def by_transfer(self) -> bool:
        """Whether its money comes to the bank account."""
        return bool(self.body["payment"]["terms"] == "transfer")

    @property
    def ended(self) -> bool:
        """Whether its last status has been seen."""
        return self.status in _ENDS


@dataclass(frozen=True)
class Stage:
    """What everybody in a story has at hand."""

    console: Console
    sandbox: SandboxClient
    shop: httpx.Client
    admin: httpx.Client
    people: Executor
    """Nobody waits for what another one does."""
    moves: "list[Future[None]]" = field(default_factory=list["Future[None]"])

    def say(self, story: Story, what: str, detail: str) -> None:
        """One line of the story."""
        since = time.monotonic() - story.began
        self.console.print(
            f"[dim]{story.number}[/] +{since:5.2f} s  [bold]{what:<17}[/] {detail}",
            highlight=False,
            soft_wrap=True,
        )

    def see(self, story: Story, event: Json) -> None:
        """The shop hears of a status, and whoever has something to do does it."""
        story.status = event["status"]
        tracking = " ".join(one["tracking_number"] for one in event.get("tracking", []))
        self.say(story, event["type"].removeprefix("order."), event.get("detail") or tracking)
        for name in (event.get("detail", ""), event["status"]):
            move = story.on.get(name)
            if move is not None and name not in story.done:
                story.done.add(name)
                self.moves.append(self.people.submit(move, self, story, event))
                return


Move = Callable[[Stage, Story, Json], None]


def at_the_warehouse(play: str, **how: Any) -> Callable[[Stage, Story], None]:
    """The warehouse plays an order's shipment in another way than planned."""

    def arrange(stage: Stage, story: Story) -> None:
        stage.sandbox.fault("wms", "play", play, order=story.order_id, **how)

    return arrange


def rejected(reason: str) -> Callable[[Stage, Story], None]:
    """The first warehouse that is handed an order's shipment does not take it."""

    def arrange(stage: Stage, story: Story) -> None:
        stage.sandbox.fault("wms", "handoff", "reject", order=story.order_id, reason=reason)

    return arrange


def no_label(times: int) -> Callable[[Stage, Story], None]:
    """The courier sells an order no label, a few times."""

    def arrange(stage: Stage, story: Story) -> None:
        stage.sandbox.fault(
            "shippo",
            "create_transaction",
            "label_error",
            order=story.order_id,
            times=times,
            text="no capacity today",
        )

    return arrange


def pay_with(card: str) -> Move:
    """The customer gives another card."""

    def move(stage: Stage, story: Story, _: Json) -> None:
        ok(stage.shop.post(f"/orders/{story.order_id}/payment-method", json=demo_orders.card(card)))
        stage.say(story, "another card", card)

    return move


def confirm_at_the_bank(stage: Stage, story: Story, event: Json) -> None:
    """The customer confirms the payment on the bank's page."""
    intent = re.search(r"\bpi_\w+", event.get("detail", ""))
    if intent is not None:
        stage.sandbox.complete_3ds(intent[0])
        stage.say(story, "confirmed", f"{intent[0]}, on the bank's page")


def cancel(stage: Stage, story: Story, _: Json) -> None:
    """The customer changes their mind."""
    answer = stage.shop.post(
        f"/orders/{story.order_id}/cancel",
        json={"who": "the customer", "why": "found it cheaper"},
    )
    said = answer.json()
    stage.say(story, "cancel asked", said.get("message") or said["detail"])


def give_back(*wanted: Json) -> Move:
    """Staff give money back, each of these under a key of its own."""

    def move(stage: Stage, story: Story, _: Json) -> None:
        for place, one in enumerate(wanted, 1):
            body = {"who": "Ana, support", "why": "it came late"} | one
            said = ok(
                stage.shop.post(
                    f"/orders/{story.order_id}/refunds",
                    json=body,
                    headers={"Idempotency-Key": f"refund {place}"},
                )
            ).json()
            stage.say(story, "refund asked", said["message"])

    return move


def decide(answer: str) -> Move:
    """Staff answer the case that holds the order."""

    def move(stage: Stage, story: Story, _: Json) -> None:
        cases = ok(stage.shop.get("/cases", params={"kind": "review"})).json()["cases"]
        for case in (one for one in cases if one["order"] == story.order_id):
            said = {"answer": answer, "who": "Ana, support", "why": "the customer is known"}
            ok(stage.shop.post(f"/cases/{case['id']}/answer", json=said))
            stage.say(story, answer, case["reason"])

    return move


def take_instead(stage: Stage, story: Story, _: Json) -> None:
    """The customer takes what is offered in place of what is missing, in the shop's app."""
    page = ok(stage.shop.get(f"/orders/{story.order_id}")).json()
    for offer in page["substitutions"]:
        said = {"answer": "accept", "who": "the customer", "why": "as good as the other"}
        path = f"/orders/{story.order_id}/substitutions/{offer['id']}/answer"
        ok(stage.shop.post(path, json=said))
        stage.say(story, "taken instead", offer["substitute"]["name"])


def receive(sku: str) -> Move:
    """The goods come in: whoever is first in line has them."""

    def move(stage: Stage, story: Story, _: Json) -> None:
        ok(
            stage.admin.post(
                f"/shops/{SHOP}/stock/receipts",
                json={"sku": sku, "quantity": 1},
                headers={"Idempotency-Key": f"for {story.order_id}"},
            )
        )
        stage.say(story, "goods received", f"1 x {sku}")

    return move


def wait_with_picking(stage: Stage, story: Story, event: Json) -> None:
    """The warehouse has other things to do first, and the customer orders one piece more."""
    shipment = shipment_id(story.order_id, 1)
    stage.sandbox.wms(shipment, "hold")
    amend(stage, story, event)
    stage.sandbox.wms(shipment, "resume")


def amend(stage: Stage, story: Story, _: Json) -> None:
    """The customer wants one piece more of the order's first line."""
    line, *others = story.body["lines"]
    quantity = line["quantity"] + 1
    more = demo_orders.line(line["id"], line["sku"], line["name"], quantity, line["unit_price"])
    sums = {part: more[part] for part in demo_orders.PARTS}
    rows = (more, *others, story.body["shipping"])
    wanted = {
        "key": "one-more",
        "version": 0,
        "who": "the customer",
        "why": "for a friend",
        "lines": [{"change": {"line": line["id"], "quantity": quantity, **sums}}],
        "total": {part: sum(row[part] for row in rows) for part in demo_orders.PARTS},
    }
    said: Json = {"state": "under_way"}
    while said.get("state") == "under_way":
        said = stage.shop.post(f"/orders/{story.order_id}/amendments", json=wanted).json()
    if said.get("state") == "applied":
        story.due += line["unit_price"]
    stage.say(story, "one more, please", said.get("message") or said["detail"])


def wait_with_packing(stage: Stage, story: Story, _: Json) -> None:
    """The warehouse has other things to do first."""
    stage.sandbox.wms(shipment_id(story.order_id, 1), "hold")


def move_house(stage: Stage, story: Story, _: Json) -> None:
    """The customer moves within the town. Once it is packed they hear that the parcel goes where
    its label says."""
    address = story.body["shipping_address"] | {"line1": "Prager Straße 10"}
    answer = stage.shop.post(
        f"/orders/{story.order_id}/shipping-address",
        json={"who": "the customer", "why": "has moved", "address": address},
    )
    said = answer.json()
    stage.say(story, "has moved", said.get("message") or said["detail"])
    if answer.is_error:
        go_on_packing(stage, story, {})


def go_on_packing(stage: Stage, story: Story, _: Json) -> None:
    """The warehouse has time for it now."""
    stage.sandbox.wms(shipment_id(story.order_id, 1), "resume")


def ok(response: httpx.Response) -> httpx.Response:
    """The response, if it is a success.

    Raises:
        RuntimeError: it is an error, with the API's words.
    """
    if response.is_error:
        raise RuntimeError(f"{response.request.url.path}: {response.status_code} {response.text}")
    return response
