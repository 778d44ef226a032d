"""What the providers' own ledgers say about an order, and whether it may be so.

The judge knows nothing of how an order is carried out: it is told what each order was about and
how it ended, and compares that with what really happened at each provider.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sandbox.client import LedgerEntry


class Ending(StrEnum):
    """How an order was seen to end."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    OUT_OF_STOCK = "out_of_stock"
    OPEN = "open"


@dataclass(frozen=True)
class Expected:
    """An order as its shop knows it. ``due`` is in the payment provider's own unit: what is owed
    for the pieces that ship (`sandbox.dues`), in as many ``shipments``; while an order is open
    with several, for the pieces that have left.

    ``charged_here`` is false where the channel was paid, or nothing is due. Without ``parcels``
    there are as many as were handed over. ``repeats`` counts, by kind, mails whose first sending
    nobody could know of. ``gone_told`` is true where a person was told that goods left although
    they must not have: then they may be unpaid. One that is paid ``by_transfer`` is paid before
    its goods leave, and what does not ship is sent back.
    """

    order: str
    due: int
    ending: Ending
    charged_here: bool = True
    parcels: int | None = 1
    repeats: Mapping[str, int] = field(default_factory=dict[str, int])
    gone_told: bool = False
    shipments: int = 1
    by_transfer: bool = False


@dataclass
class Account:
    """An order's sums and counts, from the ledgers alone. ``disputed`` is what the customer's bank
    has taken back and not returned."""

    order: str
    authorized: int = 0
    captured: int = 0
    let_go: int = 0
    refunded: int = 0
    disputed: int = 0
    received: int = 0
    sent_back: int = 0
    received_at: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    held_by_intent: dict[str, int] = field(default_factory=dict[str, int])
    disputed_intents: set[str] = field(default_factory=set[str])
    labels_bought: int = 0
    labels_refunded: int = 0
    live: dict[str, str] = field(default_factory=dict[str, str])
    bears: dict[str, str | None] = field(default_factory=dict[str, str | None])
    parcels_left: set[str] = field(default_factory=set[str])
    mails: Counter[str] = field(default_factory=Counter[str])
    mail_keys: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    callbacks: int = 0
    callback_sequence: list[int] = field(default_factory=list[int])
    let_out_at: dict[str, int] = field(default_factory=dict[str, int])
    taken_at: list[int] = field(default_factory=list[int])
    handed_over_at: int | None = None
    put_away: int = 0
    problems: list[str] = field(default_factory=list[str])

    @property
    def captures(self) -> int:
        """How many times money was taken."""
        return len(self.taken_at)

    @property
    def captured_at(self) -> int | None:
        """The ledger's place of the first capture."""
        return min(self.taken_at, default=None)

    @property
    def released_at(self) -> int | None:
        """The ledger's place of the first release."""
        return min(self.let_out_at.values(), default=None)

    @property
    def labels_live(self) -> int:
        """Labels that can still be used."""
        return self.labels_bought - self.labels_refunded

    @property
    def left(self) -> set[str]:
        """Labels that parcels left with."""
        return {number for name in self.parcels_left if (number := self.bears.get(name))}

    @property
    def held(self) -> int:
        """Money that is authorized and neither taken nor let go, over all authorizations."""
        return sum(self.held_by_intent.values())


def account(order: str, entries: Iterable[LedgerEntry]) -> Account:
    """Add up an order's ledger entries.

    An authorization that a shop's checkout made names no order; it counts for the order that
    later used the same intent.
    """
    known = list(entries)
    intents = {e.data["intent"] for e in known if e.order == order and e.data.get("intent")}
    sums = Account(order)
    for entry in known:
        if entry.order == order or (entry.order is None and entry.data.get("intent") in intents):
            _count(sums, entry)
    return sums


def _count(sums: Account, entry: LedgerEntry) -> None:
    match entry.provider:
        case "stripe":
            _count_money(sums, entry)
        case "bank":
            _count_transfers(sums, entry)
        case "wms":
            _count_goods(sums, entry)
        case _:
            _count_paper(sums, entry)


def _count_money(sums: Account, entry: LedgerEntry) -> None:
    amount = int(entry.data.get("amount", 0) or 0)
    intent = str(entry.data.get("intent"))
    match entry.kind:
        case "authorization":
            sums.authorized += amount
            sums.held_by_intent[intent] = amount
        case "void" | "authorization_expired":
            sums.let_go += amount
            sums.held_by_intent.pop(intent, None)
        case "capture":
            left = sums.held_by_intent.pop(intent, 0) - amount
            if entry.data.get("final", True):
                # What the last capture leaves of an authorization, the provider lets go.
                sums.let_go += max(left, 0)
            else:
                sums.held_by_intent[intent] = left
            sums.captured += amount
            sums.taken_at.append(entry.seq)
        case "refund":
            sums.refunded += amount
            if intent in sums.disputed_intents:
                sums.problems.append(f"refunded {amount} beside a dispute that is open or lost")
        case "refund_failed":
            sums.refunded -= amount
        case _:
            _count_dispute(sums, entry, amount)


def _count_dispute(sums: Account, entry: LedgerEntry, amount: int) -> None:
    intent = str(entry.data.get("intent"))
    match entry.kind:
        case "dispute":
            sums.disputed += amount
            sums.disputed_intents.add(intent)
        case "dispute_won":
            sums.disputed -= amount
            sums.disputed_intents.discard(intent)
        case _:
            return


def _count_transfers(sums: Account, entry: LedgerEntry) -> None:
    amount = int(entry.data["amount"])
    match entry.kind:
        case "received":
            sums.received += amount
            sums.received_at.append((entry.seq, amount))
        case "sent_back":
            sums.sent_back += amount
            sums.received_at.append((entry.seq, -amount))
        case _:
            return


def _count_goods(sums: Account, entry: LedgerEntry) -> None:
    match entry.kind:
        case "released":
            sums.let_out_at.setdefault(str(entry.data["shipment"]), entry.seq)
            _note_labels(sums, entry)
        case "handed_over":
            sums.handed_over_at = sums.handed_over_at or entry.seq
            sums.parcels_left |= {str(parcel["parcel"]) for parcel in entry.data["parcels"]}
            _note_labels(sums, entry)
        case "put_away":
            sums.put_away += 1
        case _:
            return


def _note_labels(sums: Account, entry: LedgerEntry) -> None:
    """Which label is on which parcel, also where a parcel left before it had any."""
    for parcel in entry.data.get("parcels", ()):
        name, number = str(parcel["parcel"]), parcel["tracking_number"]
        sums.bears[name] = number or sums.bears.get(name)


def _count_paper(sums: Account, entry: LedgerEntry) -> None:
    match entry.kind:
        case "label_purchased":
            sums.labels_bought += 1
            sums.live[str(entry.data["tracking_number"])] = str(entry.data.get("parcel"))
        case "label_refunded":
            sums.labels_refunded += 1
            sums.live.pop(str(entry.data["tracking_number"]), None)
        case "mail":
            kind, key = str(entry.data.get("kind")), str(entry.data.get("key"))
            sums.mails[kind] += 1
            sums.mail_keys[kind, key] += 1
        case "callback" if not entry.data.get("duplicate"):
            sums.callbacks += 1
            sums.callback_sequence.append(int(entry.data["body"]["sequence"]))
        case _:
            return


def judge(expected: Expected, entries: Iterable[LedgerEntry]) -> Account:
    """An order's account with every rule that it breaks in ``problems``."""
    sums = account(expected.order, entries)
    sums.problems += _money(expected, sums)
    sums.problems += _goods(expected, sums)
    sums.problems += _words(expected, sums)
    return sums


def _transfers(expected: Expected, sums: Account) -> list[str]:
    """What came less what went back is the value of what shipped; and it came before that."""
    net = sums.received - sums.sent_back
    rules = [(sums.sent_back <= sums.received, "sent back more than came")]
    if expected.ending is Ending.COMPLETED:
        rules.append((net == expected.due, f"ended with {net} of {expected.due} due"))
    elif expected.ending is not Ending.OPEN:
        rules.append((net == 0, f"ended {expected.ending.value} with {net} not sent back"))
    if sums.released_at is not None:
        before = sum(amount for at, amount in sums.received_at if at < sums.released_at)
        rules.append((before >= expected.due, f"released when {before} had come"))
    return [words for holds, words in rules if not holds]


def _money(expected: Expected, sums: Account) -> list[str]:
    if expected.by_transfer:
        return _transfers(expected, sums)
    net = sums.captured - sums.refunded
    rules = [
        (sums.captured <= sums.authorized, "captured more than was authorized"),
        (sums.refunded <= sums.captured, "refunded more than was captured"),
        (sums.captures <= expected.shipments, f"captured {sums.captures} times"),
    ]
    due = expected.due if expected.charged_here else 0
    if expected.ending is Ending.COMPLETED:
        rules.append((net == due, f"ended with {net} paid of {due} due"))
    elif expected.ending is not Ending.OPEN:
        rules.append((net == 0, f"ended {expected.ending.value} with {net} paid"))
    if expected.ending is not Ending.OPEN:
        rules.append((sums.held == 0, f"ended with {sums.held} still held"))
    if sums.handed_over_at is not None and expected.charged_here and not expected.gone_told:
        # One shipment may be paid while another has left.
        beside = expected.ending is Ending.OPEN and expected.shipments > 1
        paid = net >= due if beside else net == due
        rules.append((paid, f"handed over with {net} paid of {due} due"))
    return [words for holds, words in rules if not holds]


def _goods(expected: Expected, sums: Account) -> list[str]:
    problems: list[str] = []
    if expected.charged_here and expected.due and not expected.by_transfer:
        for place, released in enumerate(sorted(sums.let_out_at.values())):
            if place >= sums.captures:
                problems.append("released without a capture")
            elif sums.taken_at[place] > released:
                problems.append("released before the capture")
    gone = len(sums.parcels_left) if expected.parcels is None else expected.parcels
    wanted = gone if expected.ending is Ending.COMPLETED else 0
    if expected.gone_told and sums.labels_live == len(sums.left):
        wanted = sums.labels_live
    if expected.ending is not Ending.OPEN and sums.labels_live != wanted:
        problems.append(f"{sums.labels_live} live label(s), {wanted} wanted")
    twice = [parcel for parcel, count in Counter(sums.live.values()).items() if count > 1]
    if expected.ending is not Ending.OPEN and twice:
        problems.append(f"more than one live label for {', '.join(twice)}")
    if expected.ending is Ending.COMPLETED and not sums.left <= sums.live.keys():
        problems.append(f"left with labels that are void: {sorted(sums.left - sums.live.keys())}")
    if expected.ending is Ending.COMPLETED and sums.handed_over_at is None:
        problems.append("completed and never handed over")
    return problems


def _words(expected: Expected, sums: Account) -> list[str]:
    problems = [
        f"{count} mails of kind {kind}"
        for (kind, _), count in sums.mail_keys.items()
        if count > 1 + expected.repeats.get(kind, 0) and kind != "restock"
    ]
    if expected.ending is Ending.COMPLETED:
        problems += [
            f"no {kind} mail" for kind in ("confirmation", "shipped") if not sums.mails[kind]
        ]
    wanted = list(range(1, sums.callbacks + 1))
    if sums.callback_sequence != wanted:
        problems.append(f"callbacks came as {sums.callback_sequence}")
    return problems
