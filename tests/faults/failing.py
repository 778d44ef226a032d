"""Failpoints in a worker: each order's work breaks off where the plan says, everything else runs.

A break holds one try for ever, which looks to the engine as a dead worker does; so all orders can
be held at their points together, and one SIGKILL is the death of all of them.
"""

import asyncio
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from temporalio import activity
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from backoffice.database import Database
from domain.creditor_reference import creditor_reference
from domain.failures import BeingMade
from domain.ids import order_of
from sandbox.client import SandboxClient
from tests.faults.plan import (
    RAN,
    REACHED,
    WENT_ON,
    Break,
    Kind,
    Note,
    Notebook,
    activity_of,
    point_of,
)

_READS = ("list_", "get_", "retrieve_", "search_", "look_up", "validate_")
_LOOKS = "look_at_"
"""Activities that only look at what there is, and write nothing at a vendor."""
_ONLY_LOOKED_AT = " (looks)"
"""Behind the name of a vendor whose looks are told apart: a step that has an effect there is
broken at that, and not at what it reads before; one that only reads, at its first look."""
_READ_AT_BANK = ("account", "bookings", "booking", "transfers", "sent")


@dataclass
class Try:
    """One try of one activity, as far as it has come."""

    order: str
    point: str
    number: int
    broken: Break | None
    effect_done: bool = False
    vendors: list[str] = field(default_factory=list[str])

    def breaks(self, *kinds: Kind) -> bool:
        """Whether this try is to be broken in one of these ways."""
        return self.broken is not None and self.broken.kind in kinds

    def goes_on_to(self, vendor: str) -> bool:
        """Whether it is broken at an effect there, so that its looks go unhindered."""
        return self.broken is not None and vendor in self.broken.vendors

    @property
    def before_commit(self) -> bool:
        """Whether what is written now is the effect's record."""
        return self.broken is not None and (self.effect_done or not self.broken.vendors)


_current: ContextVar[Try | None] = ContextVar("try", default=None)


class _NotWrittenError(Exception):
    """The transaction is to be rolled back, as the process's death would do."""


class Failpoints:
    """What all parts of one failing worker share."""

    def __init__(
        self, plan: Mapping[str, Break], notebook: Notebook, sandbox: SandboxClient
    ) -> None:
        """Every order that the plan does not name goes unhindered."""
        self.plan = plan
        self.sandbox = sandbox
        self._notebook = notebook
        self._awake = threading.Event()
        self._awake_too = asyncio.Event()
        self._lost: set[str] = set()

    def wake(self) -> None:
        """Let all zombies go on."""
        self._awake.set()
        self._awake_too.set()

    def note(self, event: str, this: Try) -> None:
        """Tell the harness."""
        self._notebook.add(Note(event, this.order, this.point, tuple(this.vendors)))

    def hold(self, this: Try) -> None:
        """Hold a thread: a zombie until it is woken, everything else for ever."""
        self.note(REACHED, this)
        if this.breaks(Kind.ZOMBIE_BEFORE_EFFECT):
            self._awake.wait()
        else:
            threading.Event().wait()

    async def hold_after(self, this: Try) -> None:
        """Hold a try that has done everything but say so."""
        if this.breaks(Kind.KILLED_AFTER_COMMIT):
            self.note(REACHED, this)
            await asyncio.Event().wait()
        if this.breaks(Kind.ZOMBIE_BEFORE_COMPLETION):
            self.note(REACHED, this)
            await self._awake_too.wait()

    def lose_once(self, this: Try) -> bool:
        """Whether the connection is lost now; it happens once for each order."""
        if not this.breaks(Kind.COMMIT_LOST) or this.order in self._lost:
            return False
        self._lost.add(this.order)
        self.note(REACHED, this)
        return True


class FailingActivities(Interceptor):
    """Watches every activity, and breaks those of the plan."""

    def __init__(self, points: Failpoints) -> None:
        """``points`` are the process's own."""
        self._points = points

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 # the engine's own name
        """The SDK's hook."""
        return _Watched(next, self._points)


class _Watched(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, points: Failpoints) -> None:
        super().__init__(inner)
        self._points = points

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 # the engine's own name
        info = activity.info()
        order = order_of(info.workflow_id or "")
        point = point_of(info.activity_type, input.args[0])
        broken = self._points.plan.get(order)
        if broken is not None and broken.point != point:
            broken = None
        this = Try(order, point, info.attempt, broken)
        _current.set(this)
        rules = await asyncio.to_thread(self._lose_answers, this, input.args[0])
        try:
            result = await super().execute_activity(input)
            self._points.note(RAN, this)
            await self._points.hold_after(this)
            return result
        finally:
            await asyncio.to_thread(self._answers_come_again, this, rules)
            if this.breaks(Kind.ZOMBIE_BEFORE_EFFECT, Kind.ZOMBIE_BEFORE_COMPLETION):
                self._points.note(WENT_ON, this)

    def _lose_answers(self, this: Try, request: object) -> list[str]:
        """Drop the answers to this step's writing calls, the SDK's own second tries included.

        Of one that only looks it is the answers to what it reads.
        """
        if not this.breaks(Kind.ANSWER_LOST) or this.number > 1 or this.broken is None:
            return []
        sandbox = self._points.sandbox
        vendors = this.broken.vendors
        looks = activity_of(this.point).startswith(_LOOKS) or all(
            one.endswith(_ONLY_LOOKED_AT) for one in vendors
        )
        names = _looked_at(request, this.order) if looks else _names(sandbox, this.order)
        return [
            sandbox.fault(one["provider"], one["operation"], "drop_after", order=name, times=3)
            for one in sandbox.operations()
            if one["provider"] in {vendor.removesuffix(_ONLY_LOOKED_AT) for vendor in vendors}
            and "drop_after" in one["kinds"]
            and _reads(one["operation"]) is looks
            for name in names
        ]

    def _answers_come_again(self, this: Try, rules: list[str]) -> None:
        if not rules:
            return
        fired = {each["id"] for each in self._points.sandbox.faults() if each["fired"]}
        if fired & set(rules):
            self._points.note(REACHED, this)
        for rule in rules:
            self._points.sandbox.clear_faults(rule)


def _reads(operation: str) -> bool:
    return operation.startswith(_READS) or operation in _READ_AT_BANK


def _looked_at(request: object, order: str) -> list[str]:
    """What a call names that looks at something of the order's."""
    for name in ("refund", "reference"):
        found = getattr(request, name, None)
        if found:
            return [str(found)]
    return [creditor_reference(order)]


def _names(sandbox: SandboxClient, order: str) -> list[str]:
    """What a call about an order may name: the order, or a label of its."""
    labels = sandbox.ledger("shippo", order, "label_purchased")
    return [order, *(str(one.data["transaction"]) for one in labels)]


class Door:
    """A vendor's client; a try that is broken before its effect comes no further than here."""

    def __init__(
        self,
        client: object,
        vendor: str,
        points: Failpoints,
        looks: Callable[[str], bool] = lambda name: False,
    ) -> None:
        """``vendor`` is the sandbox's name for it; calls that ``looks`` says so of are told apart
        from those that have an effect."""
        self._client = client
        self._vendor = vendor
        self._points = points
        self._looks = looks

    def __getattr__(self, name: str) -> Any:
        """The client's own attribute; its methods are watched."""
        inner: Any = getattr(self._client, name)
        if not callable(inner):
            return inner
        return self._watched(inner, self._looks(name))

    def _watched(self, inner: Callable[..., Any], looks: bool) -> Callable[..., Any]:
        vendor = self._vendor + (_ONLY_LOOKED_AT if looks else "")

        def call(*arguments: Any, **named: Any) -> Any:
            this = _current.get()
            if this is None or (looks and this.goes_on_to(self._vendor)):
                return inner(*arguments, **named)
            first = vendor not in this.vendors
            if first:
                this.vendors.append(vendor)
            if first and this.breaks(Kind.KILLED_BEFORE_EFFECT, Kind.ZOMBIE_BEFORE_EFFECT):
                self._points.hold(this)
            try:
                result = inner(*arguments, **named)
            except BeingMade:
                this.effect_done = True  # it was asked for, and will be there some time
                raise
            this.effect_done = True
            return result

        return call


class FailingDatabase(Database):
    """The books; a commit of the plan is not made, or made and not heard of."""

    points: Failpoints | None = None

    @contextmanager
    def transaction(self) -> Generator[Connection]:
        """As ever, but for what the plan says."""
        this = _current.get()
        points = self.points
        if this is None or points is None:
            with super().transaction() as connection:
                yield connection
            return
        if this.before_commit and not this.effect_done:
            # Our own books are the effect: nobody stands at a vendor's door.
            this.effect_done = True
            if this.breaks(Kind.KILLED_BEFORE_EFFECT, Kind.ZOMBIE_BEFORE_EFFECT):
                points.hold(this)
        try:
            with super().transaction() as connection:
                yield connection
                if this.before_commit and this.breaks(Kind.KILLED_BEFORE_COMMIT):
                    raise _NotWrittenError
        except _NotWrittenError:
            points.hold(this)
        if this.before_commit and points.lose_once(this):
            raise OperationalError("COMMIT", None, ConnectionError("the answer was lost"))
