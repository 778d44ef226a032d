"""The main job, shown: orders from an HTTP request to the doorstep, judged by the ledgers."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
from rich.console import Console
from rich.table import Table

from cli.demo_shop import SHOP, DemoShop
from cli.demo_stage import Stage, Story
from cli.demo_stories import SCENARIOS, Scenario
from cli.installation import Installation
from cli.stack import Stack
from sandbox.client import SandboxClient
from sandbox.judge import Account, Expected, judge

_PATIENCE = 60.0
_PEOPLE = 8


def run_demo(
    stack: Stack, installation: Installation, console: Console, scenario: Scenario
) -> bool:
    """Run a scenario on a started stack; whether every ledger agrees with every order."""
    sandbox = stack.client()
    sandbox.configure(
        wms={"pick_after": 1.0, "pack_after": 0.8, "hand_over_after": 2.0},
        shippo={"transit_after": 0.5, "delivered_after": 1.5},
    )
    keys = DemoShop(stack.api_url, sandbox, installation).set_up(hurry=True)
    console.print(f"Shop {SHOP}: catalogue, bins, stock, policies and keys are in place")
    stories: list[Story] = []
    with (
        _client(stack.api_url, keys["shop"]) as shop,
        _client(stack.api_url, installation.secrets["admin_key"]) as admin,
        ThreadPoolExecutor(_PEOPLE) as people,
    ):
        stage = Stage(console, sandbox, shop, admin, people)
        for family in SCENARIOS[scenario]:
            stories += (placed := family())
            _place(stage, placed)
            _follow(stage, placed)
        for move in stage.moves:
            move.result()
    sandbox.settle(5)
    accounts = _judge(sandbox, stories)
    _table(console, stories, accounts)
    return all(story.ended for story in stories) and not any(a.problems for a in accounts)


def _client(url: str, key: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"X-API-Key": key}, timeout=30)


def _place(stage: Stage, stories: list[Story]) -> None:
    for story in stories:
        if story.before is not None:
            story.before(stage, story)
        answer = stage.shop.post("/orders", json=story.body)
        if answer.status_code != 202:
            raise RuntimeError(f"POST /orders: {answer.status_code} {answer.text}")
        story.began = time.monotonic()
        stage.say(story, "accepted", story.title)


def _follow(stage: Stage, stories: list[Story]) -> None:
    by_id = {story.order_id: story for story in stories}
    after = 0
    deadline = time.monotonic() + _PATIENCE
    while not all(story.ended for story in stories) and time.monotonic() < deadline:
        page = stage.shop.get("/events", params={"after": after}).json()
        for event in page["events"]:
            story = by_id.get(event["order"])
            if story is not None:
                stage.see(story, event)
        after = page["next"]
        time.sleep(0.1)


def _judge(sandbox: SandboxClient, stories: list[Story]) -> list[Account]:
    entries = sandbox.ledger()
    return [judge(_expected(story), entries) for story in stories]


def _expected(story: Story) -> Expected:
    return Expected(
        story.order_id,
        story.due,
        story.ending,
        story.charged_here,
        parcels=story.shipments,
        shipments=story.shipments,
        by_transfer=story.by_transfer,
    )


def _sums(story: Story, sums: Account) -> tuple[int, int, int, int]:
    """What was held, taken, let go and given back; a bank has the first three of its own kind."""
    if story.by_transfer:
        return sums.received, sums.received - sums.sent_back, sums.sent_back, 0
    return sums.authorized, sums.captured, sums.let_go, sums.refunded


def _table(console: Console, stories: list[Story], accounts: list[Account]) -> None:
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
    for story, sums in zip(stories, accounts, strict=True):
        problems = list(sums.problems)
        if story.status != story.ending.value:
            problems.append(f"ended {story.status or 'nowhere'}, not {story.ending.value}")
        wrong += [f"{story.number} {story.title}: {problem}" for problem in problems]
        table.add_row(
            story.number,
            story.status,
            *(str(amount) for amount in _sums(story, sums)),
            f"{sums.labels_live}/{sums.labels_bought}",
            str(sum(sums.mails.values())),
            str(sums.callbacks),
            "[red]WRONG[/]" if problems else "[green]balances[/]",
        )
    console.print(table)
    if any(story.by_transfer for story in stories):
        console.print("by bank transfer: what came, what was kept, what was sent back")
    console.print("labels: still live / bought; calls: callbacks that the shop received")
    for problem in wrong:
        console.print(f"[red]{problem}[/]")
