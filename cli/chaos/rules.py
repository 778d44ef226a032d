"""What must hold for one order, whatever went wrong on its way."""

from collections import Counter
from dataclasses import replace
from itertools import product
from typing import Any

from cli.chaos import accounts, complaints, days, hours, standing
from cli.chaos.amendments import asked_for
from cli.chaos.evidence import Evidence
from cli.chaos.fees import fee_may_be_lost
from sandbox.dues import due_for
from sandbox.judge import Account, Ending, Expected, judge

_TOLD_OF_LOSS = {"gone_unreleased", "capture_failed"}
_DEAD_LABEL = {"withdrawn"}


def ambiguous_sends(file: Evidence) -> Counter[str]:
    """Mails that were sent again because nobody could say whether the first had gone out: counted
    on the record, by kind."""
    count: Counter[str] = Counter()
    for mail in file.page.get("mails", ()):
        count[mail["kind"]] += max(0, int(mail["sends"]) - 1)
    return +count


def repeated_mails(file: Evidence) -> int:
    """How many mails really came more than once, but for restock alerts."""
    sent = Counter(
        (str(entry.data.get("kind")), str(entry.data.get("key")))
        for entry in file.entries
        if entry.kind == "mail"
    )
    return sum(count - 1 for (kind, _), count in sent.items() if kind != "restock")


def problems_of(file: Evidence) -> tuple[Account, list[str]]:
    """An order's account, and every rule that it breaks."""
    ending = Ending(file.status) if file.ended else Ending.OPEN
    expected = Expected(
        order=file.placed.order_id,
        due=_due(file) - file.placed.given_back - complaints.given_back(file.page),
        ending=ending,
        charged_here=file.placed.charged_here,
        parcels=None,
        repeats=ambiguous_sends(file),
        gone_told=any(case["kind"] in _TOLD_OF_LOSS for case in file.cases),
        shipments=max(1, len(file.page.get("shipments", ()))),
        by_transfer=file.placed.by_transfer,
    )
    sums = judge(expected, file.entries)
    if sums.problems and fee_may_be_lost(file):
        fee = int(file.placed.plan.body["shipping"]["gross"])
        without = replace(expected, due=expected.due - fee)
        if not judge(without, file.entries).problems:
            expected, sums = without, judge(without, file.entries)
    found = [*file.placed.problems, *accounts.unless_told(file, expected, sums)]
    found += _record(file, sums)
    found += standing.problems(file)
    found += _messages(file, sums)
    found += _goods(file)
    found += _cancel(file)
    found += days.problems(file)
    found += hours.problems(file)
    found += complaints.problems(file.page, file.placed.charged_here)
    return sums, found


def _due(file: Evidence) -> int:
    """What is owed for what the warehouse says is in the parcels; before that, for all of it. Of
    an open order with several shipments, for what is in those that have left; a bank transfer is
    owed before any leaves."""
    packed: dict[str, Counter[str]] = {}
    for entry in file.entries:
        shipment = str(entry.data.get("shipment"))
        if entry.kind == "packed":
            packed[shipment] = Counter()
            for parcel in entry.data["parcels"]:
                for portion in parcel["lines"]:
                    packed[shipment][portion["line"]] += int(portion["quantity"])
        elif entry.kind == "put_away" and len(packed) > 1:
            packed.pop(shipment, None)
    if not (file.ended or file.placed.by_transfer):
        left = {e.data.get("shipment") for e in file.entries if e.kind == "handed_over"}
        packed = {shipment: one for shipment, one in packed.items() if shipment in left} or packed
    plan = file.placed.plan
    body = asked_for(plan.body, plan.amend, file.entries)
    if not packed:
        return int(body["total"]["gross"])
    order: dict[str, Any] = file.page.get("order", {})
    # Nothing in these runs is cheaper than what it goes in place of.
    replaced = {str(one["id"]): str(one["instead_of"]) for one in order.get("substitutes", ())}
    pieces: Counter[str] = Counter()
    for line, count in sum(packed.values(), Counter[str]()).items():
        pieces[replaced.get(line, line)] += count
    return due_for(body, pieces)


def _record(file: Evidence, sums: Account) -> list[str]:
    if not file.page:
        return ["accepted, and not on record"]
    if not file.ended:
        return []
    if file.placed.by_transfer:
        return accounts.record_problems(file, sums)
    money = file.page["money"]
    really = {
        "authorized": sums.authorized,
        "captured": sums.captured,
        "refunded": sums.refunded,
        "voided": sums.let_go,
    }
    if not file.placed.charged_here:
        really = {"captured": 0, "refunded": 0}
    return [
        f"on record {money[name]['amount']} {name}, at the provider {amount}"
        for name, amount in really.items()
        if money[name]["amount"] != amount
    ]


def _messages(file: Evidence, sums: Account) -> list[str]:
    """What the shop was told, what it can pull, and what is on record are the same."""
    numbers = [one["number"] for one in file.page.get("transitions", ())]
    wanted = list(range(1, len(numbers) + 1))
    found: list[str] = []
    if numbers != sorted(set(numbers)):
        found.append(f"changes of status on record: {numbers}")
    if file.listed != wanted:
        found.append(f"the order's own list of events is numbered {file.listed}")
    if sums.callbacks != len(numbers):
        found.append(f"{sums.callbacks} callbacks for {len(numbers)} changes of status")
    if file.told != wanted:
        found.append(f"the feed told {file.told} of {len(numbers)} changes of status")
    return found


def _goods(file: Evidence) -> list[str]:
    """The shelf: what the books say has left the house is what the warehouse says has left it."""
    if not file.ended:
        return []
    found: list[str] = []
    booked: Counter[str] = Counter()
    reserved: Counter[str] = Counter()
    for entry in file.page.get("stock", ()):
        if entry["kind"] != "write_off":
            booked[entry["sku"]] -= entry["on_hand"]
        reserved[entry["sku"]] += entry["reserved"]
    still = {sku: count for sku, count in reserved.items() if count}
    if still:
        found.append(f"ended with {still} still reserved")
    out = pieces_out(file)
    if +booked != out and not _told_of_loss(file):
        found.append(f"the books say {dict(+booked)} left, the warehouse {dict(out)}")
    return found + _missing(file) + _labels(file)


def _missing(file: Evidence) -> list[str]:
    """What was written off is what the warehouse last reported as missing; of a shipment that was
    cancelled it may be what it reported before, or nothing where nobody heard the report."""
    off, reports = written_off(file), _reports_of_missing(file)
    none, gone = Counter[str](), _cancelled_shipments(file)
    options = [
        (*heard, none) if file.status != "completed" or shipment in gone else heard[-1:]
        for shipment, heard in reports.items()
    ]
    if any(off == sum(chosen, Counter[str]()) for chosen in product(*options)):
        return []
    heard = {shipment: [dict(one) for one in each] for shipment, each in reports.items()}
    return [f"the books say {dict(off)} was missing, the warehouse {heard}"]


def _cancelled_shipments(file: Evidence) -> set[str]:
    """Of an order that goes in several shipments, those that were cancelled alone."""
    shipments = file.page.get("shipments", ())
    return {one["shipment"] for one in shipments if one.get("status") == "cancelled"}


def written_off(file: Evidence) -> Counter[str]:
    """Pieces that left the books because they were not there."""
    count: Counter[str] = Counter()
    for entry in file.page.get("stock", ()):
        if entry["kind"] == "write_off":
            count[entry["sku"]] -= entry["on_hand"]
    return +count


def _reports_of_missing(file: Evidence) -> dict[str, list[Counter[str]]]:
    """Of each shipment's picks that were heard, what the warehouse's ledger says was missing: each
    with what was missing before something else was to be picked in its place."""
    heard: dict[str, dict[int, Counter[str]]] = {}
    asked: dict[str, dict[str, int]] = {}
    before: dict[str, Counter[str]] = {}
    for entry in file.entries:
        shipment = str(entry.data.get("shipment"))
        reports, ordered = heard.setdefault(shipment, {}), asked.get(shipment, {})
        if entry.kind in ("handoff_accepted", "amended"):
            asked[shipment] = {line["line"]: int(line["quantity"]) for line in entry.data["lines"]}
        elif entry.kind == "replaced":
            asked[shipment] = {line["line"]: int(line["quantity"]) for line in entry.data["lines"]}
            before[shipment] = list(reports.values())[-1] if reports else Counter()
        elif entry.kind == "picked":
            missing = Counter(before.get(shipment, Counter[str]()))
            for line in entry.data["lines"]:
                if line.get("short"):
                    missing[line["sku"]] += ordered[line["line"]] - int(line["quantity"])
            reports[entry.data["fact"]] = missing
        elif entry.kind == "call_refused":
            reports.pop(entry.data["fact"], None)
    return {shipment: list(reports.values()) for shipment, reports in heard.items() if reports}


def _labels(file: Evidence) -> list[str]:
    """Nothing is printed of a label that is void."""
    dead = {
        one["label"]["id"]
        for shipment in file.page.get("shipments", ())
        for one in shipment["labels"]
        if one["voided_at"]
    }
    waiting = [
        one["id"]
        for one in file.page.get("documents", ())
        if one["kind"] == "label" and one["print_state"] not in _DEAD_LABEL
    ]
    if dead and len(waiting) > len(_live_on_record(file)):
        return [f"{len(waiting)} labels can be printed, {len(_live_on_record(file))} are live"]
    return []


def _live_on_record(file: Evidence) -> list[str]:
    return [
        one["label"]["id"]
        for shipment in file.page.get("shipments", ())
        for one in shipment["labels"]
        if not one["voided_at"]
    ]


def pieces_out(file: Evidence) -> Counter[str]:
    """Pieces that were picked and not put away, by the warehouse's own ledger."""
    picked: dict[str, list[tuple[str, int]]] = {}
    for entry in file.entries:
        shipment = str(entry.data.get("shipment"))
        if entry.kind == "picked":
            sku_of = _skus(file, shipment)
            picked[shipment] = [
                (line.get("sku") or sku_of[line["line"]], int(line["quantity"]))
                for line in entry.data["lines"]
            ]
        elif entry.kind == "put_away":
            picked.pop(shipment, None)
        elif entry.kind == "put_back":
            back = [(line["sku"], -int(line["quantity"])) for line in entry.data["lines"]]
            picked[shipment] = picked.get(shipment, []) + back
    count: Counter[str] = Counter()
    for lines in picked.values():
        for sku, quantity in lines:
            count[sku] += quantity
    return +count


def _skus(file: Evidence, shipment: str) -> dict[str, str]:
    return {
        line["line"]: line["sku"]
        for entry in file.entries
        if entry.kind == "handoff_accepted" and entry.data.get("shipment") == shipment
        for line in entry.data["lines"]
    }


def _told_of_loss(file: Evidence) -> bool:
    return any(case["kind"] in _TOLD_OF_LOSS for case in file.cases)


def _cancel(file: Evidence) -> list[str]:
    """An accepted cancel is kept, or a person is told why it could not be."""
    kept = file.status in ("cancelled", "declined", "out_of_stock") or not file.ended
    kept = kept or bool(_cancelled_shipments(file))
    explained = any(case["kind"] in ("intercept", "gone_unreleased") for case in file.cases)
    if file.placed.cancel_accepted and not kept and not explained:
        return [f"its cancel was accepted, and it ended {file.status} without a case"]
    return []
