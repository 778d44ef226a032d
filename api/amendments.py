"""Orders that are amended before they are picked."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool

from api.access import OfficeKey, Wired
from api.bodies import JsonBody
from api.meant import order_to_change
from api.order_checks import problems_of_order
from api.parameters import Name
from api.problems import FieldProblem, ProblemError, invalid, not_found
from api.steering import steering
from api.wiring import Wiring
from backoffice.views import OrderView
from domain.amendment import (
    Amendment,
    AmendmentAnswer,
    AmendmentState,
    NotAmendable,
    amended,
    words_of,
)
from domain.order import Amended

router = APIRouter(tags=["orders"])

_THREE_MUGS = {"line": "1", "quantity": 3, "net": 3403, "tax": 647, "gross": 4050}
_AMENDMENT = JsonBody(
    Amendment,
    {
        "three mugs instead of two": {
            "key": "amend-1",
            "version": 0,
            "who": "Ana, support",
            "why": "the customer called",
            "lines": [{"change": _THREE_MUGS}],
            "total": {"net": 3815, "tax": 725, "gross": 4540},
        }
    },
)


@router.post("/orders/{order}/amendments", status_code=202, summary="Amend an order")
async def amend(
    wiring: Wired,
    key: OfficeKey,
    order: Name,
    wanted: Annotated[Amendment, Depends(_AMENDMENT)],
) -> AmendmentAnswer:
    """Until it is picked: add lines, remove them, or change how many, with all new sums.

    `version` is the number of the newest amendment on the order's page (0 for none); where another
    one was made since, the answer is 409 with what differs. Stock, money, warehouse and papers
    follow, or nothing is changed: then the answer is 409 with the reason, and the order's page has
    it too. The same amendment under the same `key` gets the same answer. `under_way` says that it
    takes a while: `order.amended` or `order.amendment_refused` tells what became of it.
    """
    view = await run_in_threadpool(order_to_change, wiring, key.shop, order)
    answer = _again(view, wanted)
    if answer is None:
        await run_in_threadpool(_check, wiring, view, wanted)
        with steering(view):
            answer = await wiring.starter.amend(view.order_id, wanted)
    if answer.state is AmendmentState.REFUSED:
        raise ProblemError(409, answer.message)
    return answer


def _again(view: OrderView, wanted: Amendment) -> AmendmentAnswer | None:
    """What was answered already to this amendment."""
    known = next((one for one in view.amendments if one.key == wanted.key), None)
    if known is None:
        return None
    if known.digest != wanted.digest:
        raise ProblemError(409, f"the key {wanted.key} names another amendment of this order")
    state = AmendmentState.REFUSED if known.refused else AmendmentState.APPLIED
    words = known.refused or f"The order is amended: {_words(view, known)}"
    version = _version(view)
    return AmendmentAnswer(state=state, number=known.number, version=version, message=words)


def _words(view: OrderView, known: Amended) -> str:
    return words_of(known.before, known.after, view.order.currency)


def _version(view: OrderView) -> int:
    return max((one.number for one in view.amendments if not one.refused), default=0)


def _check(wiring: Wiring, view: OrderView, wanted: Amendment) -> None:
    """What only the catalogue and the payment provider's rules can say."""
    if wanted.version != _version(view):
        return  # the order itself says what differs
    used = {line.id for one in view.amendments for line in one.before.lines}
    try:
        after = amended(view.order, wanted, used)
    except NotAmendable as wrong:
        raise ProblemError(422, str(wrong)) from wrong
    shop = wiring.books.shops.shop(view.shop)
    if shop is None:
        raise not_found("shop")
    skus = tuple(sorted({line.sku for line in after.lines}))
    products = wiring.books.catalogue.products(shop.id, skus)
    problems = problems_of_order(
        after, shop, products, wiring.payment_problem, wiring.takes_transfers
    )
    if problems:
        words = "as amended"
        raise invalid(
            tuple(
                FieldProblem(field=one.field, message=f"{words}: {one.message}") for one in problems
            )
        )
