"""Orders of the demo that meet a border, a day that cannot be kept, and people's working hours."""

import time
from datetime import UTC, datetime, timedelta

from cli.demo_orders import card, line, order
from cli.demo_shop import SHOP
from cli.demo_stage import Json, Stage, Story, ok
from sandbox.judge import Ending

_PATIENCE = 60.0


def days() -> list[Story]:
    """Customs, a promise to the customer, and working hours."""
    teas = [line("1", "SENCHA-100", "Sencha green tea 100 g", 2, 1250, tax_rate="10")]
    mug = [line("1", "MUG-BLUE", "Stoneware mug, blue", 1, 1890)]
    soon = order("1402", mug, card())
    soon["shipping"]["deliver_by"] = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    return [
        Story(
            "to Tokyo, and the catalogue has lost what customs ask for",
            order("1401", teas, card(), "JP"),
            Ending.COMPLETED,
            2500 + 490,
            before=not_taken,
            on={"payment_secured": lose_customs_data},
        ),
        Story(
            "promised for a day that no courier can keep: the customer is told",
            soon,
            Ending.COMPLETED,
            1890 + 490,
            on={"shipped": told_of_a_later_day},
        ),
        Story(
            "the warehouse does not take it: staff have four hours, of their working hours",
            order("1403", mug, card()),
            Ending.COMPLETED,
            1890 + 490,
            before=not_taken,
            on={"payment_secured": answer_in_working_hours},
        ),
    ]


def lose_customs_data(stage: Stage, story: Story, _: Json) -> None:
    """While the warehouse is closed the catalogue loses the HS code: staff are asked before the
    label, and find it again."""
    closed = _case(stage, story, "warehouse_rejected")
    sku = story.body["lines"][0]["sku"]
    known = ok(stage.admin.get(f"/shops/{SHOP}/products")).json()["products"]
    product = next(one for one in known if one["sku"] == sku)
    _put(stage, product | {"hs_code": ""})
    stage.say(story, "catalogue", f"{sku} has lost its HS code")
    _answer(stage, story, closed, "retry")
    case = _case(stage, story, "no_rate")
    _put(stage, product)
    stage.say(story, "catalogue", f"{sku} is declared again: {product['hs_code']}")
    _answer(stage, story, case, "retry")


def told_of_a_later_day(stage: Stage, story: Story, _: Json) -> None:
    """What the customer's mail says, and what is on record."""
    page = ok(stage.shop.get(f"/orders/{story.order_id}")).json()
    for promise in page["promises"]:
        words = f"promised by {page['promised_by'][:16]}, expected by {promise['by'][:16]}"
        stage.say(story, "later than that", words)
    for mail in stage.sandbox.mailbox(order=story.order_id, kind="delivery_later"):
        stage.say(story, "mail", mail["subject"])


def not_taken(stage: Stage, story: Story) -> None:
    """The warehouse rejects the order's shipment once."""
    words = "the gate is closed for stocktaking"
    stage.sandbox.fault("wms", "handoff", "reject", order=story.order_id, reason=words)


def answer_in_working_hours(stage: Stage, story: Story, _: Json) -> None:
    """Until when staff may answer: four hours, of those in which they work."""
    case = _case(stage, story, "warehouse_rejected")
    words = f"by {_local(case['answer_by'])}; they work from Monday to Friday, 9 to 17 in Berlin"
    stage.say(story, "to be answered", words)
    _answer(stage, story, case, "retry")


def _case(stage: Stage, story: Story, kind: str) -> Json:
    """The order's open case of this kind, once it is there."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        cases = ok(stage.shop.get("/cases", params={"kind": kind})).json()["cases"]
        for case in (one for one in cases if one["order"] == story.order_id):
            stage.say(story, "case for staff", f"{kind}: {case['reason']}")
            return dict(case)
        time.sleep(0.2)
    raise RuntimeError(f"{story.number}: no case {kind} was opened")


def _answer(stage: Stage, story: Story, case: Json, answer: str) -> None:
    said = {"answer": answer, "who": "Ana, support", "why": "seen to"}
    ok(stage.shop.post(f"/cases/{case['id']}/answer", json=said))
    stage.say(story, answer, "Ana, support: seen to")


def _put(stage: Stage, product: Json) -> None:
    ok(stage.admin.put(f"/shops/{SHOP}/products", json={"products": [product]}))


def _local(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%A %H:%M} UTC"
