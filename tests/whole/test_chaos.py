"""A short run of chaos: providers fail, every part dies once, and no order breaks a rule."""

import json

import pytest

from cli.chaos.command import carry_out
from cli.chaos.run import Wanted


@pytest.mark.timeout(600)
def test_no_order_breaks_a_rule_while_everything_fails_at_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERSAGA_MAIL_AMBIGUITY_SECONDS", "8")
    sound = carry_out(Wanted(orders=120, seed=4))
    captured = capsys.readouterr()
    broken = [line for line in captured.err.splitlines() if line.startswith(("violation", "open"))]
    figures = {row["figure"]: row["value"] for row in map(json.loads, captured.out.splitlines())}
    assert sound, broken
    assert figures["violations"] == 0
    assert figures["orders"] == 120
    assert figures["kills"] >= 3
    assert figures["faults_injected"] >= 100
