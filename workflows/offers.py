"""What one shipment's customer was offered, what they said to it, and who said so."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from domain.substitution import (
    AnsweredBy,
    Choice,
    Offer,
    OfferAnswer,
    OfferState,
    SubstitutionReply,
)

_SAID = {Choice.ACCEPT: OfferState.ACCEPTED, Choice.REFUSE: OfferState.REFUSED}


class Offers:
    """Offers by name; each is answered once."""

    def __init__(self) -> None:
        """Nothing was offered."""
        self._offers: dict[str, Offer] = {}
        self._answers: dict[str, OfferAnswer] = {}
        self._unrecorded: list[OfferAnswer] = []

    def __contains__(self, name: str) -> bool:
        """Whether this was offered."""
        return name in self._offers

    @property
    def all(self) -> tuple[Offer, ...]:
        """Whatever was offered."""
        return tuple(self._offers.values())

    @property
    def open(self) -> tuple[Offer, ...]:
        """Those that nobody has answered."""
        return tuple(one for name, one in self._offers.items() if name not in self._answers)

    def put(self, offers: Iterable[Offer]) -> None:
        """Offer these; what the records say of one already holds."""
        for one in offers:
            self._offers[one.id] = one
            if one.state is not OfferState.OFFERED:
                self._answers[one.id] = _answer(one.id, one.state, AnsweredBy.NOBODY)

    def accepted(self, offers: Iterable[Offer]) -> tuple[Offer, ...]:
        """Those of these that were accepted."""
        return tuple(
            one
            for one in offers
            if one.id in self._answers and self._answers[one.id].state is OfferState.ACCEPTED
        )

    def check(self, name: str) -> None:
        """Refuse an answer that comes too late, or a second one.

        Raises:
            ApplicationError: it was answered, or is open no longer.
        """
        given = self._answers.get(name)
        if given is None:
            return
        if given.state in (OfferState.ACCEPTED, OfferState.REFUSED):
            raise ApplicationError(f"substitution {name} was {given.state.value} already")
        raise ApplicationError(f"substitution {name} is open no longer: it is {given.state.value}")

    def take(self, name: str, choice: Choice, by: AnsweredBy) -> None:
        """Somebody has said yes or no; the first word holds."""
        self.close(name, _SAID[choice], by)

    def close(self, name: str, state: OfferState, by: AnsweredBy = AnsweredBy.NOBODY) -> None:
        """It is open no longer."""
        if name not in self._answers:
            self._answers[name] = answer = _answer(name, state, by)
            self._unrecorded.append(answer)

    def withdraw(self, offers: Iterable[Offer]) -> None:
        """Take back what was accepted, because it cannot be had after all."""
        for one in offers:
            answer = _answer(one.id, OfferState.WITHDRAWN, AnsweredBy.NOBODY)
            self._answers[one.id] = answer
            self._unrecorded.append(answer)

    def to_record(self) -> tuple[OfferAnswer, ...]:
        """Answers that are not on their way to the record yet; asked again, the newer ones."""
        answers, self._unrecorded = tuple(self._unrecorded), []
        return answers

    @property
    def unrecorded(self) -> bool:
        """Whether somebody has answered since."""
        return bool(self._unrecorded)

    def words(self, name: str) -> str:
        """What was offered, for the record."""
        return self._offers[name].words


class HasOffers(Protocol):
    """A shipment, as far as its offers go."""

    offers: Offers


def check_reply(shipments: Sequence[HasOffers], reply: SubstitutionReply) -> Offers:
    """Whose offer it is that this reply may answer.

    Raises:
        ApplicationError: there is no such offer, or it is open no longer.
    """
    for one in shipments:
        if reply.substitution in one.offers:
            one.offers.check(reply.substitution)
            return one.offers
    raise ApplicationError(f"the order has no substitution {reply.substitution}")


def _answer(name: str, state: OfferState, by: AnsweredBy) -> OfferAnswer:
    return OfferAnswer(id=name, state=state, by=by, at=workflow.now())
