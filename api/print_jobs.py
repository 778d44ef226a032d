"""The print queue: stations claim a job, print its document, and report."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from api.access import PapersKey, WarehouseKey, Wired
from api.bodies import JsonBody
from api.parameters import Limit, Name
from api.problems import ProblemError
from backoffice.prints import PrintJob
from domain.documents import DocumentKind, FileFormat
from domain.model import Code, LongText, Model
from domain.shop import Scope

router = APIRouter(tags=["printing"])

_MEDIA = {
    FileFormat.PDF: "application/pdf",
    FileFormat.ZPL: "application/vnd.zebra-zpl",
    FileFormat.PNG: "image/png",
}
JobId = Annotated[int, Path(ge=1, le=2**62)]


class JobList(Model):
    """What is still to print, oldest first."""

    jobs: tuple[PrintJob, ...]


class Claim(Model):
    """A station that asks for work, and the kinds of documents that its printer takes."""

    station: Code
    kinds: tuple[DocumentKind, ...] = tuple(DocumentKind)


class Printed(Model):
    """The station that printed a job."""

    station: Code


class Failure(Model):
    """The station that could not print a job, and why."""

    station: Code
    reason: LongText = ""


class Reported(Model):
    """The report is on record."""

    job: int
    state: str


_CLAIM = JsonBody(Claim, {"labels only": {"station": "pack-1", "kinds": ["label"]}})
_PRINTED = JsonBody(Printed, {"done": {"station": "pack-1"}})
_FAILURE = JsonBody(Failure, {"jam": {"station": "pack-1", "reason": "out of labels"}})


@router.get("/print-jobs", summary="What is to print")
def jobs(
    wiring: Wired,
    key: WarehouseKey,
    station: Annotated[Code | None, Query(description="only what this one has taken")] = None,
    limit: Limit = 100,
) -> JobList:
    """Waiting, claimed and failed jobs of the key's warehouse."""
    return JobList(jobs=wiring.books.prints.jobs(key.shop, station, limit, key.warehouse))


@router.post(
    "/print-jobs/claim",
    summary="Take the next job",
    response_model=PrintJob,
    responses={204: {"description": "There is nothing to print."}},
)
def claim(
    wiring: Wired, key: WarehouseKey, wanted: Annotated[Claim, Depends(_CLAIM)]
) -> PrintJob | Response:
    """The oldest job, for two minutes: not reported by then, it is given to the next who asks."""
    job = wiring.books.prints.claim(key.shop, wanted.station, wanted.kinds, key.warehouse)
    return job or Response(status_code=204)


@router.post("/print-jobs/{job}/printed", summary="It is on paper")
def printed(
    wiring: Wired, key: WarehouseKey, job: JobId, done: Annotated[Printed, Depends(_PRINTED)]
) -> Reported:
    """409 where the station does not hold the job: do not use the paper.

    Another station took it after two minutes, or its label was voided meanwhile.
    """
    if not wiring.books.prints.printed(key.shop, job, done.station, key.warehouse):
        raise _not_claimed()
    return Reported(job=job, state="printed")


@router.post("/print-jobs/{job}/failed", summary="It did not print")
def failed(
    wiring: Wired, key: WarehouseKey, job: JobId, why: Annotated[Failure, Depends(_FAILURE)]
) -> Reported:
    """Somebody looks after the printer, and queues it again."""
    prints = wiring.books.prints
    if not prints.failed(key.shop, job, why.station, why.reason, key.warehouse):
        raise _not_claimed()
    return Reported(job=job, state="failed")


@router.post("/print-jobs/{job}/again", summary="Print it once more")
def again(wiring: Wired, key: WarehouseKey, job: JobId) -> Reported:
    """A printed or failed job waits again; 409 for any other, and for a voided label."""
    if not wiring.books.prints.again(key.shop, job, key.warehouse):
        raise ProblemError(409, "it was neither printed nor failed, or its label is void")
    return Reported(job=job, state="waiting")


@router.get(
    "/documents/{document}",
    summary="A document's bytes",
    response_class=Response,
    responses={200: {"content": {one: {} for one in _MEDIA.values()}}},
)
def document(wiring: Wired, key: PapersKey, document: Name) -> Response:
    """PDF, ZPL or PNG, as the document was made. An order's page lists its documents.

    A key of the scope `warehouse` gets those of shipments that its warehouse has, and 404 for any
    other; one of the scope `support` gets all.
    """
    limited_to = None if Scope.SUPPORT in key.scopes else key.warehouse
    found = wiring.books.prints.document(key.shop, document, limited_to)
    name = f"{found.kind.value}.{found.format.value}"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(found.content, media_type=_MEDIA[found.format], headers=headers)


def _not_claimed() -> ProblemError:
    return ProblemError(409, "this station does not hold the job: do not use its paper")
