"""Calls to Shippo: one session for a process, time-outs, answers made digestible, errors."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import requests
import shippo
from shippo.models.components import LabelFileTypeEnum, ObjectStateEnum, TrackingStatusEnum
from shippo.models.errors import SDKError

from domain.failures import NotDone, ProviderFailure, Refused, UnknownOutcome
from providers.failures import of_requests, of_status
from providers.http_session import TimedSession
from providers.keys import header_safe

T = TypeVar("T")
Json = dict[str, Any]

CONNECT_SECONDS, READ_SECONDS = 3.0, 15.0
"""A look-up that hangs twice and a purchase that hangs fit an activity's 60 seconds together."""
GET_RETRIES = 1
_WORDS_LENGTH = 500
_IRRELEVANT = {
    "tracking_status": frozenset(one.value for one in TrackingStatusEnum),
    "label_file_type": frozenset(one.value for one in LabelFileTypeEnum),
    "object_state": frozenset(one.value for one in ObjectStateEnum),
}
"""Fields of a transaction on which the SDK chokes and which decide nothing here."""
_UNUSED_OF_A_RATE = (
    "arrives_by", "duration_terms", "included_insurance_price", "messages", "provider_image_75",
    "provider_image_200", "zone",
)  # fmt: skip


class ShippoCalls:
    """The SDK over one session that all threads of a process share."""

    def __init__(self, url: str | None, key: str, timeout: tuple[float, float]) -> None:
        """``url`` is None for Shippo itself; ``timeout`` is (connect, read) in seconds."""
        self._session = TimedSession(timeout, GET_RETRIES)
        self._session.hooks["response"].append(_digestible)
        token = header_safe(key)
        self.sdk = shippo.Shippo(
            api_key_header=token if " " in token else f"ShippoToken {token}",
            server_url=url,
            client=self._session,
        )

    def close(self) -> None:
        """Let go of all connections."""
        self._session.close()

    def read(self, call: Callable[[], T | None]) -> T:
        """A call without effect that matters.

        Raises:
            NotDone: no answer, or one that cannot be read.
            Refused: Shippo says no, in words.
        """
        try:
            return self.write(call)
        except UnknownOutcome as unknown:
            raise NotDone("shippo", unknown.reason) from unknown

    def write(self, call: Callable[[], T | None]) -> T:
        """A call that costs money. Shippo knows no idempotency keys, so it is made once.

        Raises:
            NotDone: nothing was sent, or Shippo is too busy.
            UnknownOutcome: the answer was lost, or the SDK cannot read it: the label may exist.
            Refused: Shippo says no, in words.
        """
        answer = self.ask(call)
        if isinstance(answer, Rejection):
            raise answer.failure()
        return answer

    def ask(self, call: Callable[[], T | None]) -> "T | Rejection":
        """Like `write`, with a refusal as an answer."""
        try:
            answer = call()
        except SDKError as error:
            if error.status_code < 400:
                raise UnknownOutcome("shippo", "the answer cannot be read") from error
            rejection = Rejection(error.status_code, _words(error.body), error.raw_response.headers)
            if isinstance(rejection.failure(), Refused):
                return rejection
            raise rejection.failure() from error
        except requests.RequestException as error:
            raise of_requests("shippo", error) from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # What the SDK raises when an answer, good or bad, is not as it expects.
            raise UnknownOutcome("shippo", "the answer cannot be read") from error
        if answer is None:
            raise UnknownOutcome("shippo", "the answer is empty")
        return answer


@dataclass(frozen=True)
class Rejection:
    """An answer from 400 to 499, with Shippo's words for it."""

    status: int
    words: str
    headers: Mapping[str, str]

    def failure(self) -> ProviderFailure:
        """It as a failure, where it is none of the answers that a caller expects."""
        return of_status("shippo", self.status, self.words, self.headers)


def _words(body: str) -> str:
    try:
        return "; ".join(_flat(json.loads(body)))[:_WORDS_LENGTH]
    except ValueError:
        return ""


def _flat(value: object, name: str = "") -> list[str]:
    """Shippo's errors come as a sentence, as a list, or as either for each field."""
    if isinstance(value, dict):
        fields = cast("Json", value).items()
        return [text for key, each in fields for text in _flat(each, f"{name}.{key}".lstrip("."))]
    if isinstance(value, list):
        return [text for each in cast("list[object]", value) for text in _flat(each, name)]
    said = str(value).strip()
    return [said if name in ("", "detail") else f"{name}: {said}"] if said else []


def _digestible(response: requests.Response, **_: object) -> requests.Response:
    """Fill in and leave out what makes the SDK raise after a label was bought or a rate was given.

    It reads every field strictly: a transaction without ``created_by`` or with its
    ``tracking_status`` as an object, or any word that is new to it, is an exception. What nobody
    here looks at is taken out; reading all of a shipment would take longer than asking for it.
    """
    simplify = next((each for part, each in _SIMPLER.items() if part in (response.url or "")), None)
    if simplify is None or not response.ok:
        return response
    try:
        document: object = response.json()
    except ValueError:
        return response
    if not isinstance(document, dict):
        return response
    answer = cast("Json", document)
    for each in _objects(answer.get("results", [answer])):
        simplify(each)
    return _with_body(response, json.dumps(answer).encode())


def _simpler_transaction(transaction: Json) -> None:
    if "object_id" not in transaction:
        return
    transaction.setdefault("created_by", None)
    tracking = transaction.get("tracking_status")
    if isinstance(tracking, dict):
        transaction["tracking_status"] = cast("Json", tracking).get("status")
    for field, known in _IRRELEVANT.items():
        if transaction.get(field) not in known:
            transaction[field] = None


def _simpler_shipment(shipment: Json) -> None:
    if "rates" not in shipment:
        return
    for name in ("address_return", "customs_declaration", "extra"):
        shipment[name] = None
    for name in ("address_from", "address_to"):
        shipment[name] = {"country": ""}
    shipment |= {"parcels": [], "carrier_accounts": [], "messages": []}
    for rate in _objects(shipment["rates"]):
        rate["attributes"] = []
        service = rate.get("servicelevel")
        if isinstance(service, dict):
            known = cast("Json", service)
            rate["servicelevel"] = {name: known.get(name) for name in ("name", "token")}
        for name in _UNUSED_OF_A_RATE:
            rate.pop(name, None)


def _objects(found: object) -> list[Json]:
    entries = cast("list[object]", found) if isinstance(found, list) else []
    return [cast("Json", each) for each in entries if isinstance(each, dict)]


_SIMPLER: Mapping[str, Callable[[Json], None]] = {
    "/transactions": _simpler_transaction,
    "/shipments": _simpler_shipment,
}


def _with_body(response: requests.Response, body: bytes) -> requests.Response:
    made = requests.Response()
    made.status_code = response.status_code
    made.headers = response.headers
    made.url = response.url
    made.request = response.request
    made.encoding = "utf-8"
    made.raw = io.BytesIO(body)
    return made
