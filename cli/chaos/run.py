"""A run from its first order to its verdict."""

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from temporalio.client import Client

from backoffice.data_keys import DataKeyBook
from backoffice.database import Database
from cli.chaos import books, rules
from cli.chaos.blows import Blows
from cli.chaos.branches import counts
from cli.chaos.desk import Desk
from cli.chaos.evidence import Collector, Evidence, summarize
from cli.chaos.floor import Floor
from cli.chaos.hours import Closed, note, opening
from cli.chaos.keeper import Keeper
from cli.chaos.misfortune import Known
from cli.chaos.payers import Payers
from cli.chaos.plan import Decree, RunPlan, make
from cli.chaos.quiet import Quiet
from cli.chaos.rates import Rates
from cli.chaos.report import Outcome, show, write_stories
from cli.chaos.shop import Keys, decree, open_shop
from cli.chaos.supplier import Supplier
from cli.chaos.traffic import Placed, Traffic
from cli.chaos.transferring import Transferrers
from cli.chaos.watch import Watch
from cli.chaos.world import BadDays, keep_count
from cli.installation import Installation
from cli.plan import Plan
from cli.progress import Teller
from cli.stack import Stack
from runtime.codec import OrderCodec
from runtime.temporal import connect, encrypting
from sandbox.client import SandboxClient

_STORMY_SECONDS = 60
"""After the last order was placed."""


@dataclass(frozen=True)
class Wanted:
    """What was asked for on the command line."""

    orders: int
    seed: int
    faults: bool = True
    kills: bool = True
    in_flight: int = 120
    workers: int = 2
    rates: Rates = Rates.REAL


def run_chaos(wanted: Wanted, folder: Path, teller: Teller) -> Outcome:
    """Start everything in a folder, put the orders through, judge, and stop everything."""
    installation = Installation.at(folder)
    stack = Stack(installation, Plan(on_files=True, workers=wanted.workers), teller.say)
    try:
        stack.start()
        sandbox = stack.client()
        keys = open_shop(stack, installation, sandbox, wanted.orders)
        plan = make(
            wanted.orders,
            wanted.seed,
            Known.of(sandbox.operations()),
            faults=wanted.faults,
            kills=wanted.kills,
            workers=wanted.workers,
            rates=wanted.rates,
        )
        outcome = asyncio.run(_Run(wanted, plan, stack, sandbox, keys, teller).carry_out())
    finally:
        stack.stop()
    show(outcome, teller.console)
    write_stories(outcome, folder)
    return outcome


class _Run:
    def __init__(
        self,
        wanted: Wanted,
        plan: RunPlan,
        stack: Stack,
        sandbox: SandboxClient,
        keys: Keys,
        teller: Teller,
    ) -> None:
        self._wanted = wanted
        self._plan = plan
        self._stack = stack
        self._sandbox = sandbox
        self._keys = keys
        self._teller = teller
        self._watch = Watch(stack.api_url, keys.shop)
        self._days = BadDays(sandbox)
        self._blows = Blows(stack, plan.blows, teller.say)
        self._desk = Desk(stack.api_url, keys.shop, Floor(sandbox), plan.seed, self._watch.where)
        self._payers = Payers(stack.api_url, keys.shop, sandbox, self._watch, plan.seed)
        self._supplier = Supplier(stack.api_url, keys.admin, plan.seed)
        self._transferrers = Transferrers(
            stack.api_url, keys.admin, keys.shop, sandbox, self._watch
        )
        self._keeper = Keeper(stack.api_url, keys.admin, keys.shop, self._watch)
        self._placed: list[Placed] = []
        self._closed: list[Closed] = []

    async def carry_out(self) -> Outcome:
        environment = self._stack.environment
        database = Database(environment["ORDERSAGA_DATABASE_URL"], pool_size=2)
        codec = OrderCodec.of(environment["ORDERSAGA_CODEC_KEYS"], DataKeyBook(database))
        engine = encrypting(await connect(environment["TEMPORAL_ADDRESS"], lazy=True), codec)
        api = self._stack.api_url
        traffic = Traffic(api, self._keys.shop, self._sandbox, engine, self._plan.seed)
        collector = Collector(api, self._keys.shop, self._sandbox, engine)
        beside = [
            asyncio.create_task(work)
            for work in (
                self._watch.follow(),
                self._desk.work(),
                self._payers.work(),
                self._supplier.work(),
                keep_count(self._days, self._ended_orders),
            )
        ]
        began = time.monotonic()
        try:
            await self._place_all(traffic)
            await asyncio.to_thread(self._blows.finish)
            beside.append(asyncio.create_task(self._clear_up()))
            ended = await self._come_to_rest(engine)
            await asyncio.to_thread(self._days.end)
            seconds = time.monotonic() - began
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
        await self._supplier.finish()
        outcome = await self._judge(collector, engine)
        outcome.seconds, outcome.ended = seconds, ended
        await self._transferrers.close()
        await self._keeper.close()
        for part in (traffic, collector, self._watch, self._desk, self._payers, self._supplier):
            await part.close()
        database.close()
        return outcome

    def _ended_orders(self) -> list[str]:
        return self._watch.ended_orders()

    async def _place_all(self, traffic: Traffic) -> None:
        weather, decrees = list(self._plan.weather), list(self._plan.decrees)
        going: set[asyncio.Task[None]] = set()
        minds: set[asyncio.Task[None]] = set()
        struck: asyncio.Future[None] | None = None
        with self._teller.counting("orders placed", len(self._plan.orders)) as counted:
            for number, plan in enumerate(self._plan.orders, 1):
                while number - 1 - self._watch.ended >= self._wanted.in_flight:
                    struck = self._strike(struck, number - 1)
                    await asyncio.sleep(0.1)
                while weather and weather[0].at <= number:
                    await asyncio.to_thread(self._days.turn, weather.pop(0))
                while decrees and decrees[0].at <= number:
                    decreed = asyncio.to_thread(self._decree, decrees.pop(0))
                    struck = await self._while_struck(struck, number, decreed)
                await asyncio.to_thread(self._days.befall, plan)
                placed = Placed(plan)
                self._placed.append(placed)
                _start(going, self._one(traffic, placed, minds))
                struck = self._strike(struck, number)
                counted.at(number)
                await asyncio.sleep(0.02)
            while going or minds or (struck is not None and not struck.done()):
                struck = self._strike(struck, len(self._plan.orders))
                await asyncio.sleep(0.1)

    def _decree(self, ruling: Decree) -> None:
        """Other rules from now on; where the warehouse is closed, remember until when."""
        now = datetime.now(UTC)
        if self._closed and self._closed[-1].until is None:
            self._closed[-1].until = now
        opens, hours = opening(now) if ruling.closed else (now, None)
        decree(self._stack.api_url, self._keys, ruling.short_pick, hours)
        if hours is not None:
            self._closed.append(Closed(datetime.now(UTC), opens))

    async def _one(self, traffic: Traffic, placed: Placed, minds: set[asyncio.Task[None]]) -> None:
        await self._keeper.take_in(placed)
        await traffic.place(placed)
        _start(minds, self._change_mind(traffic, placed))
        _start(minds, self._amend(traffic, placed))
        _start(minds, traffic.give_back(placed))
        _start(minds, traffic.complain(placed))
        _start(minds, self._transferrers.pay(placed))
        _start(minds, self._keeper.lose(placed))

    async def _change_mind(self, traffic: Traffic, placed: Placed) -> None:
        cancel = placed.plan.cancel
        if cancel is not None and cancel.late:
            await self._watch.until(placed.order_id, "captured", "released", "shipped")
        await traffic.change_mind(placed)

    async def _amend(self, traffic: Traffic, placed: Placed) -> None:
        amend = placed.plan.amend
        if amend is not None and not amend.early:
            await self._watch.until(placed.order_id, "in_fulfilment", "picked", "shipped")
        await traffic.amend(placed)

    async def _while_struck(
        self, struck: "asyncio.Future[None] | None", number: int, work: Coroutine[Any, Any, None]
    ) -> Any:
        """Wait for what needs a part that may be down: meanwhile it is started again."""
        task = asyncio.create_task(work)
        while not task.done():
            struck = self._strike(struck, number - 1)
            await asyncio.wait([task], timeout=0.1)
        task.result()
        return struck

    def _strike(self, struck: "asyncio.Future[None] | None", placed: int) -> Any:
        """One blow at a time, while orders go on."""
        if struck is not None:
            if not struck.done():
                return struck
            struck.result()
        return asyncio.ensure_future(asyncio.to_thread(self._blows.step, placed))

    async def _clear_up(self) -> None:
        """The weather clears up once nearly all orders have ended, or after a while."""
        for _ in range(_STORMY_SECONDS):
            if self._watch.ended >= 0.95 * len(self._placed):
                break
            await asyncio.sleep(1)
        await asyncio.to_thread(self._days.end)

    async def _come_to_rest(self, engine: Client) -> str:
        orders = {one.order_id for one in self._placed if one.order_id}
        quiet = Quiet(self._watch, self._sandbox, engine, lambda: self._desk.answered_at)
        with self._teller.counting("orders ended", len(orders)) as counted:
            return await quiet.wait(orders, counted.at)

    async def _judge(self, collector: Collector, engine: Client) -> Outcome:
        self._teller.say("judging every order by the ledgers")
        files, nobodys = await collector.collect(self._placed, self._watch.sequences)
        note(files, self._closed)
        outcome = Outcome(
            orders=len(files),
            by_status=Counter(file.status for file in files),
            faults=self._days.fired,
            kills=self._blows.dealt,
            freezes=self._blows.frozen,
            answers=self._desk.answers,
            payers=self._payers.did,
            takers=self._desk.takers.did,
            supplier=self._supplier.did,
            surplus_labels_voided=books.surplus_labels_voided(files),
            branches=counts(files),
            drawn_by=f"seed {self._wanted.seed}, {self._wanted.rates.value} rates",
        )
        for file in files:
            _, problems = rules.problems_of(file)
            outcome.ambiguous_mails += rules.repeated_mails(file)
            if problems or not file.ended:
                await summarize(engine, file)
            if problems:
                outcome.of_orders.append((file, problems))
            elif not file.ended:
                outcome.still_open.append(file)
        outcome.general = await asyncio.to_thread(self._general, files, nobodys)
        return outcome

    def _general(self, files: list[Evidence], nobodys: list[Any]) -> list[str]:
        levels = books.levels_of(self._stack.api_url, self._keys.admin)
        brought = self._supplier.brought + self._keeper.brought
        refused = [
            f"{one.plan.number} was not accepted: {'; '.join(one.problems)}"
            for one in self._placed
            if not one.order_id
        ]
        return [
            *refused,
            *books.stock_problems(levels, files, self._wanted.orders, brought),
            *books.orphans(nobodys),
            *books.invoice_gaps(files),
            *self._blows.died,
            *(f"the sandbox noticed a bug of its own: {words}" for words in _errors(self._sandbox)),
        ]


def _errors(sandbox: SandboxClient) -> list[str]:
    return sandbox.errors()


def _start(tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)
    tasks.add(task)

    def done(ended: asyncio.Task[None]) -> None:
        tasks.discard(ended)
        ended.result()

    task.add_done_callback(done)
