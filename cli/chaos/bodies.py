"""Orders of every shape that a shop may send."""

from dataclasses import dataclass
from random import Random
from typing import Any

from cli.chaos.people import customer
from cli.chaos.rates import Odds
from cli.demo_orders import PARTS, line

Json = dict[str, Any]

CHANNELS = ("web", "telephone", "marketplace")
GOOD_CARDS = (
    "pm_card_visa",
    "pm_card_visa_debit",
    "pm_card_mastercard",
    "pm_card_amex",
    "pm_card_jcb",
    "pm_card_de",
)
RISKY_CARD = "pm_card_riskLevelElevated"
"""Held for review before it is fulfilled."""
BAD_CARDS = (
    "pm_card_visa_chargeDeclined",
    "pm_card_visa_chargeDeclinedInsufficientFunds",
    "pm_card_visa_chargeDeclinedLostCard",
    "pm_card_chargeDeclinedExpiredCard",
    "pm_card_chargeDeclinedIncorrectCvc",
    "pm_card_chargeDeclinedProcessingError",
    "pm_card_threeDSecure2Required",
)


@dataclass(frozen=True)
class Ware:
    """Something the shop sells; ``per_order`` is how many pieces an order takes on average, by
    which the shelf is filled. A scarce ware's shelf runs empty half-way, and of some more comes."""

    sku: str
    name: str
    price: int
    grams: int
    per_order: float
    scarce: bool = False
    supplied: bool = False


WARES = (
    Ware("MUG-BLUE", "Stoneware mug, blue", 1890, 350, 3.0),
    Ware("SENCHA-100", "Sencha green tea 100 g", 1250, 120, 3.0),
    Ware("NOTEBOOK", "Dotted notebook A5", 990, 310, 3.0),
    Ware("TEAPOT", "Cast-iron teapot", 6900, 1450, 3.0),
    Ware("LAMP-OAK", "Oak desk lamp", 12900, 2100, 0.04, scarce=True, supplied=True),
    Ware("BOWL-RAKU", "Raku bowl, signed", 24000, 600, 0.03, scarce=True),
)
SCARCE = frozenset(ware.sku for ware in WARES if ware.scarce)
_COMMON = tuple(ware for ware in WARES if not ware.scarce)
_SCARCE = tuple(ware for ware in WARES if ware.scarce)


def stock_for(orders: int) -> dict[str, int]:
    """What lies on the shelf before the first of so many orders."""
    return {
        ware.sku: max(2, round(ware.per_order * orders)) + (0 if ware.scarce else 200)
        for ware in WARES
    }


@dataclass(frozen=True)
class Payment:
    """How an order is paid. ``terms`` of a checkout's own intent are known once it is made."""

    terms: Json
    checkout: bool = False
    free: bool = False


def payment(rng: Random, odds: Odds) -> Payment:
    """By card mostly, half of them kept; some declined, some that look wrong, some authorized by a
    checkout, some by bank transfer, some paid elsewhere."""
    ways = ("risky", "declined", "transfer", "checkout", "prepaid", "free")
    shares = [getattr(odds, way) for way in ways]
    way = rng.choices((*ways, "card"), (*shares, 1 - sum(shares)))[0]
    kept = {"consent": "2026-01-02T03:04:05Z"} if rng.random() < 0.5 else {}
    terms: dict[str, Json] = {
        "risky": {"terms": "authorize", "payment_method": RISKY_CARD},
        "declined": {"terms": "authorize", "payment_method": rng.choice(BAD_CARDS)},
        "transfer": {"terms": "transfer"},
        "checkout": {"terms": "payment_intent"},
        "prepaid": {"terms": "prepaid", "reference": f"MP-{rng.randrange(10**9):09d}"},
        "free": {"terms": "nothing_due"},
        "card": {"terms": "authorize", "payment_method": rng.choice(GOOD_CARDS)} | kept,
    }
    return Payment(terms[way], checkout=way == "checkout", free=way == "free")


def body(rng: Random, number: str, paid: Payment, odds: Odds) -> Json:
    """A canonical order whose sums add up."""
    currency = rng.choice(("EUR", "EUR", "EUR", "USD", "JPY"))
    if paid.terms["terms"] == "transfer":
        currency = "EUR"  # as the account is
    rate = rng.choice(("19", "7", "8.875", "0"))
    rows = [
        _line(rng, str(place), rate, paid.free, odds.scarce)
        for place in range(1, rng.randint(1, 5) + 1)
    ]
    postage = line("-", "-", "-", 1, 0 if paid.free else rng.choice((0, 490, 1200)), tax_rate="19")
    person, address = customer(rng, number)
    return {
        "number": number,
        "channel": rng.choice(CHANNELS),
        "placed_at": "2026-01-02T03:04:05Z",
        "currency": currency,
        "customer": person,
        "billing_address": address,
        "shipping_address": address,
        "lines": rows,
        "shipping": {
            "service_level": rng.choice(("economy", "standard", "express")),
            "tax_rate": "19",
            **{part: postage[part] for part in ("net", "tax", "gross")},
        },
        "total": {
            part: sum(row[part] for row in rows) + postage[part] for part in ("net", "tax", "gross")
        },
        "payment": paid.terms,
        "gift_note": rng.choice(("", "", "Alles Gute! 🎂", "ギフト" * 300)),
        "notes": rng.choice(("", "", "ring twice\nthen wait")),
    }


def abroad(body: Json) -> bool:
    """Whether its parcel crosses a border of customs."""
    return body["shipping_address"]["country"] in ("GB", "CH", "US", "JP")


def rare(sku: str) -> Ware:
    """One of a kind, that a single order is for."""
    return Ware(sku, "Cedar chest, one of a kind", 4400, 900, 1)


def with_line(body: Json, ware: Ware) -> Json:
    """The same order with one piece more, and the sums that follow."""
    rows = body["lines"]
    row = line(str(len(rows) + 1), ware.sku, ware.name, 1, ware.price)
    total = {part: body["total"][part] + row[part] for part in PARTS}
    return body | {"lines": [*rows, row], "total": total}


def wanted_by(body: Json, day: str) -> Json:
    """The same order, promised by its channel for a day."""
    return body | {"shipping": body["shipping"] | {"deliver_by": day}}


def _line(rng: Random, place: str, rate: str, free: bool, scarce: float) -> Json:
    ware = rng.choice(_SCARCE) if rng.random() < scarce else rng.choice(_COMMON)
    quantity = 1 if ware.scarce else rng.choice((1, 1, 1, 2, 3, 5))
    price = 0 if free else ware.price
    discount = 0 if free else rng.choice((0, 0, 0, ware.price * quantity // 10))
    row = line(place, ware.sku, ware.name, quantity, price, tax_rate="19", discount=discount)
    gross = row["gross"]
    net = round(gross * 100 / (100 + float(rate)))
    more: Json = {"options": {"engraving": "für Mia ✨"}} if rng.random() < 0.2 else {}
    return row | {"tax_rate": rate, "net": net, "tax": gross - net} | more
