"""What an order's customer was billed, read off the papers themselves."""

import asyncio
import re
import subprocess

from tests.world import World


async def invoiced(world: World, shipment: str) -> int:
    """What the newest invoice of one shipment comes to, in cents."""
    papers = (await world.view(shipment.partition("-")[0]))["documents"]
    found = [p for p in papers if p["kind"] == "invoice" and p["shipment"] == shipment]
    answer = await world.api.get(f"/documents/{found[-1]['id']}")
    assert answer.is_success, answer.text
    return _total(await asyncio.to_thread(_text, answer.content))


async def billed(world: World, order: str) -> dict[str, int]:
    """What each invoice and credit note of an order comes to, in cents, by the kind of paper."""
    found: dict[str, int] = {}
    for paper in (await world.view(order))["documents"]:
        if paper["kind"] in ("invoice", "credit_note"):
            answer = await world.api.get(f"/documents/{paper['id']}")
            assert answer.is_success, answer.text
            text = await asyncio.to_thread(_text, answer.content)
            assert paper["number"] in text
            assert paper["kind"] not in found, f"{order} has two papers of kind {paper['kind']}"
            found[paper["kind"]] = _total(text)
    return found


def _text(pdf: bytes) -> str:
    command = ["pdftotext", "-layout", "-", "-"]
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()


def _total(text: str) -> int:
    sums = re.findall(r"Total\s+(-?[\d,]+\.\d\d)\sEUR", text)
    assert len(sums) == 1, text
    return int(re.sub(r"[,.]", "", sums[0]))
