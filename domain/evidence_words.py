"""Evidence in words: a summary for people, and what of it goes to the payment provider.

Source: Stripe, "Dispute evidence": its fields, and how long each may be.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from domain.address import Address
from domain.documents import DocumentKind, FileFormat
from domain.evidence import Evidence, Paper, Prepared, named
from domain.money import Money

_LONGEST = 20_000
_HEAVIEST = 4_000_000
"""Bytes of all files together, somewhat less than a provider takes."""
_SHOWABLE = (FileFormat.PDF, FileFormat.PNG)


def summary(evidence: Evidence) -> str:
    """Everything in words: what was bought, paid, sent, delivered, told and given back."""
    sections = (
        ("The dispute", _dispute(evidence)),
        ("What speaks against it", _statement(evidence)),
        ("The order", _order(evidence)),
        ("Addresses", _addresses(evidence)),
        ("What was bought", _lines(evidence)),
        ("Money", _money(evidence)),
        ("Refunds of this payment", _refunds(evidence)),
        ("Parcels", _parcels(evidence)),
        ("How the order went", _moments(evidence)),
        ("Mails to the customer", _mails(evidence)),
        ("Papers in this file", _papers(evidence)),
    )
    blocks = [_block(title, [*lines]) for title, lines in sections]
    return "\n\n".join(one for one in blocks if one) + "\n"


def for_provider(evidence: Evidence, text: str) -> Prepared:
    """The part of it that a payment provider takes; ``text`` is the summary."""
    order, numbers = evidence.order, [one.label.tracking_number for one in evidence.parcels]
    carriers = [one.label.carrier for one in evidence.parcels]
    handed_over = evidence.handed_over_at
    texts = {
        "customer_name": order.customer.name,
        "customer_email_address": order.customer.email,
        "billing_address": _address(order.billing_address),
        "shipping_address": _address(order.shipping_address),
        "shipping_carrier": ", ".join(dict.fromkeys(carriers)),
        "shipping_tracking_number": ", ".join(numbers),
        "shipping_date": "" if handed_over is None else f"{handed_over.astimezone(UTC):%Y-%m-%d}",
        "product_description": "\n".join(_lines(evidence)),
        "uncategorized_text": text,
    }
    cut = {name: value[:_LONGEST] for name, value in texts.items() if value}
    return Prepared(texts=cut, papers=_chosen(evidence))


def _chosen(evidence: Evidence) -> dict[str, str]:
    """A paper for each field that takes one, while they are light enough together."""
    wanted = (
        ("receipt", (DocumentKind.INVOICE,)),
        ("uncategorized_file", (DocumentKind.CREDIT_NOTE, DocumentKind.PACKING_SLIP)),
        ("shipping_documentation", (DocumentKind.LABEL,)),
    )
    chosen: dict[str, str] = {}
    weight = 0
    for place, kinds in wanted:
        found = _first(evidence, kinds)
        if found is not None and weight + len(found[1].content) <= _HEAVIEST:
            chosen[place] = found[0]
            weight += len(found[1].content)
    return chosen


def _first(evidence: Evidence, kinds: tuple[DocumentKind, ...]) -> tuple[str, Paper] | None:
    """Of the first kind that there is; one of a shipment that this payment paid for, if any."""

    def fitness(found: tuple[str, Paper]) -> tuple[int, bool, datetime]:
        paper = found[1]
        return kinds.index(paper.kind), paper.shipment not in evidence.shipments, paper.at

    every = named(evidence.papers).items()
    fit = [one for one in every if one[1].kind in kinds and one[1].format in _SHOWABLE]
    return min(fit, key=fitness, default=None)


def _block(title: str, lines: list[str]) -> str:
    return "\n".join((title, "-" * len(title), *lines)) if lines else ""


def _dispute(evidence: Evidence) -> Iterator[str]:
    yield f"Dispute {evidence.dispute} of payment {evidence.payment}"
    if evidence.disputed is not None:
        yield f"Disputed: {evidence.disputed}, reason: {evidence.reason or 'none given'}"
    yield f"Seller: {evidence.seller}"


def _statement(evidence: Evidence) -> Iterator[str]:
    """What a bank reads first. A refund comes before everything else: it settles the claim."""
    given = evidence.given_back
    if given:
        total = sum((one.money for one in given[1:]), given[0].money)
        names = ", ".join(one.reference for one in given)
        yield f"Of this payment {total} were given back to the customer before: {names}."
    handed_over, delivered = evidence.handed_over_at, evidence.delivered_at
    if handed_over is not None:
        numbers = ", ".join(one.label.tracking_number for one in evidence.parcels)
        yield f"The goods were in the courier's hands at {_at(handed_over)} (tracking {numbers})."
    if delivered is not None:
        yield f"The courier reports that they were delivered at {_at(delivered)}."


def _order(evidence: Evidence) -> Iterator[str]:
    order = evidence.order
    yield f"Order {order.number} of channel {order.channel} ({evidence.order_id})"
    yield f"Placed at {_at(order.placed_at)}, accepted at {_at(evidence.accepted_at)}"
    yield f"Customer: {order.customer.name}, {order.customer.email}"
    if order.customer.phone:
        yield f"Telephone: {order.customer.phone}"


def _addresses(evidence: Evidence) -> Iterator[str]:
    order = evidence.order
    yield f"Shipped to: {_address(order.shipping_address)}"
    yield f"Billed to: {_address(order.billing_address)}"
    for one in evidence.moved:
        yield f"Until {_at(one.at)} it was to be shipped to: {_address(one.before)}"


def _lines(evidence: Evidence) -> Iterator[str]:
    order = evidence.order
    for line in order.articles:
        options = "".join(f", {name}: {value}" for name, value in line.options.items())
        gross = Money(amount=line.gross, currency=order.currency)
        yield f"{line.quantity} x {line.name} ({line.sku}{options}), {gross}"
    shipping = Money(amount=order.shipping.gross, currency=order.currency)
    yield f"Shipping ({order.shipping.service_level.value}), {shipping}"
    yield f"In all {order.due}"


def _money(evidence: Evidence) -> Iterator[str]:
    for one in evidence.money:
        shipment = f" for {one.shipment}" if one.shipment else ""
        yield f"{_at(one.at)} {one.kind.value} {one.money} ({one.reference}){shipment}"


def _refunds(evidence: Evidence) -> Iterator[str]:
    for one in evidence.refunds:
        yield f"{_at(one.at)} {one.money} ({one.reference}): {one.status.value}"


def _parcels(evidence: Evidence) -> Iterator[str]:
    for parcel in evidence.parcels:
        label = parcel.label
        yield f"{label.carrier} {label.service}, tracking {label.tracking_number}"
        for one in parcel.events:
            detail = f": {one.detail}" if one.detail else ""
            yield f"  {_at(one.at)} {one.status.value}{detail}"


def _moments(evidence: Evidence) -> Iterator[str]:
    for one in evidence.moments:
        yield f"{_at(one.at)} {one.status.value}" + (f" ({one.shipment})" if one.shipment else "")


def _mails(evidence: Evidence) -> Iterator[str]:
    for one in evidence.mails:
        known = f", id {one.message_id}" if one.message_id else ""
        yield f"{_at(one.at)} {one.kind.value} to {one.recipient}: {one.state.value}{known}"


def _papers(evidence: Evidence) -> Iterator[str]:
    for one in evidence.papers:
        yield f"{one.kind.value} {one.number or one.shipment}, of {_at(one.at)}"


def _address(address: Address) -> str:
    parts: Iterable[str] = (
        address.name,
        address.company,
        address.line1,
        address.line2,
        f"{address.postal_code} {address.city}".strip(),
        address.region,
        address.country,
    )
    return ", ".join(one for one in parts if one)


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
