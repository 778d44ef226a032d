"""Counters and statistics of the benchmarks, against figures worked out by hand."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.history.v1 import HistoryEvent

from bench.clock_moves import UnexpectedCostError, is_clock, without_clock
from bench.operating_system import cpu_of_stat, rss_of_status
from bench.percentiles import percentile
from bench.server_counters import actions, samples

EXPOSITION = """\
# HELP action actions
# TYPE action counter
action{action_type="command_StartTimer",namespace="default",operation="Respond"} 3
action{action_type="command_StartTimer",namespace="default",operation="Other"} 1 1700000000000
action{action_type="grpc_SignalWorkflowExecution",namespace="default"} 4.0
action{action_type="grpc_StartWorkflowExecution",namespace="temporal_system"} 2
action_errors{action_type="command_StartTimer",namespace="default"} 9
service_latency_bucket{le="+Inf",namespace="default"} 1e+06

memory_heap 1.5e+07
"""


def test_actions_are_summed_by_type_over_all_who_counted_them_in_one_namespace() -> None:
    assert actions(EXPOSITION, "default") == {
        "command_StartTimer": 4,
        "grpc_SignalWorkflowExecution": 4,
    }


def test_a_label_may_hold_what_looks_like_the_end_of_the_labels() -> None:
    (sample,) = samples('odd{path="a\\"}, b=\\\\",other="line\\nbreak"} 7')
    assert sample.labels == {"path": 'a"}, b=\\', "other": "line\nbreak"}
    assert sample.value == 7


def test_a_line_that_is_no_sample_is_an_error_and_no_zero() -> None:
    with pytest.raises(ValueError, match="no sample"):
        list(samples("<html>busy</html>"))


def test_moves_of_the_clock_are_taken_off_and_nothing_else() -> None:
    spent = Counter({"grpc_UpdateWorkflowExecutionOptions": 50, "command_StartTimer": 30})
    assert without_clock(spent, 50) == {"command_StartTimer": 30}


@pytest.mark.parametrize("moves", [0, 49, 51])
def test_moves_that_nobody_made_end_the_measurement(moves: int) -> None:
    with pytest.raises(UnexpectedCostError):
        without_clock(Counter({"grpc_UpdateWorkflowExecutionOptions": 50}), moves)


def test_only_events_of_the_clock_are_left_out_of_a_history() -> None:
    clock, order = HistoryEvent(), HistoryEvent()
    clock.workflow_execution_options_updated_event_attributes.SetInParent()
    order.timer_fired_event_attributes.SetInParent()
    assert is_clock(clock)
    assert not is_clock(order)


@pytest.mark.parametrize(
    ("percent", "expected"), [(50, 20.0), (95, 40.0), (75, 30.0), (75.1, 40.0), (100, 40.0)]
)
def test_a_percentile_is_the_value_at_the_nearest_rank(percent: float, expected: float) -> None:
    assert percentile([30.0, 10.0, 40.0, 20.0], percent) == expected


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200),
    st.floats(0, 100, exclude_min=True),
)
def test_so_many_percent_of_the_values_do_not_exceed_a_percentile(
    values: list[float], percent: float
) -> None:
    found = percentile(values, percent)
    rank = max(1, math.ceil(len(values) * percent / 100))
    assert found in values
    assert sum(value <= found for value in values) >= rank
    assert sum(value < found for value in values) < rank


@pytest.mark.parametrize(("values", "percent"), [([], 95), ([1.0], 0), ([1.0], 101)])
def test_a_percentile_of_nothing_or_beyond_all_is_an_error(
    values: list[float], percent: float
) -> None:
    with pytest.raises(ValueError, match="no "):
        percentile(values, percent)


def test_cpu_time_is_user_and_system_time_whatever_the_process_is_called() -> None:
    stat = "42 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 1 2 20 0 9 0 100 4096 77 0 0"
    assert cpu_of_stat(stat, ticks_per_second=100) == 3.0


def test_memory_is_what_is_resident() -> None:
    assert rss_of_status("VmSize:\t  999999 kB\nVmHWM:\t 9 kB\nVmRSS:\t  102400 kB\n") == 100
    with pytest.raises(ValueError, match="VmRSS"):
        rss_of_status("Name:\tzombie\n")
