"""Orders of the demo that are paid by bank transfer in advance."""

from cli.demo_orders import line, order
from cli.demo_stage import Json, Move, Stage, Story
from domain.creditor_reference import creditor_reference, grouped
from sandbox.judge import Ending

_DUE = 1890 + 490
_PART, _SURPLUS = 1000, 500


def bank() -> list[Story]:
    """Paid in parts, too much, and never in full."""
    return [
        Story(
            "by bank transfer, in two parts",
            _mug("1301"),
            Ending.COMPLETED,
            _DUE,
            on={"awaiting_payment": transfer(_PART, _DUE - _PART)},
        ),
        Story(
            "by bank transfer, 5.00 too much: they go back",
            _mug("1302"),
            Ending.COMPLETED,
            _DUE,
            on={"awaiting_payment": transfer(_DUE + _SURPLUS)},
        ),
        Story(
            "by bank transfer: 10.00 come, the rest never; they go back",
            _mug("1303"),
            Ending.DECLINED,
            _DUE,
            on={"awaiting_payment": transfer(_PART), "declined": sent_back},
        ),
    ]


def transfer(*amounts: int) -> Move:
    """The customer transfers these sums, one by one, under the reference that they were told."""

    def move(stage: Stage, story: Story, _: Json) -> None:
        reference = creditor_reference(story.order_id)
        for amount in amounts:
            stage.sandbox.transfer(reference, amount, order=story.order_id)
            words = f"{amount / 100:.2f} EUR under {grouped(reference)}"
            stage.say(story, "transferred", words)

    return move


def sent_back(stage: Stage, story: Story, _: Json) -> None:
    """What the bank sent back of it."""
    for entry in stage.sandbox.ledger("bank", order=story.order_id, kind="sent_back"):
        stage.say(story, "sent back", f"{entry.data['amount'] / 100:.2f} EUR, by the bank")


def _mug(number: str) -> Json:
    row = line("1", "MUG-BLUE", "Stoneware mug, blue", 1, 1890)
    return order(number, [row], {"terms": "transfer"})
