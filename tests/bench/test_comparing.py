"""What is compared with what: stretches of a run, figures, and the bare order's share of work."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.history.v1 import HistoryEvent

from bench.bare.plan import dealt, script, spread
from bench.bare.workflow import padded
from bench.drift import differences
from bench.figures import UNITS, Results, line
from bench.histories import commands, payload_sizes
from bench.load import Moment, steady
from bench.statements import API, RELAYS, caller, verb_of

ROOT = Path(__file__).resolve().parents[2]


def test_a_steady_stretch_begins_after_the_first_batch_and_ends_with_the_last_placing() -> None:
    # 7 had ended before; of 40 orders, 10 in flight, those from the 10th to the 30th count.
    moments = [Moment(at=float(n), ended=7 + n, cpu=n / 10) for n in range(41)]
    found = steady(moments, orders=40, in_flight=10)
    assert (found.first.ended, found.last.ended) == (17, 37)
    assert found.orders == 20
    assert found.orders_per_second == pytest.approx(1.0)
    assert found.cpu_ms_per_order == pytest.approx(100.0)


def test_a_run_without_a_steady_stretch_has_no_rate() -> None:
    moments = [Moment(at=float(n), ended=n, cpu=0.0) for n in range(21)]
    with pytest.raises(ValueError, match="no steady stretch"):
        steady(moments, orders=20, in_flight=10)


def test_a_figure_is_one_line_of_json_with_its_name_value_and_unit() -> None:
    assert json.loads(line("efficiency", 0.81249)) == {
        "figure": "efficiency",
        "value": 0.812,
        "unit": "ratio",
    }
    assert json.loads(line("actions_per_order", 21.0))["value"] == 21
    with pytest.raises(KeyError):
        line("speed", 1.0)


def test_only_what_was_asked_for_is_printed_and_once() -> None:
    out = io.StringIO()
    results = Results(frozenset({"efficiency"}), out)
    results.add("efficiency", 0.8)
    results.add("efficiency", 0.9)
    results.add("engine_share", 0.3)
    assert [json.loads(row)["value"] for row in out.getvalue().splitlines()] == [0.8]
    assert results.wants("engine_share", "efficiency")
    assert not results.wants("engine_share")


def test_every_figure_of_the_house_has_a_unit() -> None:
    assert set(UNITS) == {
        "actions_per_order",
        "events_per_order",
        "history_bytes_per_order",
        "orders_per_second",
        "worker_cpu_ms_per_order",
        "worker_rss_mib_1000_open",
        "accept_to_handoff_p95_ms",
        "packed_to_release_p95_ms",
        "handed_over_to_mail_p95_ms",
        "efficiency",
        "engine_share",
        "safeguards_ratio",
        "report_seconds_10000_orders",
    }


@given(st.integers(0, 500), st.integers(1, 50))
def test_what_is_spread_loses_nothing(total: int, parts: int) -> None:
    shares = spread(total, parts)
    assert sum(shares) == total
    assert max(shares) - min(shares) <= 1


@given(
    st.lists(st.tuples(st.sampled_from(["SELECT", "INSERT"]), st.integers(0, 99)), max_size=60),
    st.integers(0, 40),
    st.integers(1, 20),
)
def test_statements_that_are_dealt_out_are_all_sent_by_somebody(
    statements: list[tuple[str, int]], transactions: int, parts: int
) -> None:
    hands = dealt(statements, transactions, parts)
    assert len(hands) == parts
    assert sorted(one for hand in hands for each in hand for one in each) == sorted(statements)
    assert all(each for hand in hands for each in hand)


def test_a_script_has_as_many_transactions_as_were_counted() -> None:
    statements = [("SELECT", 8)] * 5
    assert [len(one) for one in script(statements, 2)] == [3, 2]
    assert script(statements, 0) == (tuple(statements),)


def test_a_message_is_filled_up_to_its_size_and_never_cut() -> None:
    assert len(json.dumps(padded({"ids": {"a": "b"}}, 200), separators=(",", ":"))) == 200
    assert padded({"ids": {"a": "b" * 300}}, 200)["ids"] == {"a": "b" * 300}


@pytest.mark.parametrize(
    ("statement", "verb"),
    [
        ("SELECT 1", "SELECT"),
        (b"\n  insert INTO t VALUES (1)", "INSERT"),
        ("WITH due AS (SELECT 1) UPDATE t SET a = 1", "UPDATE"),
        ("LISTEN inbox", "SELECT"),
        ("", "SELECT"),
    ],
)
def test_a_statement_is_known_by_its_first_word(statement: object, verb: str) -> None:
    assert verb_of(statement) == verb


def test_whoever_sends_a_statement_is_known_by_the_thread() -> None:
    assert caller("AnyIO worker thread") == API
    assert caller("asyncio_3") == RELAYS
    assert caller("MainThread") == "other"


def test_a_request_more_or_less_is_drift_and_a_repetition_in_a_hundred_is_none() -> None:
    ours = {"stripe capture": 1.0, "sendgrid send": 3.0, "wms handoff": 1.01}
    assert differences(ours, {"stripe capture": 1.0, "sendgrid send": 3.0, "wms handoff": 1}) == []
    assert differences(ours, {"sendgrid send": 2.0, "wms handoff": 1.0, "wms cancel": 1.0}) == [
        "sendgrid send: 3 in ours, 2 in the bare order",
        "stripe capture: 1 in ours, 0 in the bare order",
        "wms cancel: 0 in ours, 1 in the bare order",
    ]


def test_commands_and_payloads_are_read_from_histories() -> None:
    started, asked, done, told, task = (HistoryEvent(event_id=n) for n in range(1, 6))
    started.workflow_execution_started_event_attributes.input.payloads.add(data=b"12345")
    scheduled = asked.activity_task_scheduled_event_attributes
    scheduled.activity_type.name = "buy_labels"
    scheduled.input.payloads.add(data=b"123")
    completed = done.activity_task_completed_event_attributes
    completed.scheduled_event_id = 2
    completed.result.payloads.add(data=b"1234")
    signaled = told.workflow_execution_signaled_event_attributes
    signaled.signal_name = "picked"
    signaled.input.payloads.add(data=b"12")
    task.workflow_task_started_event_attributes.SetInParent()
    events = [started, asked, done, told, task]
    assert commands(events) == {"start": 1, "activity buy_labels": 1, "signal picked": 1}
    sizes = payload_sizes([events])
    assert sizes.start == [5]
    assert (sizes.request("buy_labels"), sizes.result("buy_labels")) == (3, 4)
    assert sizes.signals == {"picked": [2]}
    assert sizes.result("nothing of the kind") == 0


def test_standard_output_is_the_figures_own_whoever_else_writes_there() -> None:
    program = (
        "import os\n"
        "from bench.figures import Results\n"
        "from cli.progress import reserve_standard_output\n"
        "results = Results(frozenset({'efficiency'}), reserve_standard_output())\n"
        "os.system('echo a server')\n"
        "print('somebody', flush=True)\n"
        "results.add('efficiency', 0.8)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert [json.loads(row)["figure"] for row in ran.stdout.splitlines()] == ["efficiency"]
    assert sorted(ran.stderr.split("\n")) == ["", "a server", "somebody"]
