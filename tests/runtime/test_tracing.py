"""Tracing is OpenTelemetry's own settings' business, and nobody waits for a collector."""

import logging
import time
from collections.abc import Generator
from contextlib import suppress

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.trace import StatusCode

from runtime.order_trace import ids_of
from runtime.processes import free_port
from runtime.tracing import OFF, Tracing, collector, tracing
from tests.sandbox.receiver import Receiver
from tests.traces import Kept, attribute

ADDRESS = "OTEL_EXPORTER_OTLP_ENDPOINT"
ORDER = "ord_tracedorder"
NOWHERE: dict[str, dict[str, str]] = {
    "nothing is set": {},
    "no address": {"OTEL_SERVICE_NAME": "shop"},
    "no exporter": {ADDRESS: "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "none"},
    "the SDK is disabled": {ADDRESS: "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "true"},
}
UNUSABLE: dict[str, dict[str, str]] = {
    "gRPC": {ADDRESS: "http://127.0.0.1:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
    "another exporter": {ADDRESS: "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "zipkin"},
    "no queue": {ADDRESS: "http://127.0.0.1:4318", "OTEL_BSP_MAX_QUEUE_SIZE": "0"},
}


@pytest.fixture
def receiver() -> Generator[Receiver]:
    with Receiver(status=200) as opened:
        yield opened


def given(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


def add_spans(traces: Tracing) -> None:
    """Two of them; what the second is about fails."""
    with traces.accepted(ORDER, "orders", time.time_ns()):
        pass
    with suppress(ValueError), traces.step(ORDER, "Callback", {"ordersaga.callback": 1}):
        raise ValueError("Zuzanna moved away")


def sent(receiver: Receiver) -> list[ExportTraceServiceRequest]:
    return [ExportTraceServiceRequest.FromString(one.body) for one in receiver.received]


def spans_of(requests: list[ExportTraceServiceRequest]) -> list[Span]:
    return [
        span
        for request in requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


@pytest.mark.parametrize("settings", NOWHERE)
def test_without_a_collector_nothing_is_traced(
    monkeypatch: pytest.MonkeyPatch, settings: str
) -> None:
    given(monkeypatch, NOWHERE[settings])
    assert not collector()
    assert tracing("test") is OFF


@pytest.mark.parametrize("settings", UNUSABLE)
def test_settings_that_cannot_be_used_are_told_and_stop_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, settings: str
) -> None:
    given(monkeypatch, UNUSABLE[settings])
    with caplog.at_level(logging.ERROR):
        assert tracing("test") is OFF
    assert "tracing is off" in caplog.text


def test_a_collector_gets_the_spans_of_an_order(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    monkeypatch.setenv(ADDRESS, receiver.url)
    traces = tracing("ordersaga-test")
    add_spans(traces)
    traces.close()
    (request,) = sent(receiver)
    assert receiver.received[0].path == "/hook/v1/traces"
    (resource,) = request.resource_spans
    named = {one.key: one.value.string_value for one in resource.resource.attributes}
    assert named["service.name"] == "ordersaga-test"
    first, callback = spans_of([request])
    assert [first.name, callback.name] == ["AcceptOrder", "Callback"]
    trace, root = (
        number.to_bytes(size) for number, size in zip(ids_of(ORDER), (16, 8), strict=True)
    )
    assert {first.trace_id, callback.trace_id} == {trace}
    assert b"Zuzanna" not in receiver.received[0].body
    assert (first.span_id, first.parent_span_id, callback.parent_span_id) == (root, b"", root)


@pytest.mark.parametrize(
    "name", [{"OTEL_SERVICE_NAME": "till"}, {"OTEL_RESOURCE_ATTRIBUTES": "service.name=till"}]
)
def test_a_service_is_called_what_its_operator_calls_it(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver, name: dict[str, str]
) -> None:
    given(monkeypatch, {ADDRESS: receiver.url, **name})
    traces = tracing("ordersaga-test")
    add_spans(traces)
    traces.close()
    (resource,) = sent(receiver)[0].resource_spans
    named = {one.key: one.value.string_value for one in resource.resource.attributes}
    assert named["service.name"] == "till"


def test_a_share_of_orders_is_traced_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.5")
    api, worker = Kept(), Kept()
    for number in range(60):
        with api.tracing.accepted(f"ord_{number}", "orders", time.time_ns()):
            pass
        with worker.tracing.step(f"ord_{number}", "Callback", {}):
            pass
    seen = [{attribute(span, "temporalWorkflowID") for span in one.spans} for one in (api, worker)]
    assert seen[0] == seen[1]
    assert 10 < len(seen[0]) < 50


def test_a_failure_leaves_its_words_at_home() -> None:
    kept = Kept()
    with (
        pytest.raises(ValueError, match="Zuzanna"),
        kept.tracing.step(ORDER, "Callback", {"ordersaga.attempt": 3}),
    ):
        raise ValueError("Zuzanna moved away")
    (span,) = kept.spans
    assert span.status.status_code is StatusCode.ERROR
    assert attribute(span, "ordersaga.attempt") == 3
    (event,) = span.events
    assert (event.attributes or {}).get("exception.type") == "ValueError"
    assert "Zuzanna" not in kept.text


def test_nobody_waits_for_a_collector_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ADDRESS, f"http://127.0.0.1:{free_port()}")
    traces = tracing("test")
    began = time.monotonic()
    for _ in range(1500):  # more than are kept
        add_spans(traces)
    traces.close(patience=0.5)
    assert time.monotonic() - began < 20


def test_nobody_waits_for_a_collector_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Receiver(status=200, pause=5) as slow:
        monkeypatch.setenv(ADDRESS, slow.url)
        traces = tracing("test")
        add_spans(traces)
        began = time.monotonic()
        traces.close(patience=0.3)
        assert time.monotonic() - began < 3
