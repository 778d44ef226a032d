"""What the demo shows, by scenario."""

from collections.abc import Callable
from enum import StrEnum

from cli.demo_aftercare import aftercare
from cli.demo_bank import bank
from cli.demo_days import days
from cli.demo_orders import card, line, order
from cli.demo_stage import (
    Story,
    at_the_warehouse,
    cancel,
    confirm_at_the_bank,
    decide,
    give_back,
    go_on_packing,
    move_house,
    no_label,
    pay_with,
    receive,
    rejected,
    take_instead,
    wait_with_packing,
    wait_with_picking,
)
from sandbox.judge import Ending

_MUG = ("MUG-BLUE", "Stoneware mug, blue")
_SORRY = {"kind": "goodwill", "amount": {"amount": 333, "currency": "EUR"}}
_ONE_MUG = {"line": "1", "quantity": 1}
_DUE = 1890 + 490
"""One mug and its shipping."""
_CONSENT = "2026-01-02T03:04:05Z"
"""When a customer agreed that their card is kept."""


class Scenario(StrEnum):
    """Which orders are placed."""

    PLAIN = "plain"
    MONEY = "money"
    GOODS = "goods"
    BANK = "bank"
    DAYS = "days"
    AFTERCARE = "aftercare"
    ALL = "all"


def plain() -> list[Story]:
    """The main job, a decline, two cancels."""
    several = [
        line("1", *_MUG, 2, 1890, discount=378, options={"engraving": "für Mia"}),
        line("2", "TEAPOT", "Cast-iron teapot", 1, 6900),
        line("3", "SENCHA-100", "Sencha green tea 100 g", 2, 1250, note="best before after March"),
    ]
    due = sum(row["gross"] for row in several) + 490
    yen = [line("1", "NOTEBOOK", "Dotted notebook A5", 3, 1980, tax_rate="10")]
    french = order("1002", several, card(), "FR", gift_note="Joyeux anniversaire !")
    japanese = order("1003", yen, card(), "JP", "JPY", shipping_price=1200)
    lost = card("pm_card_visa_chargeDeclinedLostCard")
    paid = {"terms": "prepaid", "reference": "MP-778-1007"}
    cancelled, recalled = order("1005", _mugs(1), card()), order("1006", several, card())
    return [
        Story("plain", order("1001", _mugs(1), card()), Ending.COMPLETED, _DUE),
        Story("several lines, to France", french, Ending.COMPLETED, due),
        Story("in yen, to Tokyo", japanese, Ending.COMPLETED, 5940 + 1200),
        Story("card reported lost", order("1004", _mugs(1), lost), Ending.DECLINED, _DUE),
        Story(
            "customer cancels while it is picked",
            cancelled,
            Ending.CANCELLED,
            _DUE,
            on={"in_fulfilment": cancel},
        ),
        Story(
            "cancelled after the capture: recalled and refunded",
            recalled,
            Ending.CANCELLED,
            due,
            on={"released": cancel},
        ),
        Story(
            "paid at a marketplace",
            order("1007", _mugs(1), paid),
            Ending.COMPLETED,
            0,
            charged_here=False,
        ),
    ]


def money() -> list[Story]:
    """Payments that do not go as planned."""
    return [
        Story(
            "card declined, then paid with another",
            order("1101", _mugs(1), card("pm_card_visa_chargeDeclined")),
            Ending.COMPLETED,
            _DUE,
            on={"awaiting_payment": pay_with("pm_card_mastercard")},
        ),
        Story(
            "the bank wants a confirmation",
            order("1102", _mugs(1), card("pm_card_authenticationRequired")),
            Ending.COMPLETED,
            _DUE,
            on={"awaiting_payment": confirm_at_the_bank},
        ),
        Story(
            "risk seen at the provider: held, released by staff",
            order("1103", _mugs(1), card("pm_card_riskLevelElevated")),
            Ending.COMPLETED,
            _DUE,
            on={"in_review": decide("release")},
        ),
        Story(
            "risk seen at the provider: rejected by staff",
            order("1104", _mugs(1), card("pm_card_riskLevelElevated")),
            Ending.CANCELLED,
            _DUE,
            on={"in_review": decide("reject")},
        ),
        Story(
            "a goodwill of 3.33, then one of two mugs given back, to the cent",
            order("1105", _mugs(2), card()),
            Ending.COMPLETED,
            2 * 1890 + 490 - 333 - 1890,
            on={"shipped": give_back(_SORRY, {"kind": "lines", "lines": [_ONE_MUG]})},
        ),
    ]


def goods() -> list[Story]:
    """Goods, addresses and labels that are not as planned."""
    bowl = [line("1", "BOWL-RAKU", "Raku bowl, signed", 1, 24000)]
    now = line("1", "TEAPOT", "Cast-iron teapot", 1, 6900)
    later = line("2", "BOWL-RAKU", "Raku bowl, signed", 1, 24000)
    broken = {"line": "1", "quantity": 1, "short": "one broken"}
    return [
        Story(
            "one of two mugs is broken: one ships, one is charged",
            order("1201", _mugs(2), card()),
            Ending.COMPLETED,
            _DUE,
            before=at_the_warehouse("short_pick", **broken),
        ),
        Story(
            "a notebook is missing, and the customer takes a cheaper one",
            order("1207", [line("1", "NOTEBOOK", "Dotted notebook A5", 2, 990)], card()),
            Ending.COMPLETED,
            990 + 890 + 490,
            before=at_the_warehouse("short_pick", **broken),
            on={"1 x NOTEBOOK-RULED instead of NOTEBOOK": take_instead},
        ),
        Story(
            "backordered, sent when the goods have come",
            order("1202", bowl, card()),
            Ending.COMPLETED,
            24490,
            on={"backordered": receive("BOWL-RAKU")},
        ),
        Story(
            "a teapot now, a bowl when it has come: two parcels",
            order("1206", [now, later], card()),
            Ending.COMPLETED,
            6900 + 24000 + 490,
            shipments=2,
            on={"backordered": receive("BOWL-RAKU")},
        ),
        Story(
            "the customer moves when the label is printed",
            order("1203", _mugs(1), card()),
            Ending.COMPLETED,
            _DUE,
            on={
                "picked": wait_with_packing,
                "ready_to_pack": move_house,
                "to a new address": go_on_packing,
            },
        ),
        Story(
            "one mug more, before it is picked",
            order("1208", _mugs(1), card() | {"consent": _CONSENT}),
            Ending.COMPLETED,
            _DUE,
            on={"in_fulfilment": wait_with_picking},
        ),
        Story(
            "packed heavier than booked: labelled as it stands on the scale",
            order("1204", _mugs(1), card()),
            Ending.COMPLETED,
            _DUE,
            before=at_the_warehouse("overweight", factor=4),
        ),
        Story(
            "a mug here, a tray in Lyon: two parcels, each from its own warehouse",
            order("1209", [_mugs(1)[0], line("2", "TRAY-OAK", "Oak tray", 1, 5900)], card()),
            Ending.COMPLETED,
            _DUE + 5900,
            shipments=2,
        ),
        Story(
            "the warehouse rejects it: it goes from Lyon",
            order("1210", [line("1", "TEAPOT", "Cast-iron teapot", 1, 6900)], card()),
            Ending.COMPLETED,
            6900 + 490,
            before=rejected("the hall is flooded"),
        ),
        Story(
            "the first carrier sells no label: the next one does",
            order("1205", _mugs(1), card()),
            Ending.COMPLETED,
            _DUE,
            before=no_label(times=2),
        ),
    ]


SCENARIOS: dict[Scenario, tuple[Callable[[], list[Story]], ...]] = {
    Scenario.PLAIN: (plain,),
    Scenario.MONEY: (money,),
    Scenario.GOODS: (goods,),
    Scenario.BANK: (bank,),
    Scenario.DAYS: (days,),
    Scenario.AFTERCARE: (aftercare,),
    Scenario.ALL: (plain, money, goods, bank, days, aftercare),
}
"""The families of a scenario, one after the other."""


def _mugs(quantity: int) -> list[dict[str, object]]:
    return [line("1", *_MUG, quantity, 1890)]
