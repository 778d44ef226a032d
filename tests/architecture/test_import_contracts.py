"""Each import contract of the house turns red when it is broken, in a copy of the house."""

import re
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / ".importlinter"

# contract: (file, the import in it that the contract forbids)
BREACHES = [
    ("layers", "domain/money.py", "import workflows"),
    ("layers", "workflows/order.py", "import runtime.settings, api"),
    ("layers", "providers/wms.py", "import backoffice"),
    ("layers", "providers/wms.py", "import activities"),
    ("layers", "api/orders.py", "import workers"),
    ("layers", "workers/main.py", "import cli"),
    ("domain", "domain/money.py", "import httpx"),
    ("domain", "domain/money.py", "from temporalio import workflow"),
    ("activities", "activities/payment.py", "import httpx"),
    ("activities", "activities/documents.py", "import typst"),
    ("activities", "activities/payment.py", "import providers"),
    ("workflows", "workflows/order.py", "import pydantic"),
    ("workflows", "workflows/order.py", "from backoffice import records"),
    ("vendors", "api/webhooks.py", "import stripe"),
    ("vendors", "workers/main.py", "from shippo.models import components"),
    ("vendors", "backoffice/mail.py", "from sendgrid import SendGridAPIClient"),
    ("records", "api/orders.py", "from sqlmodel import select"),
    ("records", "runtime/settings.py", "from sqlalchemy.engine import make_url"),
    ("records", "cli/main.py", "from alembic import command"),
    ("pretence", "workers/main.py", "from sandbox import client"),
    ("sandbox", "sandbox/stripe_api.py", "from domain import money"),
    ("sandbox", "sandbox/stripe_api.py", "import stripe"),
    ("cycles", "backoffice/records.py", "import backoffice.stock"),
]


def config() -> ConfigParser:
    parsed = ConfigParser()
    parsed.read(CONFIG)
    return parsed


def contracts() -> dict[str, str]:
    """The contracts by id, with the name that the linter prints."""
    parsed = config()
    prefix = "importlinter:contract:"
    return {
        section.removeprefix(prefix): parsed[section]["name"]
        for section in parsed.sections()
        if section.startswith(prefix)
    }


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The house in miniature: its rooms, each met by what the contracts allow."""
    for room in config()["importlinter"]["root_packages"].split():
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").write_text("")
    lawful = {
        "domain/money.py": "import decimal, pydantic",
        "activities/payment.py": "import temporalio.activity, domain.money",
        "activities/documents.py": "import asyncio",
        "workflows/order.py": "import temporalio.workflow, activities.payment, domain.money",
        "providers/wms.py": "import httpx, domain.money",
        "providers/vendors.py": "import stripe, shippo, sendgrid, python_http_client",
        "backoffice/records.py": "import sqlmodel, sqlalchemy, alembic, domain.money",
        "backoffice/stock.py": "import backoffice.records",
        "backoffice/mail.py": "import backoffice.records",
        "runtime/settings.py": "import pydantic_settings",
        "api/orders.py": "import fastapi, workflows.order, backoffice.records, runtime.settings",
        "api/webhooks.py": "import providers.wms, api.orders",
        "workers/main.py": "import workflows.order, providers.wms, activities.payment",
        "sandbox/client.py": "import httpx",
        "sandbox/stripe_api.py": "import starlette",
        "cli/main.py": "import typer, api.orders, workers.main, sandbox.client",
        "bench/load.py": "import cli.main, sandbox.client",
    }
    for file, imports in lawful.items():
        (tmp_path / file).write_text(f"{imports}\n")
    return tmp_path


def lint(tree: Path) -> str:
    arguments = ["--config", str(CONFIG), "--no-cache"]
    script = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    ran = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=tree,
        env={"PYTHONPATH": f"{tree}:{ROOT}", "PATH": "", "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return f"{ran.stdout}{ran.stderr}"


def verdict(printed: str, contract: str) -> str:
    found = re.search(rf"{re.escape(contracts()[contract])} (KEPT|BROKEN)", printed)
    return found[1] if found else printed


def test_a_lawful_house_keeps_every_contract(copy: Path) -> None:
    printed = lint(copy)
    assert {contract: verdict(printed, contract) for contract in contracts()} == dict.fromkeys(
        contracts(), "KEPT"
    )


@pytest.mark.parametrize(("contract", "file", "breach"), BREACHES)
def test_a_breach_turns_its_contract_red(copy: Path, contract: str, file: str, breach: str) -> None:
    with (copy / file).open("a") as source:
        source.write(f"{breach}\n")
    assert verdict(lint(copy), contract) == "BROKEN"


def test_every_contract_is_tried() -> None:
    assert {contract for contract, _, _ in BREACHES} == set(contracts())


@pytest.mark.parametrize(
    ("contract", "room"), [("vendors", "providers"), ("records", "backoffice")]
)
def test_one_room_alone_may_meet_what_the_others_may_not(contract: str, room: str) -> None:
    rooms = set(config()["importlinter"]["root_packages"].split())
    others = config()[f"importlinter:contract:{contract}"]["source_modules"].split()
    assert set(others) == rooms - {room}


def test_every_room_stands_in_the_layers_but_the_sandbox() -> None:
    rooms = set(config()["importlinter"]["root_packages"].split())
    layers = config()["importlinter:contract:layers"]["layers"]
    assert set(re.findall(r"\w+", layers)) == rooms - {"sandbox"}
