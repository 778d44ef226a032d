"""What an order's customer was billed, read off the papers themselves."""

import asyncio
import re
import subprocess

from tests.world import World


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
