"""Orders of the demo that go wrong after the door: complained about, lost on the way."""

import time
from collections.abc import Callable
from typing import TypeVar

from cli.demo_orders import card, line, order
from cli.demo_stage import Json, Move, Stage, Story, ok
from sandbox.judge import Ending

_PATIENCE = 60.0
_MUG = 1890
_FEE = 490
Found = TypeVar("Found")


def aftercare() -> list[Story]:
    """Broken pieces, a complaint without reason, a parcel that never comes."""
    mugs = [line("1", "MUG-BLUE", "Stoneware mug, blue", 2, _MUG)]
    refund = {"kind": "refund", "words": "We are sorry. Keep it, if it is of any use to you."}
    replace = {"kind": "replacement", "words": "We are sorry, and send you another one."}
    decline = {"kind": "decline", "words": "It is glazed by hand: no two are of one blue."}
    return [
        Story(
            "one of two mugs comes broken: its price is given back",
            order("1501", mugs, card()),
            Ending.COMPLETED,
            _MUG + _FEE,
            on={"delivered": complain("damaged", "the handle is off", refund)},
        ),
        Story(
            "the blue is not the blue of the picture: declined, and no review is asked for",
            order("1502", mugs, card()),
            Ending.COMPLETED,
            2 * _MUG + _FEE,
            on={"delivered": complain("not_as_described", "too dark", decline)},
        ),
        Story(
            "one of two mugs comes broken: another one is sent, for nothing",
            order("1504", mugs, card()),
            Ending.COMPLETED,
            2 * _MUG + _FEE,
            on={"delivered": complain("damaged", "a crack", replace)},
        ),
        Story(
            "the courier loses it: made good, and nobody had to complain",
            order("1503", mugs, card()),
            Ending.COMPLETED,
            0,
            on={"shipped": lose},
        ),
    ]


def complain(reason: str, words: str, solution: Json) -> Move:
    """The customer complains about one piece; staff answer, and the customer takes what there is
    to take."""

    def move(stage: Stage, story: Story, _: Json) -> None:
        wanted = {"reason": reason, "lines": [{"line": "1", "quantity": 1}], "words": words}
        said = ok(
            stage.shop.post(
                f"/orders/{story.order_id}/complaints",
                json=wanted | {"who": "the customer"},
                headers={"Idempotency-Key": "complaint"},
            )
        ).json()
        stage.say(story, "complaint", f"{reason}: {said['message']}")
        _settle(stage, story, solution)

    return move


def lose(stage: Stage, story: Story, event: Json) -> None:
    """The courier says that it has lost the parcel; staff offer all of it back."""
    (parcel,) = event["tracking"]
    stage.sandbox.courier(parcel["tracking_number"], "FAILURE", substatus="package_lost")
    stage.say(story, "lost", parcel["tracking_number"])
    words = "We are sorry: it is lost."
    _settle(stage, story, {"kind": "refund", "words": words, "shipping": True})


def _settle(stage: Stage, story: Story, solution: Json) -> None:
    """Staff answer the order's first complaint; whatever is offered the customer takes."""
    path = f"/orders/{story.order_id}/complaints"
    _until(lambda: ok(stage.shop.get(path)).json()["complaints"])
    said = ok(
        stage.shop.post(
            f"{path}/1/solutions",
            json={"who": "Ana, support"} | solution,
            headers={"Idempotency-Key": "solution"},
        )
    ).json()
    stage.say(story, solution["kind"], solution["words"])
    if solution["kind"] != "decline":
        answer = {"offer": said["offer"], "answer": "accept", "who": "the customer"}
        ok(stage.shop.post(f"{path}/1/answer", json=answer))
        stage.say(story, "accepted", "by the customer")


def _until(look: Callable[[], Found]) -> Found:
    """Look until there is something.

    Raises:
        RuntimeError: there is nothing in time.
    """
    deadline = time.monotonic() + _PATIENCE
    while not (found := look()):
        if time.monotonic() > deadline:
            raise RuntimeError("the complaint is not on record")
        time.sleep(0.1)
    return found
