"""The account's balance: each movement of money is a transaction (Stripe docs: Balance
transactions).

Movements of a currency that the account does not settle in are converted, as the setting `settles`
says: `{"usd": {"currency": "eur", "rate": "0.9"}}`.
"""

from fractions import Fraction

from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.stripe.objects import BALANCE, new_id

_PENDING_SECONDS = 2 * 86400
_CATEGORIES = {"payout_failure": "payout_reversal"}
"""Where the accountant's word for a type is another one."""


def book(
    world: World,
    kind: str,
    money: tuple[int, str],
    source: str,
    fee: int = 0,
    wait: int = _PENDING_SECONDS,
) -> str:
    """A transaction of signed minor units, which is available after `wait` seconds; its id."""
    amount, currency = money
    now = world.clock.timestamp()
    rate = world.settings.section("stripe")["settles"].get(currency)
    if rate is not None:
        currency, by = rate["currency"], Fraction(rate["rate"])
        amount, fee = _converted(amount, by), _converted(fee, by)
    transaction: Document = {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now + wait,
        "balance_type": "payments",
        "created": now,
        "currency": currency,
        "description": None,
        "exchange_rate": None if rate is None else float(rate["rate"]),
        "fee": fee,
        "fee_details": _fee_details(currency, fee),
        "net": amount - fee,
        "reporting_category": _category(kind, amount),
        "source": source,
        "status": "pending" if wait else "available",
        "type": kind,
        "_": {"payout": None},
    }
    world.store.put(BALANCE, transaction["id"], transaction)
    return transaction["id"]


def totals(world: World) -> tuple[dict[str, int], dict[str, int]]:
    """What is available, and what is still pending, each currency by itself."""
    now = world.clock.timestamp()
    available: dict[str, int] = {}
    pending: dict[str, int] = {}
    for one in world.store.list(BALANCE):
        sums = available if one["available_on"] <= now else pending
        sums[one["currency"]] = sums.get(one["currency"], 0) + one["net"]
    return available, pending


def _category(kind: str, amount: int) -> str:
    if kind == "adjustment":
        return "dispute_reversal" if amount > 0 else "dispute"
    return _CATEGORIES.get(kind, kind)


def _converted(amount: int, rate: Fraction) -> int:
    """Half a minor unit is rounded up, away from zero."""
    sign = -1 if amount < 0 else 1
    return sign * int(abs(amount) * rate + Fraction(1, 2))


def _fee_details(currency: str, fee: int) -> list[Document]:
    if not fee:
        return []
    return [
        {
            "amount": fee,
            "application": None,
            "currency": currency,
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
