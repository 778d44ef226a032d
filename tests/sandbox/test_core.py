"""Clock, ledger, settings, faults and restarts, tried on the shop's simple endpoint."""

import signal
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from sandbox.client import SandboxClient, SandboxRefusedError
from sandbox.server import SandboxStartError, start
from tests.sandbox.shopping import SECRET, callback, received


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
        "bank",
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
