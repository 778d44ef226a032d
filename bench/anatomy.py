"""What a plain order of ours is made of, measured: statements, requests, payloads, documents.

A number of orders run in one process, where everything can be watched; what is found makes the
bare order that ours is compared with.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import psycopg
import typst
from temporalio.api.history.v1 import HistoryEvent

from bench.bare.plan import Anatomy, Call, Drawing, Script, Statement, dealt, script
from bench.histories import commands, payload_sizes
from bench.plain_order import body, new_number
from bench.requests_seen import RequestsSeen
from bench.running_stack import AT_ONCE, libpq
from bench.statements import API, RELAYS, Sent, counted_statements
from bench.virtual_engine import VirtualEngine, open_virtual_engine
from cli.progress import Counted, Teller
from sandbox.client import SandboxClient

ORDERS = 40
IN_FLIGHT = 20
CALLBACKS = 11
_PATIENCE = 240.0
_POLL_SECONDS = 0.05
_COMPLETED = b"SELECT count(*) FROM orders WHERE status = 'completed'"
_LOCAL = ("reserve_stock", "record")
_LOCAL_BYTES = 450
"""A local activity's request is in no history; it is as long as the others' are."""


@dataclass(frozen=True)
class Examined:
    """An order's parts; its requests by operation, its commands by kind."""

    anatomy: Anatomy
    requests: Mapping[str, float]
    commands: Counter[str]

    @property
    def statements(self) -> int:
        """How many statements the parts hold in all."""
        anatomy = self.anatomy
        mails = self.commands["activity send_mail"]
        calls = [
            call.script
            for name, call in anatomy.calls.items()
            for _ in range(mails if name == "send_mail" else 1)
        ]
        return sum(len(one) for each in (*calls, *anatomy.api, *anatomy.relays) for one in each)


async def examine(teller: Teller) -> Examined:
    """Run orders and watch them."""
    teller.say(f"anatomy: {ORDERS} orders in one process, watched")
    policy = {"review_after": "PT0.01S", "complaints_within": "PT0.01S"}
    with _watched_compiler() as drawings, counted_statements() as counter:
        async with open_virtual_engine(teller, auto=True, policy=policy) as engine:
            sandbox = engine.world.sandbox
            await asyncio.to_thread(lambda: sandbox.configure(**AT_ONCE))
            seen = await asyncio.to_thread(RequestsSeen, sandbox)
            counter.sent.clear()
            with teller.counting("orders", ORDERS) as counted:
                orders = await _carry(engine, counted)
            await asyncio.to_thread(sandbox.settle, 30)
            sent = {name: one for name, one in counter.sent.items() if name in (API, RELAYS)}
            sent |= {name: one for name, one in counter.sent.items() if one.executions}
            requests = await asyncio.to_thread(seen.per_order, ORDERS)
            histories = [
                (await engine.world.handle(order).fetch_history()).events for order in orders
            ]
            found = _drawn(drawings, orders)
            longest = await asyncio.to_thread(_mail_bytes, sandbox, found.order)
    anatomy = _anatomy(sent, requests, histories, found, longest)
    each = Counter({name: n // ORDERS for name, n in _summed(histories).items()})
    return Examined(anatomy, requests, each)


async def _carry(engine: VirtualEngine, counted: Counted) -> dict[str, str]:
    """Orders by id, with their numbers; all have ended well."""
    orders: dict[str, str] = {}
    ended = 0
    deadline = time.monotonic() + _PATIENCE
    async with await psycopg.AsyncConnection.connect(
        libpq(engine.database_url), autocommit=True
    ) as database:
        while ended < ORDERS:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{ended} of {ORDERS} orders have ended")
            if len(orders) < ORDERS and len(orders) - ended < IN_FLIGHT:
                number = new_number()
                orders[await engine.world.place(body(number))] = number
            else:
                await asyncio.sleep(_POLL_SECONDS)
            row = await (await database.execute(_COMPLETED)).fetchone()
            ended = row[0] if row else 0
            counted.at(ended)
    return orders


def _summed(histories: Sequence[Sequence[HistoryEvent]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for events in histories:
        total.update(commands(events))
    return total


def _mail_bytes(sandbox: SandboxClient, order: str) -> int:
    mails = sandbox.mailbox(order=order)
    texts = [sum(len(part["value"].encode()) for part in mail["content"]) for mail in mails]
    return round(sum(texts) / len(texts))


# -- statements ---------------------------------------------------------------------------------


def _anatomy(
    sent: Mapping[str, Sent],
    requests: Mapping[str, float],
    histories: Sequence[Sequence[HistoryEvent]],
    drawn: "_Drawn",
    mail_bytes: int,
) -> Anatomy:
    sizes = payload_sizes(histories)
    signals = {name: max(each) for name, each in sizes.signals.items()}
    coming_in = 1 + round(sum(n for name, n in requests.items() if name.endswith(" webhook")))
    calls = {
        name: Call(
            request=_LOCAL_BYTES if name in _LOCAL else sizes.request(name),
            result=sizes.result(name),
            script=_script(one, len(one.executions)),
        )
        for name, one in sent.items()
        if one.executions
    }
    return Anatomy(
        start=max(sizes.start),
        signals=signals,
        calls=calls,
        api=_dealt(sent[API], coming_in),
        relays=_dealt(sent[RELAYS], CALLBACKS + len(signals)),
        drawings=drawn.drawings,
        mail_bytes=mail_bytes,
        order=drawn.order,
        number=drawn.number,
    )


def _statements(sent: Sent, times: int) -> list[Statement]:
    """What was sent in one of so many times, by verb, each with the mean of its bytes."""
    return [
        (verb, sent.parameter_bytes[verb] // count)
        for verb, count in sorted(sent.statements.items())
        for _ in range(round(count / times))
    ]


def _script(sent: Sent, times: int) -> Script:
    return script(_statements(sent, times), round(sent.transactions / times))


def _dealt(sent: Sent, parts: int) -> tuple[Script, ...]:
    return dealt(_statements(sent, ORDERS), round(sent.transactions / ORDERS), parts)


# -- documents ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Drawn:
    """One order's documents, with the words that are its own."""

    order: str
    number: str
    drawings: tuple[Drawing, ...]


def _drawn(drawings: Sequence[Drawing], orders: Mapping[str, str]) -> _Drawn:
    for order, number in orders.items():
        own = tuple(one for one in drawings if any(number in v for v in one.inputs.values()))
        if own:
            return _Drawn(order, number, own)
    raise LookupError("no document bears an order's number")


@contextmanager
def _watched_compiler() -> Generator[list[Drawing]]:
    """Keep what every typst compiler is asked to draw."""
    drawings: list[Drawing] = []
    compiler = typst.Compiler

    class Watched:
        """A compiler that remembers."""

        def __init__(self, *arguments: Any, **options: Any) -> None:
            self._root = str(options["root"])
            self._compiler = compiler(*arguments, **options)

        def compile(self, template: Any, **options: Any) -> Any:
            """Draw it, then note it: what could not be drawn is drawn again."""
            made = self._compiler.compile(template, **options)
            drawings.append(
                Drawing(
                    root=self._root,
                    template=str(template),
                    inputs=options["sys_inputs"],
                    options={key: each for key, each in options.items() if key != "sys_inputs"},
                )
            )
            return made

    with patch.object(typst, "Compiler", Watched):
        yield drawings
