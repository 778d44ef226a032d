"""Bodies of multipart/form-data: their fields, and the files among them (RFC 7578)."""

from email.parser import BytesParser
from email.policy import HTTP

from sandbox.core.http import ParsedRequest
from sandbox.core.store import Document
from sandbox.stripe.errors import invalid

TYPE = "multipart/form-data"


def is_multipart(request: ParsedRequest) -> bool:
    """Whether a request's body is of this type."""
    return request.headers.get("content-type", "").startswith(TYPE)


def fields(request: ParsedRequest) -> Document:
    """Fields by name; a file is its name and its content. Raises StripeError."""
    head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + request.body)
    if not message.is_multipart():
        raise invalid("The body is no multipart/form-data.")
    found: Document = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(content, bytes):
            raise invalid("A part of the body has no name.")
        filename = part.get_filename()
        found[name] = (
            content.decode("utf-8", "replace")
            if filename is None
            else {"filename": filename, "content": content}
        )
    return found
