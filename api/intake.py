"""Step 1: an order comes in, is checked, put on record once, and started."""

import logging
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

from fastapi.concurrency import run_in_threadpool

from api.bodies import digest
from api.order_checks import problems_at_intake, problems_of_order
from api.problems import FieldProblem, ProblemError, invalid, not_found
from api.starter import EngineAway
from api.wiring import Wiring
from backoffice.intake import Accepted, Intake
from backoffice.refusals import NotOnRecord
from domain.ids import order_id
from domain.model import Model
from domain.order import Order, OrderInput
from domain.record import Shop

_log = logging.getLogger(__name__)

Read = Callable[[bytes], Order]
"""From a body to a canonical order. Raises ProblemError."""
OwnPath = Callable[[str], str]
"""From a canonical field to the caller's own name for it."""


class OrderLinks(Model):
    """Where to look for what becomes of the order."""

    self: str
    events: str
    status_page: str | None = None


class OrderAccepted(Model):
    """The order is on record and will be carried out. The same order again: the same answer."""

    order: str
    number: str
    status: str = "accepted"
    links: OrderLinks


async def take(
    wiring: Wiring, shop_id: str, source: str, raw: bytes, read: Read, own_path: OwnPath = str
) -> OrderAccepted:
    """Put an order on record and start it.

    The record comes first: what is on record and not started is started by the sweep, so the
    engine's absence refuses no order.

    Raises:
        ProblemError: 400, 409 or 422. A refusal is stored, without what the body said.
    """
    began = time.time_ns()
    shop, order, accepted = await run_in_threadpool(
        _record, wiring, shop_id, source, raw, read, own_path
    )
    # One that came before was started by whoever brought it, or is by the sweep: a hundred
    # repetitions at once are no hundred calls to the engine.
    if accepted.state is Intake.NEW and accepted.given is not None:
        with wiring.tracing.accepted(accepted.order_id, source, began):
            await _start(wiring, accepted.given)
    name = accepted.order_id
    return OrderAccepted(
        order=name, number=order.number, links=_links(wiring.public_url, shop, name)
    )


def _record(
    wiring: Wiring, shop_id: str, source: str, raw: bytes, read: Read, own_path: OwnPath
) -> tuple[Shop, Order, Accepted]:
    try:
        shop = wiring.books.shops.shop(shop_id)
        if shop is None:
            raise not_found("shop")
        order = read(raw)
        skus = tuple(sorted({line.sku for line in order.lines}))
        products = wiring.books.catalogue.products(shop.id, skus)
        problems = (
            *problems_at_intake(order, wiring.countries, datetime.now(UTC)),
            *problems_of_order(
                order, shop, products, wiring.payment_problem, wiring.takes_transfers
            ),
        )
        if problems and not _is_known(wiring, shop, order):
            raise invalid(in_own_words(problems, own_path))
        accepted = wiring.books.intake.accept(shop, order, order.model_dump(mode="json"))
        if accepted.state is Intake.DIFFERENT:
            raise _differs(order, tuple(own_path(field) for field in accepted.differences))
    except ProblemError as refusal:
        reasons = without_personal_data(refusal)
        wiring.books.intake.refuse(shop_id, source, digest(raw), reasons)
        raise
    return shop, order, accepted


def _is_known(wiring: Wiring, shop: Shop, order: Order) -> bool:
    """One that is on record was sound when it came: it gets its answer again, whatever is asked of
    new ones since."""
    name = order_id(shop.id, order.channel, order.number)
    try:
        wiring.books.intake.given(name)
    except NotOnRecord:
        return False
    return True


def in_own_words(problems: tuple[FieldProblem, ...], own_path: OwnPath) -> tuple[FieldProblem, ...]:
    """Problems with the caller's own field paths."""
    return tuple(FieldProblem(field=own_path(one.field), message=one.message) for one in problems)


def _differs(order: Order, fields: tuple[str, ...]) -> ProblemError:
    words = "differs from what is on record"
    return ProblemError(
        409,
        f"channel {order.channel} has another order under this number; it "
        "stays as it is. Send a new order under a number of its own; to change the one on record, "
        "amend it",
        tuple(FieldProblem(field=field, message=words) for field in fields),
    )


_PLAIN_PART = re.compile(r"^(\d+|[a-z_][a-z0-9_]{0,40}|\(body\))$")
_FREE_NAMES_BELOW = {"options", "properties"}


def without_personal_data(refusal: ProblemError) -> tuple[str, ...]:
    """What is kept of a refusal: paths and reasons. A name that the caller made up is left out."""
    if not refusal.problems:
        return (refusal.detail,)
    return tuple(f"{_plain(one.field)}: {one.message}" for one in refusal.problems)


def _plain(field: str) -> str:
    kept: list[str] = []
    for part in field.split("."):
        if not _PLAIN_PART.match(part) or _FREE_NAMES_BELOW.intersection(kept):
            return ".".join((*kept, "?"))
        kept.append(part)
    return ".".join(kept)


async def _start(wiring: Wiring, given: OrderInput) -> None:
    try:
        await wiring.starter.start(given)
    except EngineAway as away:
        _log.warning("order %s waits for the sweep: %s", given.order_id, away)
        return
    await run_in_threadpool(wiring.books.intake.started, given.order_id)


def _links(public_url: str, shop: Shop, name: str) -> OrderLinks:
    own = f"{public_url.rstrip('/')}/orders/{name}"
    page = f"{shop.status_page.rstrip('/')}/{name}" if shop.status_page else None
    return OrderLinks(self=own, events=f"{own}/events", status_page=page)
