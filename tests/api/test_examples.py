"""The files and pages that a newcomer follows: docs/plug-in.md with its examples, the README."""

import json
import re
from pathlib import Path

from tests.api.desk import Desk

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"


async def test_a_first_shop_and_its_first_order_come_from_the_examples(desk: Desk) -> None:
    setup = json.loads((EXAMPLES / "shop.json").read_text())
    answer = await desk.call("PUT", "/shops/my-shop", setup, key="admin")
    assert answer.status_code == 200, answer.text
    for name in ("products.csv", "stock.csv"):
        answer = await desk.call(
            "POST",
            f"/shops/my-shop/{name}",
            key="admin",
            content=(EXAMPLES / name).read_bytes(),
            headers={"Content-Type": "text/csv", "Idempotency-Key": "opening"},
        )
        assert answer.status_code == 200, answer.text
    wanted = {"scopes": ["shop", "support"], "name": "web shop"}
    key = (await desk.call("POST", "/shops/my-shop/keys", wanted, key="admin")).json()["key"]
    order = json.loads((EXAMPLES / "order.json").read_text())
    answer = await desk.call("POST", "/orders", order, key=key)
    assert answer.status_code == 202, answer.text


def test_every_file_that_the_page_sends_is_there_and_no_other() -> None:
    sent = set(re.findall(r" @([\w.-]+)", (ROOT / "docs" / "plug-in.md").read_text()))
    assert sent == {one.name for one in EXAMPLES.iterdir()}


def test_the_readme_leads_to_every_page() -> None:
    linked = set(re.findall(r"\]\((docs/[\w-]+\.md)", (ROOT / "README.md").read_text()))
    assert linked == {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}
