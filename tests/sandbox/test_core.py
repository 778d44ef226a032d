"""Clock, ledger, settings, faults and restarts, tried on the shop's simple endpoint."""

import base64
import hashlib
import hmac
import json
import signal
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.client import SandboxClient, SandboxRefusedError
from sandbox.server import SandboxStartError, start

KEY = b"k" * 24
SECRET = "whsec_" + base64.b64encode(KEY).decode()


def signed(body: bytes, message: str, at: int | None = None) -> dict[str, str]:
    stamp = str(at or int(time.time()))
    digest = hmac.digest(KEY, f"{message}.{stamp}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": message,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


def callback(
    sandbox: SandboxClient, order: str = "ord_1", message: str = "msg_1", timeout: float = 5
) -> httpx.Response:
    body = json.dumps({"order": order, "number": 1, "type": "order.confirmed"}).encode()
    url = f"{sandbox.base('shop')}/demo/callbacks"
    return httpx.post(url, content=body, headers=signed(body, message), timeout=timeout)


@pytest.fixture
def shop(sandbox: SandboxClient) -> SandboxClient:
    sandbox.configure(shop={"secrets": {"demo": SECRET}})
    return sandbox


def received(sandbox: SandboxClient) -> int:
    return len(sandbox.ledger("shop", kind="callback"))


def test_the_clock_runs_with_real_time_and_can_be_moved_on(sandbox: SandboxClient) -> None:
    assert abs(sandbox.now() - datetime.now(UTC)) < timedelta(seconds=5)
    moved = sandbox.advance(timedelta(days=3))
    assert abs(moved - datetime.now(UTC) - timedelta(days=3)) < timedelta(seconds=5)


def test_the_clock_cannot_be_turned_back(sandbox: SandboxClient) -> None:
    with pytest.raises(SandboxRefusedError, match="422"):
        sandbox.advance(-1)


def test_ledger_entries_are_numbered_and_can_be_narrowed(shop: SandboxClient) -> None:
    for order in ("ord_1", "ord_2", "ord_1"):
        callback(shop, order, f"msg_{received(shop)}")
    everything = shop.ledger()
    assert [entry.order for entry in everything] == ["ord_1", "ord_2", "ord_1"]
    assert [entry.seq for entry in everything] == sorted({entry.seq for entry in everything})
    assert len(shop.ledger("shop", order="ord_1")) == 2
    assert len(shop.ledger("shop", after=everything[1].seq)) == 1
    assert shop.ledger("stripe") == []
    assert shop.ledger("shop", kind="refund") == []


def test_the_ledger_cannot_be_edited_even_in_the_file(tmp_path: Path) -> None:
    state = tmp_path / "world.sqlite"
    running = start(state)
    with SandboxClient(running.url) as client:
        client.configure(shop={"secrets": {"demo": SECRET}})
        callback(client)
    running.stop()
    with sqlite3.connect(state) as file:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            file.execute("UPDATE ledger SET kind = 'other'")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            file.execute("DELETE FROM ledger")
    file.close()


def test_settings_are_merged_and_unknown_ones_refused(sandbox: SandboxClient) -> None:
    sandbox.configure(stripe={"authorization_days": 3})
    settings = sandbox.configure(stripe={"webhook_url": "http://127.0.0.1:1/"})
    assert settings["stripe"]["authorization_days"] == 3
    with pytest.raises(SandboxRefusedError, match="autorization_days"):
        sandbox.configure(stripe={"autorization_days": 3})
    with pytest.raises(SandboxRefusedError, match="no section stirpe"):
        sandbox.configure(stirpe={})


def test_a_reset_empties_everything(shop: SandboxClient) -> None:
    shop.fault("shop", "callback", "http_error", times=None, nth=5)
    shop.advance(1000)
    callback(shop)
    shop.reset()
    assert shop.ledger() == []
    assert shop.faults() == []
    assert shop.settings()["shop"] == {"secrets": {}}
    assert abs(shop.now() - datetime.now(UTC)) < timedelta(seconds=5)


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


def test_a_malformed_control_call_says_what_is_wrong(sandbox: SandboxClient) -> None:
    answer = httpx.post(f"{sandbox.url}/_sandbox/clock", content=b"{")
    assert answer.status_code == 400
    assert "malformed JSON" in answer.text
    answer = httpx.get(f"{sandbox.url}/_sandbox/ledger/shop?after=soon")
    assert answer.status_code == 422
    answer = httpx.post(f"{sandbox.url}/_sandbox/faults", json={"provider": "shop"})
    assert answer.status_code == 422
    assert "operation" in answer.text


def test_everything_survives_sigkill(tmp_path: Path) -> None:
    state = tmp_path / "world.sqlite"
    running = start(state)
    with SandboxClient(running.url) as client:
        client.configure(shop={"secrets": {"demo": SECRET}})
        client.advance(timedelta(days=2))
        client.fault("shop", "callback", "http_error", nth=3, times=None, status=503)
        assert callback(client, message="one").status_code == 204
    running.kill()
    again = start(state)
    with SandboxClient(again.url) as client:
        assert client.now() - datetime.now(UTC) > timedelta(days=1, hours=23)
        assert [call["id"] for call in client.callbacks("ord_1")] == ["one"]
        assert callback(client, message="one").status_code == 204
        assert client.callbacks("ord_1")[0]["deliveries"] == 2
        assert callback(client, message="two").status_code == 503
        assert received(client) == 2
    again.stop()


def test_two_sandboxes_never_share_a_state_file(tmp_path: Path) -> None:
    state = tmp_path / "world.sqlite"
    running = start(state)
    with pytest.raises(SandboxStartError):
        start(state)
    running.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_sandbox_ends_in_good_order_when_asked(tmp_path: Path, number: signal.Signals) -> None:
    running = start(tmp_path / "world.sqlite")
    running.process.send_signal(number)
    assert running.process.wait(10) == 0
    running.stop()


def test_every_provider_says_what_can_go_wrong_with_it(sandbox: SandboxClient) -> None:
    operations = sandbox.operations()
    assert {entry["provider"] for entry in operations} == {
        "stripe",
        "shippo",
        "sendgrid",
        "wms",
        "shop",
    }
    [capture] = [
        entry
        for entry in operations
        if (entry["provider"], entry["operation"]) == ("stripe", "capture")
    ]
    assert {"drop_after", "expired", "stored_error"} <= set(capture["kinds"])


def test_the_sandbox_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    running = start(tmp_path / "world.sqlite")
    assert running.process.stdin is not None
    running.process.stdin.close()
    assert running.process.wait(10) == 0
    running.process.stdin = None
    running.stop()
