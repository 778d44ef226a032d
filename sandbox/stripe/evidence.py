"""Evidence for a dispute: its fields, the files in it, and when the bank takes it no more.

Source: Stripe docs, "Update a dispute", "Close a dispute", "Respond to disputes".
"""

from sandbox.core.store import Document
from sandbox.stripe import disputes
from sandbox.stripe.endpoint import Call
from sandbox.stripe.errors import StripeError, invalid
from sandbox.stripe.evidence_fields import EVIDENCE, FILES, TEXTS
from sandbox.stripe.files import PURPOSE
from sandbox.stripe.objects import DISPUTE, FILE
from sandbox.stripe.params import Params

UPDATE_PARAMS = ("evidence", "metadata", "submit")
_LONGEST_TEXT, _LONGEST_OF_ALL = 20_000, 150_000
_HEAVIEST = 4_500_000
"""Bytes of all files of one answer together."""


def update(call: Call) -> Document:
    """POST /v1/disputes/{id}: stage evidence, or (by default) submit it. Raises StripeError."""
    dispute = call.subject(DISPUTE, "dispute")
    params = call.params
    given = _evidence(call, params.section("evidence"))
    dispute["metadata"] = params.metadata(dispute["metadata"])
    submits = params.flag("submit")
    if given or submits:
        _check(call, dispute)
        dispute["evidence"] |= given
        details = dispute["evidence_details"]
        details["has_evidence"] = any(dispute["evidence"].values())
        if submits is not False:
            _submit(call, dispute)
    disputes.save(call.world, dispute)
    call.emit("charge.dispute.updated", dispute, dispute["_"]["order"])
    return dispute


def close(call: Call) -> Document:
    """POST /v1/disputes/{id}/close: the seller gives in, and has lost. Raises StripeError."""
    dispute = call.subject(DISPUTE, "dispute")
    if dispute["status"] != "needs_response":
        raise StripeError(400, f"This dispute cannot be closed, it is {dispute['status']}.")
    return disputes.close_dispute(call.world, dispute["id"], "lost")


def _check(call: Call, dispute: Document) -> None:
    details = dispute["evidence_details"]
    if details["submission_count"]:
        raise StripeError(400, "Evidence has already been submitted for this dispute.")
    if not disputes.waits(dispute):
        raise StripeError(400, f"This dispute takes no evidence, it is {dispute['status']}.")
    if call.now > details["due_by"]:
        raise StripeError(400, "The deadline for submitting evidence has passed.")


def _submit(call: Call, dispute: Document) -> None:
    details = dispute["evidence_details"]
    if not details["has_evidence"]:
        raise invalid("There is no evidence to submit.", param="evidence")
    details |= {"submission_count": 1, "submission_method": "manual"}
    inquiry = dispute["status"] == "warning_needs_response"
    dispute["status"] = "warning_under_review" if inquiry else "under_review"
    sent = {name: value for name, value in dispute["evidence"].items() if value}
    data: Document = {
        "dispute": dispute["id"],
        "intent": dispute["payment_intent"],
        "charge": dispute["charge"],
        "evidence": sent,
    }
    call.world.ledger.append("stripe", "evidence", dispute["_"]["order"], data)


def _evidence(call: Call, given: Params) -> Document:
    given.only(EVIDENCE)
    found: Document = {name: given.text(name) for name in EVIDENCE if name in given}
    for name in TEXTS:
        if len(found.get(name) or "") > _LONGEST_TEXT:
            message = f"{name} can have up to {_LONGEST_TEXT} characters."
            raise invalid(message, "parameter_invalid_string", f"evidence[{name}]")
    if sum(len(value or "") for value in found.values()) > _LONGEST_OF_ALL:
        raise invalid(f"Evidence can have up to {_LONGEST_OF_ALL} characters.", param="evidence")
    sizes = [_file(call, name, found[name])["size"] for name in FILES if found.get(name)]
    if sum(sizes) > _HEAVIEST:
        raise invalid("The files of this evidence are too large together.", param="evidence")
    return found


def _file(call: Call, name: str, key: str) -> Document:
    found = call.find(FILE, "file upload", key, f"evidence[{name}]")
    if found["purpose"] != PURPOSE:
        message = f"The file {key} has the purpose {found['purpose']}, not {PURPOSE}."
        raise invalid(message, param=f"evidence[{name}]")
    return found
