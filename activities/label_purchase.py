"""Step 7: one try at buying a shipment's labels, and where the next try goes on."""

from collections.abc import Set

from temporalio import activity

from activities.courier import Courier, LabelsOnRecord
from activities.pace import Pace, earlier_progress, go_on_later
from domain.attempt import Attempt
from domain.failures import BeingMade
from domain.model import Model
from domain.shipping import Label, LabelError, LabelFormat, Quote, label_id


class Progress(Model):
    """What the tries before have bought, in the quotes' order, up to try ``attempt``.

    ``sure`` says that no try can have bought anything beyond, ``checked`` how many of the quotes
    were looked through for surplus labels.
    """

    attempt: int = 0
    sure: bool = False
    labels: tuple[Label, ...] = ()
    checked: int = 0


class LabelPurchase:
    """One try. Whatever its calls take, it ends within the time that a try has."""

    def __init__(
        self,
        courier: Courier,
        on_record: LabelsOnRecord,
        attempt: Attempt,
        pace: Pace,
        version: int,
        form: LabelFormat,
    ) -> None:
        """``version`` is the labels'; it goes on where earlier tries say that they stopped."""
        before = earlier_progress(Progress)
        number = activity.info().attempt
        self._courier = courier
        self._on_record = on_record
        self._pace = pace
        self._version = version
        self._form = form
        self._number = number
        self._attempt = attempt
        self._sure = not attempt.repeated or (before.sure and before.attempt == number - 1)
        self._labels = list(before.labels)
        self._checked = before.checked

    def buy(self, quotes: tuple[Quote, ...]) -> tuple[Label, ...] | LabelError:
        """A label for each quote; after a refusal those that were bought are voided.

        Raises:
            NotDone: also where time is up before all are bought.
        """
        attempt = self._attempt.model_copy(update={"number": 1}) if self._sure else self._attempt
        seconds = self._courier.call_seconds + (0 if self._sure else self._courier.look_seconds)
        for quote in quotes[len(self._labels) :]:
            if not self._pace.allows(seconds):
                words = f"{len(self._labels)} of {len(quotes)} labels are bought"
                raise go_on_later(self._progress(), words)
            name = label_id(quote.parcel, self._version)
            known = self._on_record.bought(name) if attempt.repeated else None
            if known is not None:
                # By an earlier run of the order, for a rate of its own.
                self._labels.append(known)
                continue
            outcome = self._courier.buy(
                attempt, name, quote, self._form, lambda name=name: self._on_record.is_void(name)
            )
            if isinstance(outcome, LabelError):
                self._give_back()
                return outcome
            self._labels.append(outcome)
        return tuple(self._labels)

    def given_up_before(self, quotes: tuple[Quote, ...]) -> LabelError | None:
        """Where they are void on record already, what is live of them is voided, and none is sold.

        A try before has given them up, or a cancel has: nobody takes them for bought any more, and
        one that hangs is left to the review of the provider's labels.

        Raises:
            NotDone: also where time is up before all are looked through.
        """
        if not self._attempt.repeated:
            return None
        names = (label_id(quote.parcel, self._version) for quote in quotes)
        void = next((one for one in names if self._on_record.is_void(one)), None)
        if void is None:
            return None
        self._labels.clear()
        self._void_but(quotes, frozenset(), whatever_hangs=True)
        return LabelError(message=f"label {void} was given up")

    def given_up(self, why: str) -> LabelError:
        """One of them is not waited for any longer: those that were bought are voided."""
        self._give_back()
        return LabelError(message=why)

    def _give_back(self) -> None:
        if self._labels:
            activity.heartbeat(Progress())  # none of them is to be taken for bought any more
        for label in self._labels:
            self._courier.void(self._attempt, label.transaction)

    def void_surplus(self, quotes: tuple[Quote, ...], kept: tuple[Label, ...]) -> None:
        """Void what was bought and not kept; only where any of it may have been bought twice.

        What it has bought itself needs no look, and is void first, also where time is up: a try
        that was held up for long has no successor, and nobody else knows of those labels.

        Raises:
            NotDone: also where time is up before all are looked through.
        """
        if self._sure and kept == tuple(self._labels):
            return
        keep = {label.transaction for label in kept}
        for label in self._labels:
            if label.transaction not in keep:
                self._courier.void(self._attempt, label.transaction)
        self._void_but(quotes, keep)

    def _void_but(
        self, quotes: tuple[Quote, ...], kept: Set[str], *, whatever_hangs: bool = False
    ) -> None:
        """Void what is live of these labels, but for the transactions that are kept."""
        for quote in quotes[self._checked :]:
            if not self._pace.allows(self._courier.look_seconds + self._courier.call_seconds):
                words = f"{self._checked} of {len(quotes)} labels are looked through"
                raise go_on_later(self._progress(), words)
            name = label_id(quote.parcel, self._version)
            try:
                live = self._courier.bought(name, quote, self._form)
            except BeingMade:
                if not whatever_hangs:
                    raise
                live = ()
            for label in live:
                if label.transaction not in kept:
                    self._courier.void(self._attempt, label.transaction)
            self._checked += 1

    def _progress(self) -> Progress:
        return Progress(
            attempt=self._number,
            sure=self._sure,
            labels=tuple(self._labels),
            checked=self._checked,
        )
