"""A header that tells of a trace may be anybody's: what cannot be read is no header."""

import pytest

from runtime.tracing_calls import Headers
from tests.traces import UNREADABLE


@pytest.mark.parametrize("what", UNREADABLE)
def test_only_a_mapping_of_words_tells_of_a_trace(what: str) -> None:
    headers = Headers()
    assert headers.from_payloads([UNREADABLE[what]]) == [{}]
    carrier = {"traceparent": "00-1"}
    assert headers.from_payloads(headers.to_payloads([carrier])) == [carrier]
