"""What must hold for an order that is paid by bank transfer: the bank's books and our own."""

from cli.chaos.evidence import Evidence
from sandbox.judge import Account, Expected

_KEPT = ("ended with", "ended cancelled with", "ended declined with", "ended out_of_stock with")


def unless_told(file: Evidence, expected: Expected, sums: Account) -> list[str]:
    """The judge's words. What the bank would not send back stays in the account, and a person is
    told by a case; that less stays than is due nobody is told of, as it must not be."""
    kept = sums.received - sums.sent_back
    due = expected.due if file.status == "completed" else 0
    if not (file.placed.by_transfer and kept > due and _told(file)):
        return sums.problems
    return [words for words in sums.problems if not words.startswith(_KEPT)]


def _told(file: Evidence) -> bool:
    """Whether the loop that reads the account has met a refusal of the bank's."""
    return any(
        one["kind"] == "refused_by_provider" and one["id"].startswith("booking:")
        for one in file.cases
    )


def record_problems(file: Evidence, sums: Account) -> list[str]:
    """An order that has ended: what it holds on record is what is in the account."""
    money = {name: one["amount"] for name, one in _sums(file).items()}
    kept = sums.received - sums.sent_back
    refunds = sum(
        int(one.data["amount"])
        for one in file.entries
        if one.kind == "sent_back" and one.data["purpose"] == "refund"
    )
    rules = [
        (
            money["captured"] - money["refunded"] == kept or _told(file),
            f"{money['captured']} settled, {money['refunded']} refunded, in the account {kept}",
        ),
        (
            money["authorized"] - money["voided"] == money["captured"],
            f"{money['authorized']} held, {money['voided']} let go, {money['captured']} settled",
        ),
        (
            money["refunded"] == refunds,
            f"{money['refunded']} refunded on record, at the bank {refunds}",
        ),
    ]
    return [words for holds, words in rules if not holds]


def _sums(file: Evidence) -> dict[str, dict[str, int]]:
    return {
        name: one
        for name, one in file.page["money"].items()
        if name in ("authorized", "captured", "voided", "refunded")
    }
