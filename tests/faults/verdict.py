"""Whether a broken order ended as it must: the judge's rules, and stricter ones of this matrix."""

from dataclasses import dataclass
from datetime import timedelta

from backoffice.engine_checks import Pace
from sandbox.client import LedgerEntry
from sandbox.judge import Account, Ending, Expected, judge
from tests.faults.stories import Story
from tests.world import Json, World
from workers.reconciliation import Reconciliation

_SUMS = ("authorized", "voided", "captured", "settled")
_AT_ONCE = Pace(after=timedelta(), open_every=timedelta())
"""The engine loop looks minutes later, and nobody waits for it here."""


@dataclass(frozen=True)
class Finding:
    """What is wrong with an order, and what a zombie may do and is counted instead."""

    problems: tuple[str, ...]
    ambiguous_mails: int
    surplus_labels: int


async def view_after_a_look(world: World, order: str) -> Json:
    """Everything on record about an order, after the engine loop's look at whatever is due: it
    names orders that hang, and closes its own cases where all is well again."""
    await Reconciliation(world.client, world.books, _AT_ONCE).engine()
    return await world.view(order)


def find(
    order: str,
    story: Story,
    result: str,
    view: Json,
    entries: list[LedgerEntry],
    zombie: bool,
) -> Finding:
    """Hold the providers' ledgers, our record and the workflow's own end side by side.

    A zombie may send a mail that its successor took for lost, or buy a label that nobody could
    see when its successor looked; every other break must leave no such trace.
    """
    sends = {mail["key"]: int(mail["sends"]) for mail in view["mails"]}
    sums = judge(expected(order, story, story.ending, story.due), entries)
    twice = {
        (kind, key): n
        for (kind, key), n in sums.mail_keys.items()
        if zombie and 1 < n <= sends.get(key, 0)
    }
    allowed = {f"{count} mails of kind {kind}" for (kind, _), count in twice.items()}
    problems = [one for one in sums.problems if one not in allowed]
    surplus = max(sums.labels_bought - story.labels, 0)
    if surplus and not zombie:
        problems.append(f"{sums.labels_bought} labels bought")
    authorizations = sum(entry.kind == "authorization" for entry in entries)
    problems += differ("authorizations", authorizations, story.authorized)
    problems += differ("captures", sums.captures, story.captured)
    problems += differ("kinds of mail", sorted(sums.mails), sorted(story.mails))
    problems += differ("callbacks", sums.callbacks, len(view["transitions"]))
    problems += differ("the workflow's result", result, story.ending.value)
    problems += money_on_record(view, story, sums)
    gone = story.pieces + story.missing
    problems += on_record(view, story.ending.value, gone, story.shipments)
    return Finding(tuple(problems), sum(n - 1 for n in twice.values()), surplus)


def expected(order: str, story: Story, ending: Ending, due: int) -> Expected:
    """What the ledgers must come to; an order in two shipments has as many parcels as have left."""
    parcels = 1 if story.shipments == 1 else None
    return Expected(
        order,
        due,
        ending,
        parcels=parcels,
        shipments=story.shipments,
        by_transfer=story.transferred,
    )


def money_on_record(view: Json, story: Story, sums: Account) -> list[str]:
    """Whether the back office has the providers' own sums."""
    money = {name: int(view["money"][name]["amount"]) for name in _SUMS}
    if not story.transferred:
        return differ("settled on record", money["settled"], sums.captured - sums.refunded)
    stays = sums.received - sums.sent_back
    held = money["authorized"] - money["voided"]
    return [
        *differ("settled on record", money["settled"], stays),
        *differ("held and not taken on record", held - money["captured"], 0),
    ]


def on_record(view: Json, status: str, gone: int, shipments: int = 1) -> list[str]:
    """What the back office must say of an order that has ended; ``gone`` counts pieces that left
    or were missing."""
    problems = differ("status on record", view["status"], status)
    problems += differ("pieces reserved", _sum(view, "reserved"), 0)
    problems += differ("pieces gone", -_sum(view, "on_hand"), gone)
    invoices = sum(paper["kind"] == "invoice" for paper in view["documents"])
    problems += [f"{invoices} invoices"] if invoices > shipments else []
    return problems + [
        f"a case is left open: {case['kind']}, {case['reason']}"
        for case in view["cases"]
        if not case.get("closed_at")
    ]


def differ(what: str, found: object, wanted: object) -> list[str]:
    """One problem in words, or none."""
    return [] if found == wanted else [f"{what}: {found}, not {wanted}"]


def _sum(view: Json, column: str) -> int:
    return sum(int(entry[column]) for entry in view["stock"])
