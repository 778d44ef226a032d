"""Transactions: buying a label. Nothing is deduplicated: asked twice, it is bought twice."""

from datetime import timedelta

from sandbox.core.http import Answer, ParsedRequest
from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.shippo import customs_invoice, events, labels, purchase
from sandbox.shippo.answers import (
    RefusedError,
    api,
    base,
    metadata_of,
    missing,
    moment,
    new_object,
    order_in,
    page,
    stamp,
    stored,
)
from sandbox.shippo.shipments import KIND as SHIPMENT
from sandbox.shippo.shipments import RATE

KIND = "shippo.transaction"
FINISH = "shippo.label"
FAULTS = ("label_error", "label_queued", "label_stuck", "rate_expired")
_RATE_LIFE = timedelta(days=7)
_DEFAULT_FORMAT = "PDF_4x6"
_PRIVATE = (
    "shipment",
    "order",
    "carrier",
    "servicelevel",
    "provider",
    "amount_minor",
    "currency",
    "base",
    "fetched",
    "remark",
    "customs",
)


@api
async def create(world: World, request: ParsedRequest) -> Answer:
    """Buy a label for a rate: 201 whatever comes of it, and `status` says what did.

    SUCCESS or ERROR at once, or with `async` (Shippo's default) QUEUED and finished later.
    """
    body = request.json()
    rate = world.store.get(RATE, str(body.get("rate") or ""))
    if rate is None:
        given = f"Rate with supplied object_id {body.get('rate')} not found."
        raise RefusedError(rate=given if body.get("rate") else "This field is required.")
    transaction = _opened(world, request, body, rate)
    fault = request.fault.kind if request.fault else None
    params = request.fault.params if request.fault else {}
    failure = _failure(world, transaction, rate, fault, params)
    wait: float | None = None
    if fault == "label_queued":
        wait = float(params.get("seconds", 2))
        failure = purchase.scripted(params) if params.get("outcome") == "error" else failure
    elif body.get("async", True) is True:
        wait = float(world.settings.section("shippo")["label_after"])
    if fault != "label_stuck" and wait is None:
        purchase.finish(world, transaction, failure)
    elif fault != "label_stuck" and wait is not None:
        due = {"transaction": transaction["object_id"], "failure": failure}
        world.timers.after(wait, FINISH, due)
    world.store.put(KIND, transaction["object_id"], transaction)
    _tell(world, "transaction_created", transaction)
    return Answer.json(shown(transaction, request), 201)


@api
async def retrieve(world: World, request: ParsedRequest) -> Answer:
    """A transaction by its id."""
    found = world.store.get(KIND, request.path_params["id"])
    return missing() if found is None else Answer.json(shown(found, request))


@api
async def list_all(world: World, request: ParsedRequest) -> Answer:
    """Transactions, newest first, of a rate, a status or a tracking status."""
    query = request.query
    rate = query.get("rate")
    source = (
        world.store.list(KIND, newest_first=True)
        if rate is None
        else world.store.find(KIND, "rate", rate, newest_first=True)
    )
    filters = {"object_status": "status", "tracking_status": "tracking_status"}
    wanted = {field: query[name] for name, field in filters.items() if name in query}
    found = (
        shown(transaction, request)
        for transaction in source
        if all(transaction[field] == value for field, value in wanted.items())
    )
    return page(request, found)


async def label(world: World, request: ParsedRequest) -> Answer:
    """The label itself, at the address that `label_url` names. No token: the address is enough."""
    key, _, ending = request.path_params["file"].partition(".")
    transaction = world.store.get(KIND, key)
    if transaction is None or not transaction["tracking_number"]:
        return missing()
    if ending != labels.ending(transaction["label_file_type"]):
        return missing()
    shipment = stored(world, SHIPMENT, transaction["shipment"])
    world.store.put(KIND, key, transaction | {"fetched": True})
    body, content_type = labels.draw(transaction, shipment)
    return Answer.content(body, content_type)


async def commercial_invoice(world: World, request: ParsedRequest) -> Answer:
    """The paper for customs, at the address that `commercial_invoice_url` names. No token."""
    transaction = world.store.get(KIND, request.path_params["file"].removesuffix(".pdf"))
    if transaction is None or not (transaction["customs"] and transaction["tracking_number"]):
        return missing()
    shipment = stored(world, SHIPMENT, transaction["shipment"])
    return Answer.content(customs_invoice.draw(world, transaction, shipment), "application/pdf")


async def finish_later(world: World, payload: Document) -> None:
    """A queued label is ready, or has failed."""
    transaction = world.store.get(KIND, payload["transaction"])
    if transaction is None or transaction["status"] != "QUEUED":
        return
    purchase.finish(world, transaction, payload["failure"])
    transaction["object_updated"] = stamp(world.clock.now())
    world.store.put(KIND, transaction["object_id"], transaction)
    _tell(world, "transaction_updated", transaction)


def shown(transaction: Document, request: ParsedRequest | None = None) -> Document:
    """A transaction as the API gives it, with addresses under which this caller reaches us."""
    public = {name: value for name, value in transaction.items() if name not in _PRIVATE}
    if transaction["tracking_number"]:
        root = transaction["base"] if request is None else base(request)
        name = f"{transaction['object_id']}.{labels.ending(transaction['label_file_type'])}"
        public["label_url"] = f"{root}/labels/{name}"
        if transaction["customs"]:
            file = f"{transaction['object_id']}.pdf"
            public["commercial_invoice_url"] = f"{root}/customs/invoices/{file}"
    return public


def _tell(world: World, event: str, transaction: Document) -> None:
    events.transaction(world, event, transaction, shown(transaction))
    if transaction["status"] == "SUCCESS":
        purchase.announce(world, transaction)


def _opened(world: World, request: ParsedRequest, body: Document, rate: Document) -> Document:
    kind = body.get("label_file_type") or _DEFAULT_FORMAT
    if kind not in labels.FORMATS:
        raise RefusedError(label_file_type=f"{kind} is not a valid choice.")
    shipment = stored(world, SHIPMENT, rate["shipment"])
    parcel = shipment["parcels"][0]
    metadata = metadata_of(body)
    return new_object(world, request) | {
        "object_state": "VALID",
        "status": "QUEUED",
        "rate": rate["object_id"],
        "parcel": parcel["object_id"],
        "metadata": metadata,
        "label_file_type": kind,
        "created_by": None,
        "messages": [],
        "tracking_number": "",
        "tracking_status": "UNKNOWN",
        "tracking_url_provider": "",
        "label_url": "",
        "commercial_invoice_url": None,
        "qr_code_url": None,
        "eta": None,
        "shipment": shipment["object_id"],
        "order": order_in(metadata, shipment["metadata"], parcel["metadata"]),
        "remark": parcel["metadata"],
        "carrier": rate["carrier"],
        "provider": rate["provider"],
        "servicelevel": rate["servicelevel"],
        "amount_minor": rate["amount_minor"],
        "currency": rate["currency"],
        "base": base(request),
        "fetched": False,
        "customs": shipment["customs_declaration"] is not None,
    }


def _failure(
    world: World, transaction: Document, rate: Document, fault: str | None, params: Document
) -> list[Document] | None:
    age = world.clock.now() - moment(rate["object_created"])
    if fault == "rate_expired" or age > _RATE_LIFE:
        return [purchase.message("rate_expired", "The rate is older than 7 days; rate anew.")]
    if fault == "label_error":
        return purchase.scripted(params)
    shipment = stored(world, SHIPMENT, transaction["shipment"])
    return purchase.objections(transaction["provider"], shipment) or None
