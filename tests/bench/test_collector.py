"""The benchmark's collector counts what a real exporter sends, and misses what was not sent."""

from collections.abc import Generator
from threading import Thread

import pytest

from bench.collector import Seen, collector
from bench.safeguards import Collected, SpansMissingError, all_told
from cli.progress import Teller
from runtime.tracing import tracing


@pytest.fixture
def collected() -> Generator[Collected]:
    server = collector(0, Seen())
    serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    yield Collected(f"http://127.0.0.1:{server.server_address[1]}")
    server.shutdown()
    server.server_close()
    serving.join()


def test_an_order_whose_end_was_not_sent_ends_the_measurement(
    collected: Collected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collected.url)
    traces = tracing("test")
    for name in ("RunWorkflow:Order", "CompleteWorkflow:Order", "Callback"):
        with traces.step("ord_1", name, {}):
            pass
    traces.close()
    assert collected.seen() == {"spans": 3, "requests": 1, "ended": 1}
    all_told(collected, Teller(), 1, within=1)
    with pytest.raises(SpansMissingError, match="1 of 2"):
        all_told(collected, Teller(), 2, within=0.1)
