"""The page on which a customer complains, and says whether they take what is offered.

Its address is a secret of that one order, which only the customer's mails have. Looking changes
nothing: mail programs look at links by themselves. A button does. No cookie and no other sign of
who calls is read, so no other page can press it for the customer.
"""

import secrets
from collections.abc import Awaitable
from html import escape
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from api.access import Wired
from api.bodies import read_raw
from api.parameters import Name
from api.problems import away, not_found
from api.starter import EngineAway, NotOpen, UpdateRefused
from api.wiring import Wiring
from backoffice.complaints import CustomersPage
from backoffice.views import ReplacementView
from domain.complaints import (
    ComplainedBy,
    ComplaintOnRecord,
    ComplaintReason,
    ComplaintRequest,
    ComplaintState,
    Solution,
    SolutionKind,
    SolutionReply,
)
from domain.status import OrderStatus
from providers.tracking_links import tracking_link

router = APIRouter(prefix="/help", include_in_schema=False)

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>{shop}: order {number}</title>
<style>body{{font:16px/1.5 system-ui;max-width:36rem;margin:3rem auto;padding:0 1rem}}
section{{border-top:1px solid #ccc;margin:1rem 0}}label{{display:block;margin:.6rem 0}}
button,select,textarea,input{{font:inherit;padding:.4rem}}textarea{{width:100%}}
.note{{background:#eef5ee;padding:.6rem}}.wrong{{background:#f8ecec;padding:.6rem}}</style>
<h1>{shop}</h1>
<p>Order <bdi>{number}</bdi></p>
{note}
{complaints}
{form}
</html>
"""
_FORM = """<section><h2>Something is wrong</h2><form method="post" action="{here}/complaints">
<input type="hidden" name="key" value="{key}">
<label>What is it? <select name="reason">{reasons}</select></label>
{lines}
<label>In your words <textarea name="words" rows="4" maxlength="4000"></textarea></label>
<button>Tell {shop}</button></form></section>"""
_LINE = """<label dir="auto">{name}: how many of {quantity}
<input type="number" name="line.{place}" min="0" max="{quantity}" value="0"></label>"""
_ANSWER = """<form method="post" action="{here}/complaints/{number}">
<input type="hidden" name="offer" value="{offer}">
<button name="answer" value="accept">Yes, I take it</button>
<button name="answer" value="refuse">No</button></form>
<p>Please answer by {by}.</p>"""
_REASONS = {
    ComplaintReason.DAMAGED: "It came damaged",
    ComplaintReason.MISSING: "It was not in the parcel",
    ComplaintReason.WRONG_ITEM: "It is something else than I ordered",
    ComplaintReason.NOT_AS_DESCRIBED: "It is not as described",
    ComplaintReason.NOT_ARRIVED: "It has not arrived",
    ComplaintReason.OTHER: "Something else",
}
_SAID = {**_REASONS, ComplaintReason.CAME_BACK: "The courier brings it back"}
_STATES = {
    ComplaintState.OPEN: "We look into it, and write to you.",
    ComplaintState.OFFERED: "We have made you an offer.",
    ComplaintState.ACCEPTED: "You have accepted what we offered; it is on its way.",
    ComplaintState.SOLVED: "It is settled.",
    ComplaintState.DECLINED: "It is closed.",
}
_ON_THE_WAY = {
    OrderStatus.SHIPPED: "It is on its way.",
    OrderStatus.DELIVERED: "It has arrived.",
    OrderStatus.NOT_DELIVERED: "The courier could not deliver it.",
    OrderStatus.COMPLETED: "Its way has ended.",
    OrderStatus.OUT_OF_STOCK: "It could not be sent.",
    OrderStatus.CANCELLED: "It was not sent.",
}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}
_FORM_LIMIT = 60_000
_KEY_BYTES = 12
_DIGITS = 6
_CUSTOMER = "the customer, on their page"


@router.get("/{secret}", response_class=HTMLResponse)
def look(wiring: Wired, secret: Name, thanks: bool = False) -> HTMLResponse:
    """The order's complaints and what is offered; it changes nothing."""
    note = "Thank you: we have it." if thanks else ""
    return _page(_found(wiring, secret), secret, note)


@router.post("/{secret}/complaints", response_class=HTMLResponse)
async def complain(wiring: Wired, secret: Name, request: Request) -> Response:
    """One complaint; the same form sent twice is one."""
    found = await run_in_threadpool(_found, wiring, secret)
    form = await _form(request)
    key = f"page·{form.get('key', '')}"
    if key in {one.complaint.request.key for one in found.complaints}:
        return _thank(secret)
    lines = [
        {"line": line.id, "quantity": int(form[name])}
        for place, line in enumerate(found.order.articles)
        if _count(form.get(name := f"line.{place}"))
    ]
    if not lines:
        return _page(found, secret, wrong="Please say how many pieces it is about.", status=422)
    try:
        complaint = ComplaintRequest.model_validate(
            {
                "key": key,
                "by": ComplainedBy.CUSTOMER,
                "who": _CUSTOMER,
                "reason": form.get("reason", ""),
                "lines": lines,
                "words": form.get("words", "").replace("\r\n", "\n"),
            }
        )
    except ValidationError:
        return _page(found, secret, wrong="This form cannot be read.", status=422)
    return await _heard(found, secret, wiring.starter.complain(found.order_id, complaint))


@router.post("/{secret}/complaints/{complaint}", response_class=HTMLResponse)
async def answer(wiring: Wired, secret: Name, complaint: int, request: Request) -> Response:
    """Yes or no to what is offered."""
    found = await run_in_threadpool(_found, wiring, secret)
    form = await _form(request)
    try:
        reply = SolutionReply.model_validate(
            {
                "complaint": complaint,
                "offer": form.get("offer", ""),
                "answer": form.get("answer", ""),
                "by": ComplainedBy.CUSTOMER,
                "who": _CUSTOMER,
            }
        )
    except ValidationError:
        return _page(found, secret, wrong="This form cannot be read.", status=422)
    return await _heard(found, secret, wiring.starter.answer_solution(found.order_id, reply))


async def _heard(found: CustomersPage, secret: str, word: Awaitable[object]) -> Response:
    """What the order says to the customer's word.

    Raises:
        ProblemError: 503 where it cannot be asked.
    """
    try:
        await word
    except EngineAway as error:
        raise away("the order") from error
    except NotOpen:
        return _page(found, secret, wrong=_too_late(found), status=409)
    except UpdateRefused as refused:
        return _page(found, secret, wrong=str(refused), status=409)
    return _thank(secret)


def _thank(secret: str) -> Response:
    """To the page itself, so that it can be loaded again without a second word."""
    return RedirectResponse(f"/help/{secret}?thanks=true", 303, _HEADERS)


def _found(wiring: Wiring, secret: str) -> CustomersPage:
    found = wiring.books.complaints.by_page(secret)
    if found is None:
        raise not_found("page")
    return found


async def _form(request: Request) -> dict[str, str]:
    """What the page's own form sends; 413 for anything longer."""
    body = await read_raw(request, _FORM_LIMIT)
    try:
        return dict(parse_qsl(body.decode(), max_num_fields=250))
    except (UnicodeDecodeError, ValueError):
        return {}


def _count(text: str | None) -> int:
    """A number of pieces; what is none counts as 0."""
    return int(text) if text and text.isdecimal() and len(text) <= _DIGITS else 0


def _too_late(found: CustomersPage) -> str:
    return f"The time for this is over. Please write to {found.seller.email}."


def _page(
    found: CustomersPage, secret: str, note: str = "", wrong: str = "", status: int = 200
) -> HTMLResponse:
    here = f"/help/{escape(secret)}"
    said = f'<p class="note">{escape(note)}</p>' if note else ""
    said += f'<p class="wrong">{escape(wrong)}</p>' if wrong else ""
    return HTMLResponse(
        _PAGE.format(
            shop=escape(found.seller.name),
            number=escape(found.order.number),
            note=said,
            complaints="".join(_complaint(found, one, here) for one in found.complaints),
            form=f"<p>{escape(_too_late(found))}</p>" if found.ended else _form_for(found, here),
        ),
        status,
        _HEADERS,
    )


def _form_for(found: CustomersPage, here: str) -> str:
    reasons = "".join(
        f'<option value="{one.value}">{escape(words)}</option>' for one, words in _REASONS.items()
    )
    lines = "".join(
        _LINE.format(name=escape(line.name), quantity=line.quantity, place=place)
        for place, line in enumerate(found.order.articles)
    )
    return _FORM.format(
        here=here,
        key=secrets.token_urlsafe(_KEY_BYTES),
        reasons=reasons,
        lines=lines,
        shop=escape(found.seller.name),
    )


def _complaint(found: CustomersPage, one: ComplaintOnRecord, here: str) -> str:
    request = one.complaint.request
    names = {line.id: line.name for line in found.order.articles}
    pieces = "".join(
        f'<li dir="auto">{each.quantity} × {escape(names.get(each.line, each.line))}</li>'
        for each in request.lines
    )
    head = f"<section><h2>{one.complaint.number}. {escape(_SAID[request.reason])}</h2>"
    sent = "".join(
        _replacement(each) for each in found.replacements if each.complaint == one.complaint.number
    )
    said = f"<p>{_STATES[one.state]}</p>{_offer(one, here)}{sent}"
    return f"{head}<ul>{pieces}</ul>{said}</section>"


def _replacement(one: ReplacementView) -> str:
    """Where it is that was sent once more, with the courier's page for each parcel."""
    where = _ON_THE_WAY.get(one.status, "It is being prepared.")
    parcels = ""
    for label in one.tracking if one.status in _ON_THE_WAY else ():
        link = tracking_link(label.carrier, label.tracking_number)
        name = escape(f"{label.carrier} {label.tracking_number}")
        parcel = f'<a href="{escape(link)}" rel="noreferrer">{name}</a>' if link else name
        parcels += f"<li>{parcel}</li>"
    return (
        f"<p>Sent to you once more: order <bdi>{escape(one.number)}</bdi>. {where}</p>"
        f"<ul>{parcels}</ul>"
    )


def _offer(one: ComplaintOnRecord, here: str) -> str:
    """What is offered, or why nothing was, in staff's words."""
    newest = next((each.solution for each in reversed(one.words) if each.solution), None)
    if newest is None:
        return ""
    words = f'<p dir="auto">{escape(newest.wanted.words)}</p>' if newest.wanted.words else ""
    if one.offer is None or newest.answer_by is None:
        return words
    form = _ANSWER.format(
        here=here,
        number=one.complaint.number,
        offer=newest.number,
        by=f"{newest.answer_by:%Y-%m-%d %H:%M} UTC",
    )
    return f"<p>{_what(newest)}</p>{words}{form}"


def _what(offered: Solution) -> str:
    if offered.wanted.kind is SolutionKind.REPLACEMENT:
        return "We send it to you once more, at no cost."
    money = "the price of it" if offered.money is None else str(offered.money)
    return f"You get back: {escape(money)}"
