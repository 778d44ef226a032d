"""Shippo's webhooks: authenticated, and told as courier events.

Source: Shippo, "Webhooks" and "Tracking". A webhook is authenticated by a secret token in the
address that Shippo was given, or by an HMAC header where Shippo provisioned one.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from domain.model import AwareMoment, Text
from domain.tracking import CourierEvent, CourierStatus
from providers.webhooks import WebhookRefused, from_epoch, utc_now

STATUSES: Mapping[str, CourierStatus] = {
    "UNKNOWN": CourierStatus.UNKNOWN,
    "PRE_TRANSIT": CourierStatus.PRE_TRANSIT,
    "TRANSIT": CourierStatus.TRANSIT,
    "DELIVERED": CourierStatus.DELIVERED,
    "RETURNED": CourierStatus.RETURNED,
    "FAILURE": CourierStatus.FAILURE,
}
"""Shippo's tracking statuses. A word that is not here tells nothing."""

SUBSTATUSES: Mapping[tuple[str, str], CourierStatus] = {
    ("TRANSIT", "out_for_delivery"): CourierStatus.OUT_FOR_DELIVERY,
    ("TRANSIT", "delivery_attempted"): CourierStatus.ATTEMPT_FAILED,
    ("TRANSIT", "notice_left"): CourierStatus.ATTEMPT_FAILED,
    ("TRANSIT", "location_inaccessible"): CourierStatus.ATTEMPT_FAILED,
    ("TRANSIT", "pickup_available"): CourierStatus.AVAILABLE_FOR_PICKUP,
    ("TRANSIT", "package_damaged"): CourierStatus.DAMAGED,
    ("FAILURE", "package_lost"): CourierStatus.LOST,
    ("FAILURE", "package_disposed"): CourierStatus.LOST,
}
"""Where the finer word says more than the status. What a courier has disposed of is lost."""

_TRACK = "track_updated"
_DETAIL_LENGTH = 250
_ZONE = re.compile(r"(Z|[+-]\d\d:?\d\d)$", re.IGNORECASE)


def _with_zone(value: object) -> object:
    # Shippo writes UTC, sometimes without saying so.
    plain = isinstance(value, str) and "T" in value and not _ZONE.search(value)
    return f"{value}Z" if plain else value


_Moment = Annotated[AwareMoment, BeforeValidator(_with_zone)]


_Name = Annotated[Text, Field(max_length=200)]


class Substatus(BaseModel):
    """The finer word of a report."""

    code: str = ""


class TrackingStatus(BaseModel):
    """A courier's report as Shippo gives it, in webhooks and look-ups alike."""

    object_id: _Name
    status: str
    substatus: Substatus | None = None
    status_details: str | None = None
    status_date: _Moment | None = None
    object_created: _Moment | None = None


class _Track(BaseModel):
    tracking_number: _Name
    tracking_status: TrackingStatus | None = None


class _Event(BaseModel):
    event: str


class _TrackEvent(_Event):
    data: _Track


def courier_event(tracking_number: str, report: TrackingStatus) -> CourierEvent | None:
    """A report as a courier event; None without a time, which could be put in no order."""
    at = report.status_date or report.object_created
    if at is None:
        return None
    return CourierEvent(
        id=report.object_id,
        tracking_number=tracking_number,
        status=_status(report),
        at=at.astimezone(UTC),
        detail=(report.status_details or "").replace("\x00", "")[:_DETAIL_LENGTH],
    )


def _status(report: TrackingStatus) -> CourierStatus:
    code = "" if report.substatus is None else report.substatus.code
    coarse = STATUSES.get(report.status, CourierStatus.UNKNOWN)
    return SUBSTATUSES.get((report.status, code), coarse)


class ShippoWebhooks:
    """Reads webhooks that bear this endpoint's token or signature."""

    def __init__(
        self,
        token: str | None,
        hmac_secret: str | None = None,
        tolerance: timedelta = timedelta(minutes=5),
    ) -> None:
        """At least one of ``token`` (in the address) and ``hmac_secret`` must be given."""
        if not token and not hmac_secret:
            raise ValueError(
                "Shippo webhooks need a token or an HMAC secret to be told from forged"
            )
        self._token = token
        self._secret = hmac_secret
        self._tolerance = tolerance

    def read(
        self, body: bytes, token: str | None = None, signature: str | None = None
    ) -> CourierEvent | None:
        """The courier event in a raw body, with the token from the address and the
        ``Shippo-Auth-Signature`` header; None for what is no tracking report.

        Raises:
            WebhookRefused: not authentic, or not readable.
        """
        self._authenticate(body, token, signature)
        try:
            if _Event.model_validate_json(body).event != _TRACK:
                return None
            track = _TrackEvent.model_validate_json(body).data
        except ValidationError as error:
            raise WebhookRefused("shippo", "the body is no event", authentic=True) from error
        if track.tracking_status is None:
            return None
        return courier_event(track.tracking_number, track.tracking_status)

    def _authenticate(self, body: bytes, token: str | None, signature: str | None) -> None:
        if self._token and not hmac.compare_digest(self._token.encode(), (token or "").encode()):
            raise WebhookRefused("shippo", "the token in the address is wrong")
        if self._secret:
            self._verify(body, signature or "", self._secret)

    def _verify(self, body: bytes, signature: str, secret: str) -> None:
        given, moment = _part(signature, "v1"), _part(signature, "t")
        wanted = hmac.digest(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hex()
        if not hmac.compare_digest(wanted.encode(), given.encode()):
            raise WebhookRefused("shippo", "the signature does not fit the body")
        if abs(utc_now() - _moment(moment)) > self._tolerance:
            raise WebhookRefused("shippo", "the signature is too old")


def _part(signature: str, name: str) -> str:
    prefix = f"{name}="
    parts = (part.strip() for part in signature.split(","))
    return next((part.removeprefix(prefix) for part in parts if part.startswith(prefix)), "")


def _moment(text: str) -> datetime:
    try:
        return from_epoch(float(text))
    except ValueError as error:
        raise WebhookRefused("shippo", "the signature has no time") from error
