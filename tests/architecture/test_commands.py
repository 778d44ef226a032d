"""Every `make` command runs something that exists, and says in one line what it does."""

import os
import re
from pathlib import Path

import typer.main
from typer.core import TyperGroup

from cli.main import app

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()


def test_every_target_says_what_it_does() -> None:
    targets = set(re.findall(r"(?m)^([a-z]+):", MAKEFILE))
    told = set(re.findall(r"(?m)^([a-z]+):.*## [A-Z]", MAKEFILE))
    phony = re.search(r"(?m)^\.PHONY: (.*)$", MAKEFILE)
    assert phony
    assert targets == told == set(phony[1].split())


def test_every_target_runs_something_that_exists() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    assert set(re.findall(r"bin/ordersaga (\w+)", MAKEFILE)) <= set(group.commands)
    modules = [ROOT.joinpath(*name.split(".")) for name in re.findall(r"-m ([\w.]+)", MAKEFILE)]
    ours = [module for module in modules if module.name != "pytest"]
    assert ours
    for module in ours:
        assert module.with_suffix(".py").is_file() or (module / "__main__.py").is_file(), module


def test_every_script_that_make_calls_may_be_run() -> None:
    scripts = set(re.findall(r"@(scripts/[\w-]+)", MAKEFILE))
    assert scripts
    assert [one for one in sorted(scripts) if not os.access(ROOT / one, os.X_OK)] == []
