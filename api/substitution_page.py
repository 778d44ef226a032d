"""The page on which a customer takes what is offered in place of missing pieces, or does not.

Its address is a secret of that one offer, which only the customer's mail has. Looking changes
nothing: mail programs look at links by themselves. A button does, once. No cookie and no other sign
of who calls is read, so no other page can press it for the customer.
"""

from html import escape

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from api.access import Wired
from api.parameters import Name
from api.problems import away, not_found
from api.starter import EngineAway, NotOpen, UpdateRefused
from api.wiring import Wiring
from backoffice.substitutions import OfferOnRecord
from domain.money import Money
from domain.substitution import AnsweredBy, Choice, OfferState, SubstitutionReply

router = APIRouter(prefix="/substitutions", include_in_schema=False)

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>{shop}: order {number}</title>
<style>body{{font:16px/1.5 system-ui;max-width:36rem;margin:3rem auto;padding:0 1rem}}
table{{border-collapse:collapse;width:100%;margin:1rem 0}}td,th{{text-align:left;padding:.4rem;
border-bottom:1px solid #ccc}}button{{font:inherit;padding:.5rem 1rem;margin-right:1rem}}</style>
<h1>{shop}</h1>
<p>Order <bdi>{number}</bdi></p>
<p>{words}</p>
<table><tr><th></th><th>Article</th><th>Price</th></tr>
<tr><th>You ordered</th><td dir="auto">{quantity} × {ordered}</td><td>{before}</td></tr>
<tr><th>We offer</th><td dir="auto">{quantity} × {instead}</td><td>{price}</td></tr></table>
{form}
</html>
"""
_FORM = """<form method="post"><button name="answer" value="accept">Yes, send this instead</button>
<button name="answer" value="refuse">No, thank you</button></form>
<p>Please answer by {by}. You never pay more than for what you ordered.</p>"""
_WORDS = {
    OfferState.OFFERED: "We are sorry: what you ordered is not there. May we send this instead?",
    OfferState.ACCEPTED: "Thank you: this comes instead.",
    OfferState.REFUSED: "Thank you: it does not come, and you do not pay for it.",
    OfferState.UNANSWERED: "The time for an answer is over. It does not come.",
    OfferState.WITHDRAWN: "This offer does not stand any more.",
}
_SAID = {Choice.ACCEPT: OfferState.ACCEPTED, Choice.REFUSE: OfferState.REFUSED}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}
_FORM_LIMIT = 1000


@router.get("/{token}", response_class=HTMLResponse)
def look(wiring: Wired, token: Name) -> HTMLResponse:
    """Both articles and the price; it changes nothing."""
    found = _found(wiring, token)
    return _page(found, found.offer.state)


@router.post("/{token}", response_class=HTMLResponse)
async def say(wiring: Wired, token: Name, request: Request) -> HTMLResponse:
    """Yes or no, once; the page says what holds."""
    found = await run_in_threadpool(_found, wiring, token)
    choice = _choice(await request.body())
    if choice is None:
        return _page(found, found.offer.state, 422)
    if found.offer.state is not OfferState.OFFERED:
        return _page(found, found.offer.state, 409)
    reply = SubstitutionReply(
        substitution=found.offer.id,
        answer=choice,
        by=AnsweredBy.CUSTOMER,
        who="the customer, on their page",
    )
    try:
        await wiring.starter.answer_substitution(found.order_id, reply)
    except EngineAway as error:
        raise away("the order") from error
    except (NotOpen, UpdateRefused):
        # Somebody else was quicker, or the time is over: the record says which in a moment.
        return _page(await run_in_threadpool(_found, wiring, token), None, 409)
    return _page(found, _SAID[choice])


def _found(wiring: Wiring, token: str) -> OfferOnRecord:
    found = wiring.books.substitutions.by_token(token)
    if found is None:
        raise not_found("page")
    return found


def _choice(body: bytes) -> Choice | None:
    """What the pressed button says; nothing else is sent by the page."""
    known = {f"answer={one.value}".encode(): one for one in Choice}
    return known.get(body[:_FORM_LIMIT])


def _page(found: OfferOnRecord, state: OfferState | None, status: int = 200) -> HTMLResponse:
    """``state`` is what holds by now; None where that is not on record yet."""
    offer, currency = found.offer, found.order.currency
    if state is None:
        closed = found.offer.state is not OfferState.OFFERED
        state = found.offer.state if closed else OfferState.WITHDRAWN
    form = ""
    if state is OfferState.OFFERED:
        form = _FORM.format(by=f"{offer.answer_by:%Y-%m-%d %H:%M} UTC")
    page = _PAGE.format(
        shop=escape(found.seller.name),
        number=escape(found.order.number),
        words=_WORDS[state],
        quantity=offer.substitute.quantity,
        ordered=escape(offer.line.name),
        instead=escape(offer.substitute.name),
        before=escape(str(Money(amount=offer.ordered.gross, currency=currency))),
        price=escape(str(Money(amount=offer.substitute.gross, currency=currency))),
        form=form,
    )
    return HTMLResponse(page, status, _HEADERS)
