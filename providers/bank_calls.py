"""The bank protocol over HTTP: the account, what came in, what went out (docs/bank.md)."""

from datetime import datetime
from typing import TypeVar

import httpx
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from domain.creditor_reference import reference_in
from domain.failures import NotDone, Refused, UnknownOutcome
from domain.money import Currency, Money
from domain.movements import Movement
from domain.transfers import Booking, SentBack, Share
from providers.bank_statement import BANK, REFUND, Entries
from providers.failures import of_httpx, of_status
from providers.keys import header_safe

CONNECT_SECONDS, READ_SECONDS = 2.0, 10.0
_IDLE_SECONDS = 2.0
"""Shorter than servers keep an idle connection, or a call would meet one that has just closed."""
_WORDS_LENGTH, _TEXT_LENGTH = 500, 250
_RETURN = "return"
_OVERTAKEN = frozenset({"key_reused", "more_than_left"})
"""Another transfer of the same booking was faster: what is left is to be looked at again."""


class Account(BaseModel):
    """The seller's account, that customers pay to."""

    account: str = Field(min_length=1, max_length=100)
    holder: str = Field(min_length=1, max_length=250)
    currency: Currency


class _Booking(BaseModel):
    id: str = Field(min_length=1, max_length=100)
    position: int = Field(ge=1)
    booked_at: AwareDatetime
    amount: int = Field(gt=0)
    currency: Currency
    reference: str = ""
    text: str = ""
    account: str
    holder: str = ""

    def told(self) -> Booking:
        """With the reference that the customer gave, in its own field or among other words."""
        reference = reference_in(self.reference) or reference_in(self.text)
        return Booking(
            id=self.id,
            position=self.position,
            at=self.booked_at,
            money=Money(amount=self.amount, currency=self.currency),
            reference=reference,
            account=self.account,
            holder=self.holder[:_TEXT_LENGTH],
            text=(self.text or self.reference)[:_TEXT_LENGTH],
        )


class _Bookings(BaseModel):
    bookings: tuple[_Booking, ...]


class _Transfer(BaseModel):
    id: str
    booking: str
    amount: int = Field(gt=0)
    currency: Currency
    operation: str
    purpose: str
    sent_at: datetime | None = None

    def told(self) -> SentBack:
        return SentBack(
            id=self.id,
            booking=self.booking,
            money=Money(amount=self.amount, currency=self.currency),
            operation=self.operation,
            refund=self.purpose == REFUND,
        )


class _Transfers(BaseModel):
    transfers: tuple[_Transfer, ...]


class _Complaint(BaseModel):
    code: str = ""
    reason: str = ""


Read = TypeVar("Read", bound=BaseModel)


class BankCalls:
    """What the bank can be asked. Safe between threads.

    A look raises NotDone where it got no answer, a transfer UnknownOutcome; what the bank will not
    do raises Refused, with its words.
    """

    def __init__(self, url: str, key: str, timeout: tuple[float, float]) -> None:
        """``url`` is where the protocol begins, ``key`` the bearer token, ``timeout`` (connect,
        read) in seconds."""
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

    def account(self) -> Account:
        """Where customers are to pay to."""
        return _read(Account, self._get("/account", {}))

    def after(self, position: int) -> tuple[Booking, ...]:
        """Some of the bookings that came after this position, in their order; none: no more."""
        found = _read(_Bookings, self._get("/bookings", {"after": str(position)}))
        return tuple(one.told() for one in found.bookings)

    def under(self, reference: str) -> tuple[Booking, ...]:
        """Every booking that bears this reference in its own field."""
        found = _read(_Bookings, self._get("/bookings", {"reference": reference}))
        return tuple(one.told() for one in found.bookings)

    def booking(self, name: str) -> Booking:
        """One booking."""
        return _read(_Booking, self._get(f"/bookings/{name}", {})).told()

    def sent(self, reference: str) -> tuple[SentBack, ...]:
        """Everything that was sent back under a reference."""
        found = _read(_Transfers, self._get("/transfers", {"reference": reference}))
        return tuple(one.told() for one in found.transfers)

    def sent_of(self, booking: str) -> tuple[SentBack, ...]:
        """Everything that was sent back of one booking."""
        found = _read(_Transfers, self._get("/transfers", {"booking": booking}))
        return tuple(one.told() for one in found.transfers)

    def sent_for(self, operation: str) -> tuple[SentBack, ...]:
        """Everything that was sent back for one operation of ours."""
        found = _read(_Transfers, self._get("/transfers", {"operation": operation}))
        return tuple(one.told() for one in found.transfers)

    def sent_after(self, position: int) -> tuple[tuple[int, Movement], ...]:
        """Some of what was sent back after this position, with its own; none: no more."""
        return _read(Entries, self._get("/transfers", {"after": str(position)})).told()

    def transfer(self, name: str) -> SentBack:
        """One of the transfers that went out."""
        return _read(_Transfer, self._get(f"/transfers/{name}", {})).told()

    def send(self, share: Share, reference: str, operation: str, *, refund: bool) -> SentBack:
        """Send a part of a booking back to where it came from.

        Raises:
            NotDone: another transfer was faster; look again.
            Refused: the bank does not, for the reason that it gives: the account is closed.
            UnknownOutcome: no answer; the same share has the same key.
        """
        body = {
            "booking": share.booking.id,
            "amount": share.money.amount,
            "currency": share.money.currency,
            "account": share.booking.account,
            "holder": share.booking.holder,
            "reference": reference,
            "operation": operation,
            "purpose": REFUND if refund else _RETURN,
        }
        try:
            response = self._client.post(
                "/transfers", json=body, headers={"Idempotency-Key": share.key}
            )
        except httpx.TransportError as error:
            raise of_httpx(BANK, error) from error
        if response.is_error:
            complaint = _complaint(response)
            if complaint.code in _OVERTAKEN:
                raise NotDone(BANK, f"another transfer was faster: {complaint.reason}")
            raise of_status(BANK, response.status_code, _words(complaint), response.headers)
        try:
            return _Transfer.model_validate_json(response.content).told()
        except ValidationError as error:
            raise UnknownOutcome(BANK, "the answer cannot be read") from error

    def _get(self, path: str, query: dict[str, str]) -> httpx.Response:
        try:
            return self._client.get(path, params=query)
        except httpx.TransportError as error:
            raise NotDone(BANK, of_httpx(BANK, error).reason) from error


def _read(model: type[Read], response: httpx.Response) -> Read:
    """A look changes nothing: what went wrong with it is only ever tried again, or refused."""
    if response.is_error:
        words = _words(_complaint(response))
        failure = of_status(BANK, response.status_code, words, response.headers)
        raise failure if isinstance(failure, Refused) else NotDone(BANK, failure.reason)
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        raise NotDone(BANK, "the answer cannot be read") from error


def _complaint(response: httpx.Response) -> _Complaint:
    try:
        return _Complaint.model_validate_json(response.content)
    except ValidationError:
        return _Complaint()


def _words(complaint: _Complaint) -> str:
    return (complaint.reason or complaint.code)[:_WORDS_LENGTH]
