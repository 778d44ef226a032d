"""Spans as a collector gets them, kept in memory."""

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio.api.common.v1 import Payload

from runtime.order_trace import ORDER
from runtime.tracing import WithoutWords, tracing_to


class Kept:
    """Tracing, and what it sent."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self.tracing = tracing_to(SimpleSpanProcessor(WithoutWords(self._exporter)), "test")

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """All of them, as they ended."""
        return self._exporter.get_finished_spans()

    def of(self, order: str) -> list[ReadableSpan]:
        """Those that name an order, or a workflow of its."""
        return [span for span in self.spans if str(attribute(span, ORDER)).startswith(order)]

    def names(self, order: str) -> set[str]:
        """Of the order's spans."""
        return {span.name for span in self.of(order)}

    @property
    def text(self) -> str:
        """Everything that all of them say."""
        return "\n".join(span.to_json() for span in self.spans)


def attribute(span: ReadableSpan, name: str) -> object:
    """One attribute; None where there is none."""
    return (span.attributes or {}).get(name)


def trace_of(span: ReadableSpan) -> int:
    """Its trace."""
    assert span.context is not None
    return span.context.trace_id


def id_of(span: ReadableSpan) -> int:
    """Its own id."""
    assert span.context is not None
    return span.context.span_id


UNREADABLE = {
    "not JSON": Payload(metadata={"encoding": b"json/plain"}, data=b"{"),
    "a list": Payload(metadata={"encoding": b"json/plain"}, data=b"[1]"),
    "numbers": Payload(metadata={"encoding": b"json/plain"}, data=b'{"traceparent": 1}'),
    "encrypted": Payload(metadata={"encoding": b"binary/encrypted"}, data=b"x"),
    "nothing said": Payload(),
}
"""Headers that tell of no trace, by what is wrong with them."""
