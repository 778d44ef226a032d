"""What must hold for the whole run: stock to the piece, nothing that is nobody's, no gaps."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from cli.chaos.bodies import stock_for
from cli.chaos.evidence import Evidence
from cli.chaos.rules import pieces_out, written_off
from cli.chaos.shop import SHOP
from sandbox.client import LedgerEntry

Json = dict[str, Any]


def stock_problems(
    levels: Sequence[Json], files: Sequence[Evidence], orders: int, brought: Mapping[str, int]
) -> list[str]:
    """The shelf after the run: opening stock and what was brought, less what left and what was
    missing, by the warehouse's own word."""
    opening = Counter(stock_for(orders)) + Counter(brought)
    left: Counter[str] = Counter()
    unsure: Counter[str] = Counter()
    reserved: Counter[str] = Counter()
    for file in files:
        entries = file.page.get("stock", ())
        for entry in entries:
            reserved[entry["sku"]] += entry["reserved"]
        out = pieces_out(file)
        if file.ended:
            left += out + written_off(file)
            continue
        # Between the pick and its record the two may differ; an order on its way says so itself.
        for entry in entries:
            unsure[entry["sku"]] -= entry["on_hand"]
    found: list[str] = []
    for level in levels:
        sku = level["sku"]
        wanted = opening[sku] - left[sku] - unsure[sku]
        if level["on_hand"] != wanted:
            found.append(f"{sku}: {level['on_hand']} on hand, {wanted} by the warehouse's ledger")
        if level["reserved"] != reserved[sku]:
            found.append(f"{sku}: {level['reserved']} reserved, {reserved[sku]} by its orders")
        if not 0 <= level["reserved"] <= level["on_hand"]:
            found.append(f"{sku}: {level['reserved']} of {level['on_hand']} promised")
    return found


def levels_of(api_url: str, admin_key: str) -> list[Json]:
    """Every SKU's level, from the API."""
    headers = {"X-API-Key": admin_key}
    answer = httpx.get(f"{api_url}/shops/{SHOP}/stock", headers=headers, timeout=30)
    return answer.raise_for_status().json()["levels"]


def orphans(nobodys: Sequence[LedgerEntry]) -> list[str]:
    """Money and labels that no order owns. What a checkout authorized and then did not use for an
    order is the checkout's own."""
    found: list[str] = []
    for entry in nobodys:
        mine = entry.provider == "stripe" and entry.order is None
        takes = entry.kind in ("capture", "refund", "label_purchased", "released", "mail")
        if takes or (entry.kind == "authorization" and not mine):
            found.append(f"{entry.provider} {entry.kind} of no order: {entry.order} {entry.data}")
    return found


def invoice_gaps(files: Sequence[Evidence]) -> list[str]:
    """Numbers of one seller's and year's invoices have no gaps and no twins; nor credit notes'."""
    numbers = [
        document["number"]
        for file in files
        for document in file.page.get("documents", ())
        if document["kind"] in ("invoice", "credit_note")
    ]
    by_year: dict[str, list[int]] = {}
    for number in numbers:
        series, _, last = number.rpartition("-")
        by_year.setdefault(series, []).append(int(re.sub(r"\D", "", last)))
    return [
        f"invoice numbers {series} are not 1 to {len(found)} without a gap"
        for series, found in by_year.items()
        if sorted(found) != list(range(1, len(found) + 1))
    ]


def surplus_labels_voided(files: Sequence[Evidence]) -> int:
    """Labels that were bought once too often for the same purchase, and were voided."""
    count = 0
    for file in files:
        bought = Counter(
            str(entry.data.get("metadata"))
            for entry in file.entries
            if entry.kind == "label_purchased"
        )
        void = Counter(
            str(entry.data.get("metadata"))
            for entry in file.entries
            if entry.kind == "label_refunded"
        )
        count += sum(min(n - 1, void[what]) for what, n in bought.items() if n > 1)
    return count
