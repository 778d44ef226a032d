"""Tracing with OpenTelemetry: off, until OpenTelemetry's own settings name a collector.

Spans hold ids, names of operations, states, counts and times, and nothing that anybody wrote:
what a failure says may hold a name or an address, so it never leaves the process.
"""

import logging
import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from threading import Thread

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from opentelemetry.util.types import AttributeValue

from runtime.order_trace import OrderIds, OrderTrace

log = logging.getLogger("ordersaga.tracing")

_ADDRESSES = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_PROTOCOL = "http/protobuf"
_TELLING = frozenset({"exception.type", "exception.escaped"})
_PATIENCE = 3.0
"""Seconds that a process which ends gives the last spans."""


class Tracing:
    """What a process adds to orders' traces. Without a trace, nothing."""

    def __init__(
        self, provider: TracerProvider | None = None, trace: OrderTrace | None = None
    ) -> None:
        self._provider = provider
        self.trace = trace

    @contextmanager
    def accepted(self, order: str, source: str, began: int) -> Generator[None]:
        """An order is taken in; ``began`` is when it came, in nanoseconds since 1970."""
        if self.trace is None:
            yield
            return
        with self.trace.first(order, "AcceptOrder", began, {"ordersaga.source": source}):
            yield

    @contextmanager
    def step(
        self, order: str, name: str, attributes: Mapping[str, AttributeValue]
    ) -> Generator[None]:
        """Something is done for an order outside its workflow."""
        if self.trace is None:
            yield
            return
        with self.trace.step(order, name, attributes):
            yield

    def close(self, patience: float = _PATIENCE) -> None:
        """Send what is left, for at most so many seconds."""
        if self._provider is None:
            return
        closing = Thread(target=self._provider.shutdown, name="tracing-ends", daemon=True)
        closing.start()
        closing.join(patience)


OFF = Tracing()


class TracingUnusable(ValueError):
    """The settings ask for tracing, in a way that is not known here; the message says how."""


def collector() -> str:
    """Where OpenTelemetry's settings want spans to go; empty where tracing is off.

    Raises:
        TracingUnusable: they name a protocol or an exporter that is not spoken.
    """
    address = _first(_ADDRESSES)
    exporter = os.environ.get("OTEL_TRACES_EXPORTER", "").strip().lower() or "otlp"
    if not address or exporter == "none" or _disabled():
        return ""
    protocol = _first(_PROTOCOLS) or _PROTOCOL
    if exporter != "otlp" or protocol != _PROTOCOL:
        raise TracingUnusable(f"spans are sent as otlp over {_PROTOCOL}, not {exporter}/{protocol}")
    return address


def tracing(service: str) -> Tracing:
    """Tracing as the environment asks for it; ``service`` is this process's name where it has none.

    Settings that cannot be used are logged, and stop nobody.
    """
    try:
        if not collector():
            return OFF
        return tracing_to(BatchSpanProcessor(WithoutWords(OTLPSpanExporter())), service)
    except Exception:  # the border: whatever is wrong with tracing, orders are carried out
        log.exception("tracing is off: its settings cannot be used")
        return OFF


def tracing_to(processor: SpanProcessor, service: str) -> Tracing:
    """Tracing whose spans go to this processor."""
    named = SERVICE_NAME in OTELResourceDetector().detect().attributes
    resource = Resource.create({} if named else {SERVICE_NAME: service})
    # A process of ours leaves through `os._exit`, so it closes by itself.
    provider = TracerProvider(resource=resource, shutdown_on_exit=False, id_generator=OrderIds())
    provider.add_span_processor(processor)
    return Tracing(provider, OrderTrace(provider))


def _first(names: Sequence[str]) -> str:
    return next((value for name in names if (value := os.environ.get(name, "").strip())), "")


def _disabled() -> bool:
    return os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"


class WithoutWords(SpanExporter):
    """Passes spans on without what failures said."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them."""
        return self._exporter.export([_plain(span) for span in spans])

    def shutdown(self) -> None:
        """Send no more."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing is kept here."""
        return self._exporter.force_flush(timeout_millis)


def _plain(span: ReadableSpan) -> ReadableSpan:
    if not span.events and span.status.description is None:
        return span
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=span.attributes,
        events=[_plain_event(event) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _plain_event(event: Event) -> Event:
    kept = {name: value for name, value in (event.attributes or {}).items() if name in _TELLING}
    return Event(event.name, kept, event.timestamp)
