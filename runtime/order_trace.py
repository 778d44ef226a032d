"""One trace for each order: its ids follow from the order's own.

An order lives for weeks, in many processes, and most of what happens to it is begun by a loop, a
webhook or a person. Whoever has its id can add to its trace: nothing has to be stored or handed on.
"""

import hashlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from opentelemetry.context import Context, attach, detach
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    TraceFlags,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.util.types import AttributeValue

from domain.ids import order_of

ORDER = "temporalWorkflowID"
"""The attribute that names an order, on its own spans as on those of Temporal's SDK."""

_SCOPE = "ordersaga"
_given: ContextVar[tuple[int, int] | None] = ContextVar("_given", default=None)


class OrderIds(RandomIdGenerator):
    """Draws ids, but for an order's first span, which is given its own."""

    def generate_trace_id(self) -> int:
        """128 bits."""
        given = _given.get()
        return super().generate_trace_id() if given is None else given[0]

    def generate_span_id(self) -> int:
        """64 bits."""
        given = _given.get()
        return super().generate_span_id() if given is None else given[1]


def ids_of(order: str) -> tuple[int, int]:
    """An order's trace id, and the id of the trace's first span."""
    digest = hashlib.sha256(f"trace {order}".encode()).digest()
    return int.from_bytes(digest[:16]), int.from_bytes(digest[16:24])


class OrderTrace:
    """Adds spans to orders' traces."""

    def __init__(self, provider: TracerProvider) -> None:
        """``provider`` draws its ids from `OrderIds`."""
        self.tracer = provider.get_tracer(_SCOPE)
        self._sampler = provider.sampler

    @contextmanager
    def first(
        self, order: str, name: str, began: int, attributes: Mapping[str, AttributeValue]
    ) -> Generator[None]:
        """The first span of an order's trace; ``began`` is in nanoseconds since 1970."""
        token = _given.set(ids_of(order))
        try:
            span = self.tracer.start_span(
                name,
                Context(),
                SpanKind.SERVER,
                {ORDER: order, **attributes},
                start_time=began,
            )
        finally:
            _given.reset(token)
        with _current(set_span_in_context(span, Context())):
            try:
                yield
            finally:
                span.end()

    @contextmanager
    def step(
        self, order: str, name: str, attributes: Mapping[str, AttributeValue]
    ) -> Generator[None]:
        """A call to somebody else for an order."""
        with self.tracer.start_as_current_span(
            name,
            self._context(order),
            SpanKind.CLIENT,
            {ORDER: order, **attributes},
        ):
            yield

    @contextmanager
    def within(self, workflow: str) -> Generator[None]:
        """What begins here belongs to the order of this workflow, unless it is part of something.

        The order's first span need not have been sent: an order may be older than tracing is.
        """
        if get_current_span().get_span_context().is_valid or not workflow:
            yield
            return
        with _current(self._context(order_of(workflow))):
            yield

    def _context(self, order: str) -> Context:
        trace, span = ids_of(order)
        # As the first span was decided on, wherever that was: by the trace's id alone.
        decided = self._sampler.should_sample(Context(), trace, _SCOPE).decision
        flags = TraceFlags.SAMPLED if decided.is_sampled() else TraceFlags.DEFAULT
        first = SpanContext(trace, span, is_remote=True, trace_flags=TraceFlags(flags))
        return set_span_in_context(NonRecordingSpan(first), Context())


@contextmanager
def _current(context: Context) -> Generator[Any]:
    token = attach(context)
    try:
        yield
    finally:
        detach(token)
