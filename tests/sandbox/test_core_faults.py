"""Scripted misfortune, tried on the shop's simple endpoint."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from sandbox.client import SandboxClient, SandboxRefusedError
from tests.sandbox.shopping import callback, received


def test_a_fault_that_could_never_fire_is_refused(sandbox: SandboxClient) -> None:
    with pytest.raises(SandboxRefusedError, match="no operation calback"):
        sandbox.fault("shop", "calback", "delay")
    with pytest.raises(SandboxRefusedError, match="has no decline"):
        sandbox.fault("shop", "callback", "decline")
    with pytest.raises(SandboxRefusedError, match="no operation"):
        sandbox.fault("shopp", "callback", "delay")


def test_the_nth_call_fails_and_the_others_do_not(shop: SandboxClient) -> None:
    rule = shop.fault("shop", "callback", "http_error", nth=3, status=503)
    statuses = [callback(shop, message=f"m{call}").status_code for call in range(5)]
    assert statuses == [204, 204, 503, 204, 204]
    assert shop.fired(rule) == 1


def test_a_fault_without_times_lasts_until_it_is_removed(shop: SandboxClient) -> None:
    rule = shop.fault("shop", "callback", "http_error", nth=2, times=None, status=500)
    assert [callback(shop).status_code for _ in range(4)] == [204, 500, 500, 500]
    shop.clear_faults(rule)
    assert callback(shop).status_code == 204


def test_a_fault_of_one_order_leaves_the_others_alone(shop: SandboxClient) -> None:
    shop.fault("shop", "callback", "http_error", order="ord_2", times=None, nth=None)
    assert callback(shop, "ord_1").status_code == 204
    assert callback(shop, "ord_2").status_code == 500


def test_a_whole_provider_can_be_down(shop: SandboxClient) -> None:
    shop.fault("shop", "*", "drop_before", times=None, nth=None)
    with pytest.raises(httpx.TransportError):
        callback(shop)
    assert received(shop) == 0


@pytest.mark.parametrize(
    ("kind", "params", "status", "done"),
    [
        ("http_error", {"status": 418}, 418, 0),
        ("rate_limit", {"retry_after": 7}, 429, 0),
        ("error_after", {}, 500, 1),
        ("delay", {"seconds": 0.05}, 204, 1),
        ("malformed_after", {"body": "<html>"}, 204, 1),
    ],
)
def test_answers_that_go_wrong(
    shop: SandboxClient, kind: str, params: dict[str, Any], status: int, done: int
) -> None:
    shop.fault("shop", "callback", kind, **params)
    answer = callback(shop)
    assert answer.status_code == status
    assert received(shop) == done
    if kind == "rate_limit":
        assert answer.headers["retry-after"] == "7"


@pytest.mark.parametrize(("kind", "done"), [("drop_before", 0), ("drop_after", 1)])
def test_a_cut_connection_brings_no_answer_at_all(
    shop: SandboxClient, kind: str, done: int
) -> None:
    shop.fault("shop", "callback", kind)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        callback(shop)
    assert received(shop) == done
    assert callback(shop, message="next").status_code == 204


@pytest.mark.parametrize(("kind", "done"), [("hang_before", 0), ("hang_after", 1)])
def test_a_hanging_call_is_silent(shop: SandboxClient, kind: str, done: int) -> None:
    shop.fault("shop", "callback", kind, seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        callback(shop, timeout=0.3)
    assert received(shop) == done


def test_a_hanging_call_answers_late_to_who_still_waits(shop: SandboxClient) -> None:
    shop.fault("shop", "callback", "hang_after", seconds=0.2)
    began = time.monotonic()
    assert callback(shop).status_code == 204
    assert time.monotonic() - began >= 0.2


def test_others_are_served_while_one_call_hangs(shop: SandboxClient) -> None:
    shop.fault("shop", "callback", "hang_before", order="ord_slow", seconds=1)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(callback, shop, "ord_slow")
        assert callback(shop, "ord_fast").status_code == 204
        assert not slow.done()
        with pytest.raises(httpx.TransportError):
            slow.result()
