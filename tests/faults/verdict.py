"""Whether a broken order ended as it must: the judge's rules, and stricter ones of this matrix."""

from dataclasses import dataclass

from sandbox.client import LedgerEntry
from sandbox.judge import Expected, judge
from tests.faults.stories import Story
from tests.world import Json


@dataclass(frozen=True)
class Finding:
    """What is wrong with an order, and what no provider can rule out and is counted instead."""

    problems: tuple[str, ...]
    ambiguous_mails: int
    surplus_labels: int


def find(order: str, story: Story, result: str, view: Json, entries: list[LedgerEntry]) -> Finding:
    """Hold the providers' ledgers, our record and the workflow's own end side by side."""
    own = [entry for entry in entries if entry.order == order]
    sends = {mail["kind"]: int(mail["sends"]) for mail in view["mails"]}
    sums = judge(Expected(order, story.due, story.ending), entries)
    twice = {kind: n for kind, n in sums.mails.items() if 1 < n <= sends.get(kind, 0)}
    allowed = {f"{count} mails of kind {kind}" for kind, count in twice.items()}
    problems = [one for one in sums.problems if one not in allowed]
    authorizations = sum(entry.kind == "authorization" for entry in own)
    problems += _differ("authorizations", authorizations, story.authorized)
    problems += _differ("captures", sums.captures, story.captured)
    problems += _differ("kinds of mail", sorted(sums.mails), sorted(story.mails))
    problems += _differ("status on record", view["status"], story.ending.value)
    problems += _differ("the workflow's result", result, story.ending.value)
    problems += _differ("pieces reserved", _sum(view, "reserved"), 0)
    problems += _differ("pieces gone", -_sum(view, "on_hand"), story.pieces)
    problems += [
        f"a case is left open: {case['kind']}, {case['reason']}"
        for case in view["cases"]
        if not case.get("closed_at")
    ]
    invoices = sum(paper["kind"] == "invoice" for paper in view["documents"])
    problems += [f"{invoices} invoices"] if invoices > 1 else []
    live = 1 if story.pieces else 0
    surplus = sums.labels_bought - max(live, min(sums.labels_bought, 1))
    return Finding(tuple(problems), sum(n - 1 for n in twice.values()), surplus)


def _differ(what: str, found: object, wanted: object) -> list[str]:
    return [] if found == wanted else [f"{what}: {found}, not {wanted}"]


def _sum(view: Json, column: str) -> int:
    return sum(int(entry[column]) for entry in view["stock"])
