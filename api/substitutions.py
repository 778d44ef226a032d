"""What customers are offered in place of missing pieces: answered by their shop for them."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool

from api.access import OfficeKey, Wired
from api.bodies import JsonBody
from api.meant import order_to_change
from api.orders import Taken
from api.parameters import Name
from api.problems import not_found
from api.steering import steering
from domain.model import LongText, Model, Text
from domain.substitution import AnsweredBy, Choice, SubstitutionReply

router = APIRouter(tags=["orders"])


class ShopsWord(Model):
    """What the customer has said to their shop, who says so, and why."""

    answer: Choice
    who: Text
    why: LongText = ""


_WORD = JsonBody(
    ShopsWord,
    {"on the shop's own page": {"answer": "accept", "who": "the customer", "why": "in the shop"}},
)


@router.post(
    "/orders/{order}/substitutions/{substitution}/answer",
    status_code=202,
    summary="Answer what a customer was offered instead",
)
async def answer(
    wiring: Wired,
    key: OfficeKey,
    order: Name,
    substitution: Name,
    word: Annotated[ShopsWord, Depends(_WORD)],
) -> Taken:
    """The order's `substitutions` list what is offered, until when, and for how much.

    Accepted, the warehouse puts it in; refused, its goods are free and the policy decides about
    what is missing. An offer is answered once: 409 afterwards, and after its `answer_by`.
    """
    view = await run_in_threadpool(order_to_change, wiring, key.shop, order)
    if substitution not in {one.id for one in view.substitutions}:
        raise not_found("substitution")
    reply = SubstitutionReply(
        substitution=substitution,
        answer=word.answer,
        by=AnsweredBy.SHOP,
        who=word.who,
        why=word.why,
    )
    with steering(view):
        await wiring.starter.answer_substitution(view.order_id, reply)
    return Taken(order=view.order_id)
