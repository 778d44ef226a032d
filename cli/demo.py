"""The main job, shown: orders from an HTTP request to the doorstep, judged by the ledgers."""

import time
from dataclasses import dataclass, field
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from cli import demo_orders
from cli.demo_shop import SHOP, DemoShop
from cli.installation import Installation
from cli.stack import Stack
from domain.ids import order_id
from sandbox.judge import Account, Ending, Expected, judge

Json = dict[str, Any]
_PATIENCE = 50.0
_ENDS = {ending.value for ending in Ending if ending is not Ending.OPEN}


@dataclass
class DemoOrder:
    """One order of the demo: what is sent, what happens on the way, how it must end."""

    title: str
    body: Json
    ending: Ending
    due: int
    charged_here: bool = True
    cancel_at: str | None = None
    other_card: str | None = None
    finds: Json | None = None
    """What the picker finds of a line, where pieces are missing for good."""
    missing: str | None = None
    review: str | None = None
    order_id: str = ""
    status: str = ""
    cancelled: bool = False
    began: float = field(default_factory=time.monotonic)

    @property
    def ended(self) -> bool:
        """Whether its last status has been seen."""
        return self.status in _ENDS


def orders() -> list[DemoOrder]:
    """What the demo shows."""
    mug = ("MUG-BLUE", "Stoneware mug, blue")
    tea = ("SENCHA-100", "Sencha green tea 100 g")
    line, order, card = demo_orders.line, demo_orders.order, demo_orders.card
    several = [
        line("1", *mug, 2, 1890, discount=378, options={"engraving": "für Mia"}),
        line("2", "TEAPOT", "Cast-iron teapot", 1, 6900),
        line("3", *tea, 2, 1250, note="best before after March, please"),
    ]
    yen = [line("1", "NOTEBOOK", "Dotted notebook A5", 3, 1980, tax_rate="10")]
    one = [line("1", *mug, 1, 1890)]
    return [
        DemoOrder("plain", order("1001", one, card()), Ending.COMPLETED, 2380),
        DemoOrder(
            "several lines, to France",
            order("1002", several, card(), "FR", gift_note="Joyeux anniversaire !"),
            Ending.COMPLETED,
            several_due := sum(row["gross"] for row in several) + 490,
        ),
        DemoOrder(
            "in yen, to Tokyo",
            order("1003", yen, card(), "JP", "JPY", shipping_price=1200),
            Ending.COMPLETED,
            5940 + 1200,
        ),
        DemoOrder(
            "card reported lost",
            order("1004", one, card("pm_card_visa_chargeDeclinedLostCard")),
            Ending.DECLINED,
            2380,
        ),
        DemoOrder(
            "card declined, then paid with another",
            order("1008", one, card("pm_card_visa_chargeDeclined")),
            Ending.COMPLETED,
            2380,
            other_card="pm_card_mastercard",
        ),
        DemoOrder(
            "one of two mugs is broken: one ships, one is charged",
            order("1009", [line("1", *mug, 2, 1890)], card()),
            Ending.COMPLETED,
            1890 + 490,
            finds={"line": "1", "quantity": 1, "short": "one broken"},
        ),
        DemoOrder(
            "risk seen at the provider: held, released by staff",
            order("1011", one, card("pm_card_riskLevelElevated")),
            Ending.COMPLETED,
            2380,
            review="release",
        ),
        DemoOrder(
            "customer cancels while it is picked",
            order("1005", one, card()),
            Ending.CANCELLED,
            2380,
            cancel_at="in_fulfilment",
        ),
        DemoOrder(
            "cancelled after the capture: recalled and refunded",
            order("1006", several, card()),
            Ending.CANCELLED,
            several_due,
            cancel_at="released",
        ),
        DemoOrder(
            "backordered, sent when the goods have come",
            order("1010", [line("1", "BOWL-RAKU", "Raku bowl, signed", 1, 24000)], card()),
            Ending.COMPLETED,
            24490,
            missing="BOWL-RAKU",
        ),
        DemoOrder(
            "paid at a marketplace",
            order("1007", one, {"terms": "prepaid", "reference": "MP-778-1007"}),
            Ending.COMPLETED,
            0,
            charged_here=False,
        ),
    ]


class Demo:
    """Places the orders, follows them, and lets the judge look at the ledgers."""

    def __init__(self, stack: Stack, installation: Installation, console: Console) -> None:
        """On a stack that runs."""
        self._stack = stack
        self._console = console
        self._sandbox = stack.client()
        self._installation = installation

    def run(self) -> bool:
        """The whole demo; whether every ledger agrees with every order."""
        self._sandbox.configure(
            wms={"pick_after": 1.0, "pack_after": 0.8, "hand_over_after": 1.2},
            shippo={"transit_after": 0.5, "delivered_after": 1.5},
        )
        keys = DemoShop(self._stack.api_url, self._sandbox, self._installation).set_up(hurry=True)
        self._console.print(f"Shop {SHOP}: catalogue, bins, stock, policies and keys are in place")
        placed = orders()
        with httpx.Client(
            base_url=self._stack.api_url, headers={"X-API-Key": keys["shop"]}, timeout=30
        ) as shop:
            self._place(shop, placed)
            self._follow(shop, placed)
        self._sandbox.settle(5)
        accounts = self._judge(placed)
        self._table(placed, accounts)
        return all(order.ended for order in placed) and not any(a.problems for a in accounts)

    def _place(self, shop: httpx.Client, placed: list[DemoOrder]) -> None:
        for order in placed:
            if order.finds is not None:
                name = order_id(SHOP, order.body["channel"], order.body["number"])
                self._sandbox.fault("wms", "play", "short_pick", order=name, **order.finds)
            answer = shop.post("/orders", json=order.body)
            if answer.status_code != 202:
                raise RuntimeError(f"POST /orders: {answer.status_code} {answer.text}")
            order.order_id = answer.json()["order"]
            order.began = time.monotonic()
            self._line(order, "accepted", order.title)

    def _follow(self, shop: httpx.Client, placed: list[DemoOrder]) -> None:
        by_id = {order.order_id: order for order in placed}
        after = 0
        deadline = time.monotonic() + _PATIENCE
        while not all(order.ended for order in placed) and time.monotonic() < deadline:
            page = shop.get("/events", params={"after": after}).json()
            for event in page["events"]:
                order = by_id.get(event["order"])
                if order is not None:
                    self._see(shop, order, event)
            after = page["next"]
            time.sleep(0.1)

    def _see(self, shop: httpx.Client, order: DemoOrder, event: Json) -> None:
        order.status = event["status"]
        tracking = " ".join(one["tracking_number"] for one in event.get("tracking", []))
        self._line(order, event["status"], event.get("detail") or tracking)
        if order.other_card is not None and event["status"] == "awaiting_payment":
            method = demo_orders.card(order.other_card)
            shop.post(f"/orders/{order.order_id}/payment-method", json=method)
            self._line(order, "another card", order.other_card)
        if order.missing is not None and event["status"] == "backordered":
            self._receive(order, order.missing)
        if order.review is not None and event["status"] == "in_review":
            self._decide(shop, order, order.review)
        if order.cancel_at == event["status"] and not order.cancelled:
            order.cancelled = True
            answer = shop.post(
                f"/orders/{order.order_id}/cancel",
                json={"who": "the customer", "why": "found it cheaper"},
            )
            said = answer.json()
            self._line(order, "cancel asked", said.get("message") or said["detail"])

    def _receive(self, order: DemoOrder, sku: str) -> None:
        """The goods come in: whoever is first in line has them."""
        answer = httpx.post(
            f"{self._stack.api_url}/shops/{SHOP}/stock/receipts",
            json={"sku": sku, "quantity": 1},
            headers={
                "X-API-Key": self._installation.secrets["admin_key"],
                "Idempotency-Key": f"for {order.order_id}",
            },
            timeout=30,
        )
        answer.raise_for_status()
        self._line(order, "goods received", f"1 x {sku}")

    def _decide(self, shop: httpx.Client, order: DemoOrder, answer: str) -> None:
        """Staff look at what is held."""
        cases = shop.get("/cases", params={"kind": "review"}).json()["cases"]
        for case in (one for one in cases if one["order"] == order.order_id):
            said = {"answer": answer, "who": "Ana, support", "why": "the customer is known"}
            shop.post(f"/cases/{case['id']}/answer", json=said)
            self._line(order, answer, case["reason"])

    def _line(self, order: DemoOrder, what: str, detail: str) -> None:
        since = time.monotonic() - order.began
        self._console.print(
            f"[dim]{order.body['number']}[/] +{since:5.2f} s  [bold]{what:<17}[/] {detail}",
            highlight=False,
            soft_wrap=True,
        )

    def _judge(self, placed: list[DemoOrder]) -> list[Account]:
        entries = self._sandbox.ledger()
        return [
            judge(Expected(order.order_id, order.due, order.ending, order.charged_here), entries)
            for order in placed
        ]

    def _table(self, placed: list[DemoOrder], accounts: list[Account]) -> None:
        """Eighty columns hold it, also where nobody says how wide the terminal is."""
        table = Table(
            title="What the providers' ledgers say (sums in cents; yen for JPY)",
            box=None,
            padding=(0, 1, 0, 0),
            pad_edge=False,
        )
        for name in ("order", "ended"):
            table.add_column(name, no_wrap=True)
        for name in ("authorized", "captured", "let go", "refunded", "labels", "mails", "calls"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("verdict", no_wrap=True)
        wrong: list[str] = []
        for order, sums in zip(placed, accounts, strict=True):
            number = str(order.body["number"])
            problems = list(sums.problems)
            if order.status != order.ending.value:
                problems.append(f"ended {order.status or 'nowhere'}, not {order.ending.value}")
            wrong += [f"{number} {order.title}: {problem}" for problem in problems]
            table.add_row(
                number,
                order.status,
                *(str(n) for n in (sums.authorized, sums.captured, sums.let_go, sums.refunded)),
                f"{sums.labels_live}/{sums.labels_bought}",
                str(sum(sums.mails.values())),
                str(sums.callbacks),
                "[red]WRONG[/]" if problems else "[green]balances[/]",
            )
        self._console.print(table)
        self._console.print("labels: still live / bought; calls: callbacks that the shop received")
        for problem in wrong:
            self._console.print(f"[red]{problem}[/]")


def run_demo(stack: Stack, installation: Installation, console: Console) -> bool:
    """Run the demo on a started stack; whether all ledgers agree."""
    return Demo(stack, installation, console).run()
