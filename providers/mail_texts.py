"""The words of mails: one template for each kind, in text and HTML, by the customer's language.

Templates lie in ``templates/mail/LANGUAGE/``; a new language is a new folder with the same files.
The subject is a block of the text template. HTML is escaped throughout: nothing that a customer
or a shop wrote becomes markup.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from domain.address import Address
from domain.mail import MailKind
from domain.money import Money
from domain.order import Line, Order
from domain.payment import PaymentWay, held_at
from domain.record import OrderOnRecord
from providers.tracking_links import tracking_link

_FOLDER = Path(__file__).parent / "templates" / "mail"
_DEFAULT = "en"
_SUBJECT_LENGTH = 200
_TRACKING = "tracking."
_OFFER = "offer."
_PIECES = ("missing", "instead", "inside", "rest", "cancelled", "refunded", "complained")
"""What a mail lists pieces of an order's lines as."""
_GAPS = re.compile(r"\n{3,}")


@dataclass(frozen=True)
class MailText:
    """A mail as it is sent."""

    subject: str
    text: str
    html: str


def one_line(text: str) -> str:
    """Text without line breaks: in a subject they are refused, in a list they mislead."""
    return " ".join(text.split())


class MailTexts:
    """Writes mails. Safe between threads."""

    def __init__(self, folder: Path = _FOLDER, public_url: str = "") -> None:
        """``folder`` holds a folder for each language, named by its BCP 47 tag; ``public_url`` is
        where customers find the pages of this installation."""
        self._public_url = public_url.rstrip("/")
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["one_line"] = one_line
        self._languages = frozenset(path.name for path in folder.iterdir() if path.is_dir())

    def write(self, kind: MailKind, on_record: OrderOnRecord, facts: Mapping[str, str]) -> MailText:
        """One mail about an order. ``facts`` are what the workflow knows: ``reason``,
        ``credit_notes``, ``link`` and ``pay_by`` (to pay), ``expected`` (of goods, or of a late
        parcel), ``wait_until``, ``promised_by`` and ``news`` (of a backorder), ``tracking.1``
        ("carrier number"), pieces by line (``missing.LINE``, and of a part ``inside``, ``rest``,
        ``cancelled`` and ``refunded``), ``follows``, ``charged`` and ``owed`` (to go with them),
        ``given_back`` and ``fee`` (of a refund), ``part`` (not all of it moves), ``was.1`` and
        ``now.1`` (lines of an amended order) with ``total_was`` and ``total_now``, ``sku``,
        ``on_hand``, ``reorder_point``, ``answer_by`` and ``offer.1.ordered``, ``.instead``,
        ``.price``, ``.page`` (of substitutes), ``complaint`` (its number), ``complaint_reason``,
        ``complained.LINE``, ``by_courier``, ``offered``, ``replacement`` (it is offered once more),
        ``words`` and ``unanswered`` (what silence means)."""
        language = self._language(on_record.order.customer.language)
        plain = self._environment.get_template(f"{language}/{kind.value}.txt")
        rich = self._environment.get_template(f"{language}/{kind.value}.html")
        context = _context(on_record, facts, language) | {
            "offers": _offers(facts, self._public_url),
            "help": self._help(on_record),
        }
        return MailText(
            subject=_subject(plain, context),
            text=_GAPS.sub("\n\n", plain.render(context)).strip() + "\n",
            html=rich.render(context),
        )

    def _help(self, on_record: OrderOnRecord) -> str:
        """The customer's own page, where there are pages."""
        known = self._public_url and on_record.page
        return f"{self._public_url}/help/{on_record.page}" if known else ""

    def _language(self, wanted: str) -> str:
        """The closest language there is: "de-AT", else "de", else English."""
        tag = wanted
        while tag and tag not in self._languages:
            tag = tag.rpartition("-")[0]
        return tag or _DEFAULT


def _subject(template: Template, context: dict[str, Any]) -> str:
    block = template.blocks["subject"]
    return one_line("".join(block(template.new_context(context))))[:_SUBJECT_LENGTH]


def _context(on_record: OrderOnRecord, facts: Mapping[str, str], language: str) -> dict[str, Any]:
    order, shop = on_record.order, on_record.shop
    page = f"{shop.status_page.rstrip('/')}/{on_record.order_id}" if shop.status_page else ""
    return {
        "language": language,
        "shop": shop.seller,
        "order": order,
        "name": order.customer.name,
        "status_page": page,
        "ship_to": _place(order.shipping_address),
        "lines": [_line(order, line) for line in order.lines],
        "totals": _totals(order),
        "held": held_at(order.payment) is PaymentWay.CARD,
        "transferred": held_at(order.payment) is PaymentWay.TRANSFER,
        "reason": facts.get("reason", ""),
        "credit_notes": facts.get("credit_notes", ""),
        "link": facts.get("link", ""),
        "parcels": _parcels(facts),
        **{name: _pieces(order, facts, name) for name in _PIECES},
        "was": _listed(facts, "was."),
        "now": _listed(facts, "now."),
        "total_was": facts.get("total_was", ""),
        "total_now": facts.get("total_now", ""),
        "charged": facts.get("charged", ""),
        "owed": facts.get("owed", ""),
        "promised_by": _day(on_record),
        "given_back": facts.get("given_back", ""),
        "fee": facts.get("fee", ""),
        "complaint": facts.get("complaint", ""),
        "offered": facts.get("offered", ""),
        "replacement": facts.get("replacement", ""),
        "replaces": on_record.replaces,
        "words": facts.get("words", ""),
        "by_courier": facts.get("by_courier", ""),
        "unanswered": facts.get("unanswered", ""),
        "facts": facts,
    }


def _day(on_record: OrderOnRecord) -> str:
    """The day by which the customer is promised to have it, as the courier's calendar has it."""
    if on_record.promised_by is None:
        return ""
    zone = ZoneInfo(on_record.shop.policy.courier_calendar.time_zone)
    return on_record.promised_by.astimezone(zone).date().isoformat()


def _place(address: Address) -> list[str]:
    town = " ".join(part for part in (address.postal_code, address.city) if part)
    lines = (address.name, address.company, address.line1, address.line2, town, address.region)
    return [line for line in (*lines, address.country) if line]


def _line(order: Order, line: Line) -> dict[str, Any]:
    amount = line.gross if order.prices_include_tax else line.net
    return {
        "name": line.name,
        "options": ", ".join(f"{name}: {value}" for name, value in line.options.items()),
        "quantity": line.quantity,
        "amount": _money(order, amount),
    }


def _totals(order: Order) -> dict[str, str]:
    shipping = order.shipping.gross if order.prices_include_tax else order.shipping.net
    return {
        "shipping": _money(order, shipping),
        "tax": _money(order, order.total.tax),
        "total": _money(order, order.total.gross),
    }


def _money(order: Order, amount: int) -> str:
    return str(Money(amount=amount, currency=order.currency))


def _pieces(order: Order, facts: Mapping[str, str], which: str) -> list[dict[str, str]]:
    return [
        {"name": line.name, "quantity": facts[f"{which}.{line.id}"]}
        for line in order.articles
        if f"{which}.{line.id}" in facts
    ]


def _listed(facts: Mapping[str, str], prefix: str) -> list[str]:
    """Facts that are numbered from 1, in their order."""
    names = (name for name in facts if name.startswith(prefix))
    return [facts[name] for name in sorted(names, key=lambda name: (len(name), name))]


def _parcels(facts: Mapping[str, str]) -> list[dict[str, str]]:
    parcels: list[dict[str, str]] = []
    for fact in _listed(facts, _TRACKING):
        carrier, _, number = fact.rpartition(" ")
        link = tracking_link(carrier, number)
        parcels.append({"carrier": carrier, "number": number, "link": link})
    return parcels


def _offers(facts: Mapping[str, str], public_url: str) -> list[dict[str, str]]:
    """What is offered in place of what, and the customer's page for it, where there are pages."""
    offers: list[dict[str, str]] = []
    for place in range(1, len(facts) + 1):
        offer = f"{_OFFER}{place}."
        if f"{offer}page" not in facts:
            break
        one = {name: facts[f"{offer}{name}"] for name in ("ordered", "instead", "price")}
        page = f"{public_url}/substitutions/{facts[f'{offer}page']}" if public_url else ""
        offers.append(one | {"link": page})
    return offers
