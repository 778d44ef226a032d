"""Files that are uploaded, for a purpose (Stripe docs: File uploads)."""

import base64
import hashlib
from typing import cast

from sandbox.core.store import Document
from sandbox.stripe.endpoint import Call
from sandbox.stripe.errors import invalid, missing
from sandbox.stripe.objects import FILE, new_id

PURPOSE = "dispute_evidence"
CREATE_PARAMS = ("file", "purpose")
_PURPOSES = (PURPOSE, "business_icon", "business_logo", "customer_signature", "identity_document")
_KINDS = {b"%PDF": "pdf", b"\x89PNG": "png", b"\xff\xd8\xff": "jpg"}
_LARGEST = 5_000_000


def create(call: Call) -> Document:
    """POST /v1/files, as multipart/form-data. Evidence is a PDF, a JPEG or a PNG."""
    params = call.params
    purpose = params.needed("purpose", lambda name: params.choice(name, _PURPOSES))
    upload: object = params.plain("file")
    if not isinstance(upload, dict) or "content" not in upload:
        raise missing("file")
    content = bytes(cast("Document", upload)["content"])
    kind = next((kind for head, kind in _KINDS.items() if content.startswith(head)), None)
    if kind is None:
        raise invalid("The file must be a PDF, a JPEG or a PNG.", param="file")
    if len(content) > _LARGEST:
        raise invalid(f"The file is larger than {_LARGEST} bytes.", param="file")
    document: Document = {
        "id": new_id("file"),
        "object": "file",
        "created": call.now,
        "expires_at": None,
        "filename": str(cast("Document", upload)["filename"]),
        "links": {"object": "list", "data": [], "has_more": False, "url": "/v1/file_links"},
        "purpose": purpose,
        "size": len(content),
        "title": None,
        "type": kind,
        "url": None,
        "_": {"content": base64.b64encode(content).decode()},
    }
    call.store.put(FILE, document["id"], document)
    data: Document = {
        "file": document["id"],
        "filename": document["filename"],
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    call.world.ledger.append("stripe", "file", None, data)
    return document


def retrieve(call: Call) -> Document:
    """GET /v1/files/{id}."""
    return call.subject(FILE, "file upload")
