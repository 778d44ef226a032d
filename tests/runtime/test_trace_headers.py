"""A header that tells of a trace may be anybody's: what cannot be read is no header."""

import pytest
from temporalio.api.common.v1 import Payload

from runtime.tracing_calls import Headers

UNREADABLE = {
    "not JSON": Payload(metadata={"encoding": b"json/plain"}, data=b"{"),
    "a list": Payload(metadata={"encoding": b"json/plain"}, data=b"[1]"),
    "numbers": Payload(metadata={"encoding": b"json/plain"}, data=b'{"traceparent": 1}'),
    "encrypted": Payload(metadata={"encoding": b"binary/encrypted"}, data=b"x"),
    "nothing said": Payload(),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_only_a_mapping_of_words_tells_of_a_trace(what: str) -> None:
    headers = Headers()
    assert headers.from_payloads([UNREADABLE[what]]) == [{}]
    carrier = {"traceparent": "00-1"}
    assert headers.from_payloads(headers.to_payloads([carrier])) == [carrier]
