"""The warehouse over HTTP: handoff, cancel, release, recall, and a look-up for lost answers.

The protocol is ours (docs: warehouse protocol, handoff document version 1). Every POST carries an
Idempotency-Key; the same key gets the same answer and has one effect.
"""

from typing import Any

import httpx
from pydantic import BaseModel, ValidationError

from domain.address import Address
from domain.attempt import Attempt
from domain.failures import NotDone, ProviderFailure, UnknownOutcome
from domain.shipping import Label
from domain.warehouse import Handoff, HandoffAnswer
from providers.failures import of_httpx, of_status
from providers.handoff_document import document, place
from providers.keys import header_safe

_CONNECT_SECONDS, _ANSWER_SECONDS = 2.0, 10.0
_IDLE_SECONDS = 2.0
"""Shorter than servers keep an idle connection, or a call would meet one that has just closed."""
_WORDS_LENGTH = 500
_TEXT_LENGTH = 250
_NO_SUCH_CHANGE = frozenset({404, 405, 409, 501})
_NO_AMENDMENTS = frozenset({400, 403, 404, 405, 422, 501})
_STOPPED = frozenset({"cancelled", "pulled", "rejected"})
_GONE = frozenset({"released", "handed_over"})
_BEGUN = frozenset({"picked", "packed"})
_NEVER_TO_GO = frozenset({"unknown", "recalled"})


class _Answer(BaseModel):
    """What the warehouse says; a look-up says it of the shipment as it stands."""

    status: str
    reference: str | None = None
    reason: str | None = None
    recall: object = None
    amendment: int = 0
    replacement: int = 0


class _Field(BaseModel):
    field: str
    message: str


class _Complaint(BaseModel):
    """What the warehouse says of a request that it does not take."""

    reason: str | None = None
    errors: tuple[_Field, ...] = ()


class WmsWarehouse:
    """The warehouse of `activities.warehouse`, over httpx. Safe between threads.

    Every method raises NotDone, UnknownOutcome or Refused of `domain.failures`.
    """

    def __init__(
        self,
        url: str,
        key: str,
        timeout: tuple[float, float] = (_CONNECT_SECONDS, _ANSWER_SECONDS),
    ) -> None:
        """``url`` is where the protocol begins (``https://wms.example/api``), ``key`` the bearer
        token, ``timeout`` (connect, read) in seconds."""
        connect, read = timeout
        self._client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {header_safe(key)}"},
            timeout=httpx.Timeout(read, connect=connect),
            limits=httpx.Limits(max_connections=64, keepalive_expiry=_IDLE_SECONDS),
        )

    def close(self) -> None:
        """Let go of all connections."""
        self._client.close()

    def hand_off(self, attempt: Attempt, handoff: Handoff) -> HandoffAnswer:
        """Give it the document; it accepts or rejects in its answer.

        Raises:
            Refused: it cannot read the document.
        """
        if attempt.repeated:
            state = self._look_up(handoff.shipment)
            # What was rejected may be handed off anew; under the same key it is rejected again.
            if state is not None and state.status != "rejected":
                return _standing(state)
        response = self._post(attempt, "/handoffs", document(handoff))
        if response.status_code == 409:
            state = self._look_up(handoff.shipment)
            if state is not None:
                return _standing(state)
        answer = _read(response)
        match answer.status:
            case "accepted":
                return HandoffAnswer(
                    accepted=True, reference=(answer.reference or "")[:_TEXT_LENGTH]
                )
            case "rejected":
                return HandoffAnswer(accepted=False, reason=(answer.reason or "")[:_TEXT_LENGTH])
            case other:
                raise _unknown_word(other)

    def readdress(self, attempt: Attempt, shipment: str, ship_to: Address) -> bool:
        """Say where a shipment goes now; False where the warehouse no longer has it, or takes no
        new addresses at all: labels and slip come from us in any case."""
        body = {"ship_to": place(ship_to)}
        response = self._post(attempt, f"/shipments/{shipment}/address", body)
        if response.status_code in _NO_SUCH_CHANGE:
            return False
        answer = _read(response)
        if answer.status != "readdressed":
            raise _unknown_word(answer.status)
        return True

    def amend(self, attempt: Attempt, handoff: Handoff) -> HandoffAnswer:
        """Give it the document as amended; it accepts, or refuses because picking has begun.

        A warehouse that takes no amendments, or cannot read this one, refuses it.
        """
        if attempt.repeated:
            state = self._look_up(handoff.shipment)
            if state is not None and state.amendment >= handoff.amendment:
                return _amended(accepted=True, reason="")
        path = f"/shipments/{handoff.shipment}/amendment"
        response = self._post(attempt, path, document(handoff))
        if response.status_code == 409:
            # Under this key it was asked before, in other words: what has come of it counts.
            state = self._look_up(handoff.shipment)
            done = state is not None and state.amendment >= handoff.amendment
            return _amended(accepted=done, reason=_words(response))
        if response.status_code in _NO_AMENDMENTS:
            words = _words(response) or "the warehouse takes no amendments"
            return _amended(accepted=False, reason=words)
        answer = _read(response)
        if answer.status not in ("amended", "refused"):
            raise _unknown_word(answer.status)
        return _amended(accepted=answer.status == "amended", reason=answer.reason or "")

    def replace(self, attempt: Attempt, handoff: Handoff) -> bool:
        """Say what is to be picked from now on; False where the warehouse no longer has the
        shipment, or takes no such change: then nothing else goes into the parcel."""
        body = {"replacement": handoff.replacement, "lines": document(handoff)["lines"]}
        response = self._post(attempt, f"/shipments/{handoff.shipment}/lines", body)
        if response.status_code == 409:
            # Somebody may have asked for it under this key before, when a name or bin was another.
            state = self._look_up(handoff.shipment)
            return state is not None and state.replacement >= handoff.replacement
        if response.status_code in _NO_SUCH_CHANGE:
            return False
        answer = _read(response)
        if answer.status != "replaced":
            raise _unknown_word(answer.status)
        return True

    def cancel(
        self, attempt: Attempt, shipment: str, reason: str, *, unless_picked: bool = False
    ) -> bool:
        """Stop work on a shipment; False where the parcel has left already, or with
        ``unless_picked`` where it is picked. A warehouse that does not know that word stops.

        Raises:
            Refused: it does not know the shipment, and so would take it later: see
                docs/warehouse.md on calls that overtake each other.
        """
        if attempt.repeated:
            state = self._look_up(shipment)
            if state is not None and state.status in _STOPPED:
                return True
        body = {"reason": reason} | ({"unless_picked": True} if unless_picked else {})
        response = self._post(attempt, f"/shipments/{shipment}/cancel", body)
        if response.status_code == 409:
            # Somebody has asked for it under this key before, and gave another reason.
            state = self._look_up(shipment)
            late = _GONE | _BEGUN if unless_picked else _GONE
            if state is not None and state.status in _STOPPED | late:
                return state.status in _STOPPED
        answer = _read(response)
        match answer.status:
            case "cancelled":
                return True
            case "too_late":
                return False
            case other:
                raise _unknown_word(other)

    def release(self, attempt: Attempt, shipment: str, labels: tuple[Label, ...]) -> bool:
        """Say that the parcels may go; False where the warehouse no longer has the shipment, or
        has been asked for it back."""
        if attempt.repeated:
            state = self._look_up(shipment)
            if state is not None and state.status in _STOPPED | _GONE:
                return state.status in _GONE
        parcels = [
            {
                "parcel": label.parcel,
                "tracking_number": label.tracking_number,
                "carrier": label.carrier,
            }
            for label in labels
        ]
        response = self._post(attempt, f"/shipments/{shipment}/release", {"parcels": parcels})
        if response.status_code == 409 and _word(response) in _STOPPED | _NEVER_TO_GO:
            return False
        answer = _read(response)
        if answer.status != "released":
            raise _unknown_word(answer.status)
        return True

    def recall(self, attempt: Attempt, shipment: str, reason: str) -> None:
        """Ask for the parcels back; the answer comes as a call to our API.

        Raises:
            Refused: there is nothing to recall; the warehouse says why.
        """
        if attempt.repeated:
            state = self._look_up(shipment)
            if state is not None and state.recall:
                return
        response = self._post(attempt, f"/shipments/{shipment}/recall", {"reason": reason})
        if response.status_code == 409:
            state = self._look_up(shipment)
            if state is not None and state.recall:
                return
        answer = _read(response)
        if answer.status != "asked":
            raise _unknown_word(answer.status)

    def _post(self, attempt: Attempt, path: str, body: dict[str, Any]) -> httpx.Response:
        try:
            return self._client.post(path, json=body, headers={"Idempotency-Key": attempt.key})
        except httpx.TransportError as error:
            raise of_httpx("warehouse", error) from error

    def _look_up(self, shipment: str) -> _Answer | None:
        """Where a shipment stands; None where the warehouse does not know it."""
        try:
            response = self._client.get(f"/shipments/{shipment}")
        except httpx.TransportError as error:
            raise NotDone("warehouse", of_httpx("warehouse", error).reason) from error
        return None if response.status_code == 404 else _read(response)


def _read(response: httpx.Response) -> _Answer:
    if response.is_error:
        raise of_status("warehouse", response.status_code, _words(response), response.headers)
    try:
        return _Answer.model_validate_json(response.content)
    except ValidationError as error:
        raise UnknownOutcome("warehouse", "the answer cannot be read") from error


def _standing(state: _Answer) -> HandoffAnswer:
    reason = (state.reason or "")[:_TEXT_LENGTH]
    if state.status in _STOPPED:
        return HandoffAnswer(accepted=False, reason=reason or f"it is {state.status} already")
    return HandoffAnswer(accepted=True, reference=(state.reference or "")[:_TEXT_LENGTH])


def _amended(*, accepted: bool, reason: str) -> HandoffAnswer:
    return HandoffAnswer(accepted=accepted, reason="" if accepted else reason[:_TEXT_LENGTH])


def _word(response: httpx.Response) -> str:
    try:
        return _Answer.model_validate_json(response.content).status
    except ValidationError:
        return ""


def _words(response: httpx.Response) -> str:
    """``reason``, or each of ``errors`` with its field."""
    try:
        said = _Complaint.model_validate_json(response.content)
    except ValidationError:
        return ""
    texts = [f"{one.field}: {one.message}" for one in said.errors]
    return ("; ".join(texts) or said.reason or "")[:_WORDS_LENGTH]


def _unknown_word(word: str) -> ProviderFailure:
    return UnknownOutcome("warehouse", f"it answered {word[:50]!r}, which is no word of ours")
