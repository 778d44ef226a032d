"""Callbacks to shops: what is wrong with the shop, and what with the message."""

import socket
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from httpcore import ConnectTimeout, SyncBackend

from domain.failures import NotDone, ProviderFailure, Refused, UnknownOutcome
from providers.shop_callbacks import ReceiverDown, ShopCallbacks
from runtime.processes import free_port
from sandbox.client import SandboxClient
from tests.sandbox.receiver import Receiver
from tests.sandbox.shopping import SECRET, received

PAYLOAD = {"order": "ord_1", "number": 1, "type": "order.reserved"}


@pytest.fixture
def shops() -> Generator[ShopCallbacks]:
    sender = ShopCallbacks(timeout=0.5)
    yield sender
    sender.close()


def failure(
    sandbox: SandboxClient, shops: ShopCallbacks, kind: str, **params: Any
) -> ProviderFailure:
    sandbox.fault("shop", "callback", kind, **params)
    with pytest.raises(ProviderFailure) as failed:
        send(shops, f"{sandbox.base('shop')}/demo/callbacks")
    return failed.value


def send(shops: ShopCallbacks, url: str) -> None:
    shops.send(url, SECRET, "ord_1.1", PAYLOAD)


def test_a_callback_is_signed_as_the_shop_wants_it(
    sandbox: SandboxClient, shops: ShopCallbacks
) -> None:
    sandbox.configure(shop={"secrets": {"demo": SECRET}})
    send(shops, f"{sandbox.base('shop')}/demo/callbacks")
    assert received(sandbox) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_is_a_shop_that_is_down(
    sandbox: SandboxClient, shops: ShopCallbacks, status: int
) -> None:
    assert isinstance(failure(sandbox, shops, "http_error", status=status), ReceiverDown)


@pytest.mark.parametrize("status", [302, 400, 401, 404, 409, 422, 429])
def test_any_other_answer_concerns_this_message_alone(
    sandbox: SandboxClient, shops: ShopCallbacks, status: int
) -> None:
    assert type(failure(sandbox, shops, "http_error", status=status)) is NotDone


def test_410_means_that_nothing_is_wanted_any_more(
    sandbox: SandboxClient, shops: ShopCallbacks
) -> None:
    assert isinstance(failure(sandbox, shops, "http_error", status=410), Refused)


@pytest.mark.parametrize("kind", ["hang_before", "hang_after", "drop_before", "drop_after"])
def test_no_answer_is_an_unknown_outcome(
    sandbox: SandboxClient, shops: ShopCallbacks, kind: str
) -> None:
    assert isinstance(failure(sandbox, shops, kind), UnknownOutcome)


def test_no_connection_is_a_shop_that_is_down(shops: ShopCallbacks) -> None:
    with pytest.raises(ReceiverDown):
        send(shops, f"http://127.0.0.1:{free_port()}/callbacks")


def test_a_busy_shop_says_when_to_come_again(sandbox: SandboxClient, shops: ShopCallbacks) -> None:
    busy = failure(sandbox, shops, "rate_limit", retry_after=7)
    assert isinstance(busy, NotDone)
    assert busy.retry_after == 7


def test_an_answer_without_an_end_is_not_read_to_its_end(shops: ShopCallbacks) -> None:
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    with dripping(head, b"1\r\nx\r\n") as url:
        send(shops, url)


def test_an_answer_that_drips_keeps_its_caller_for_a_moment_alone() -> None:
    patient = ShopCallbacks(timeout=8)
    began = time.monotonic()
    with dripping(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n") as url:
        send(patient, url)
    assert time.monotonic() - began < 5
    patient.close()


def test_a_header_without_an_end_is_given_up_at_the_deadline(shops: ShopCallbacks) -> None:
    began = time.monotonic()
    with dripping(b"HTTP/1.1 200 OK\r\nx-slow: ", b"x") as url, pytest.raises(UnknownOutcome):
        send(shops, url)
    assert time.monotonic() - began < 3


def test_one_deadline_holds_for_all_addresses_of_a_name(
    shops: ShopCallbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def deaf(_network: SyncBackend, host: str, _port: int, timeout: float, *_: Any) -> None:
        tried.append(host)
        time.sleep(timeout)
        raise ConnectTimeout

    addresses = [f"127.0.0.{number}" for number in range(1, 6)]

    def names(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 80)) for one in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", names)
    monkeypatch.setattr(SyncBackend, "connect_tcp", deaf)
    began = time.monotonic()
    with pytest.raises(ReceiverDown):
        send(shops, "http://shop.example/callbacks")
    assert time.monotonic() - began < 1
    assert tried == addresses


@pytest.mark.parametrize("url", ["nonsense://shop.example", "/here"])
def test_an_address_that_is_none_is_a_shop_that_is_down(shops: ShopCallbacks, url: str) -> None:
    with pytest.raises(ReceiverDown):
        send(shops, url)


def test_a_shop_behind_a_proxy_is_reached_through_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        shops = ShopCallbacks()
        send(shops, "http://shop.example/callbacks")
        shops.close()
    assert [call.path for call in proxy.received] == ["http://shop.example/callbacks"]


@contextmanager
def dripping(head: bytes, drop: bytes) -> Generator[str]:
    """A receiver's address. It says the head of an answer, and then a drop now and then: never so
    seldom that a read runs out of time."""
    with socket.create_server(("127.0.0.1", 0)) as receiver, ThreadPoolExecutor(1) as beside:
        drips = beside.submit(_drip, receiver, head, drop)
        yield f"http://127.0.0.1:{receiver.getsockname()[1]}/callbacks"
        assert not drips.done()


def _drip(receiver: socket.socket, head: bytes, drop: bytes) -> None:
    connection, _ = receiver.accept()
    with connection, suppress(OSError):
        connection.recv(10_000)
        connection.sendall(head)
        for _ in range(100):
            connection.sendall(drop)
            time.sleep(0.1)
