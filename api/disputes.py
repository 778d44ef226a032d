"""Disputes: where each is, and its evidence as one file. Its case is answered like any other."""

from fastapi import APIRouter, Response

from api.access import SupportKey, Wired
from api.parameters import Name
from backoffice.views import DisputeView

router = APIRouter(tags=["disputes"])

_ZIP = "application/zip"


@router.get("/disputes/{dispute}", summary="One dispute")
def look_up(wiring: Wired, key: SupportKey, dispute: Name) -> DisputeView:
    """As the payment provider had it when it was last asked, with all that has happened to it."""
    return wiring.books.dispute_pages.dispute(key.shop, dispute)


@router.get(
    "/disputes/{dispute}/evidence",
    summary="Its evidence as one file",
    response_class=Response,
    responses={200: {"content": {_ZIP: {}}}},
)
def evidence(wiring: Wired, key: SupportKey, dispute: Name) -> Response:
    """A ZIP archive: a summary in words, and every paper of the order.

    What was sent to the bank stays as it was sent; before that, it is what is on record now.
    """
    content = wiring.books.dispute_pages.pack(key.shop, dispute)
    headers = {"Content-Disposition": 'attachment; filename="evidence.zip"'}
    return Response(content, media_type=_ZIP, headers=headers)
