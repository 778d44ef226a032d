"""Which order is meant by what a caller writes: an id, or a number in its channel."""

from api.problems import ProblemError, not_found
from api.wiring import Wiring
from backoffice.views import OrderView


def order_to_see(wiring: Wiring, shop: str, order: str) -> OrderView:
    """The order of this id or number; the newest, where two channels use the number.

    Raises:
        ProblemError: 404.
    """
    found = wiring.books.search.order(shop, order)
    if found is None:
        raise not_found("order")
    return found


def order_to_change(wiring: Wiring, shop: str, order: str) -> OrderView:
    """The only order of this id or number: nothing is done to one that may not be meant.

    Raises:
        ProblemError: 404; 409 where two channels use the number.
    """
    meant = wiring.books.search.meant(shop, order)
    if len(meant) > 1:
        words = f"{len(meant)} orders have this number: {', '.join(meant)}. Name one by its id"
        raise ProblemError(409, words)
    return order_to_see(wiring, shop, order)
