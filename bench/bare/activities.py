"""What a bare order asks of the outside: requests, statements, drawings, and no questions."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from temporalio import activity

from bench.bare.drawings import Drawings
from bench.bare.outside import Outside
from bench.bare.plan import Anatomy
from bench.bare.records import BareRecords
from bench.bare.workflow import padded

Json = dict[str, Any]

BARE = "bare"


class BareActivities:
    """One activity for each of ours, by the same name."""

    def __init__(
        self, anatomy: Anatomy, outside: Outside, records: BareRecords, drawings: Drawings
    ) -> None:
        """Callbacks leave beside the orders, as ours do."""
        self._anatomy = anatomy
        self._outside = outside
        self._records = records
        self._drawings = drawings
        self._beside = ThreadPoolExecutor(8, thread_name_prefix="callbacks")

    def all(self) -> list[Callable[..., Any]]:
        """For the worker."""
        return [
            self.reserve,
            self.authorize,
            self.mail,
            self.hand_off,
            self.quote,
            self.buy,
            self.papers,
            self.capture,
            self.release,
            self.record,
        ]

    def _done(self, name: str, request: Json, ids: Json | None = None) -> Json:
        """Write what ours writes; answer in as many bytes."""
        order = str(request["order"])
        call = self._anatomy.calls[name]
        self._records.play(call.script, order)
        for sequence in request["callbacks"]:
            self._beside.submit(self._call_back, order, request["ids"]["number"], sequence)
        return padded({"ids": ids or {}}, call.result)

    def _call_back(self, order: str, number: str, sequence: int) -> None:
        self._outside.call_back(order, number, sequence)
        self._records.play(self._anatomy.relays[sequence - 1], order)

    @activity.defn(name="reserve_stock")
    def reserve(self, request: Json) -> Json:
        """Statements only."""
        return self._done("reserve_stock", request)

    @activity.defn(name="authorize_payment")
    def authorize(self, request: Json) -> Json:
        """Customer and intent."""
        intent = self._outside.authorize(request["order"])
        return self._done("authorize_payment", request, {"intent": intent})

    @activity.defn(name="send_mail")
    def mail(self, request: Json) -> Json:
        """One mail; the last one ends the order."""
        self._outside.mail(request["order"], request["about"])
        done = self._done("send_mail", request)
        if request["about"] == "review":
            self._records.end(BARE, request["order"])
        return done

    @activity.defn(name="hand_off")
    def hand_off(self, request: Json) -> Json:
        """To the warehouse."""
        self._outside.hand_off(request["order"], request["ids"]["number"])
        return self._done("hand_off", request)

    @activity.defn(name="ask_quotes")
    def quote(self, request: Json) -> Json:
        """The cheapest rate."""
        rates = self._outside.rates(request["order"])
        rate = min(rates, key=lambda one: float(one["amount"]))
        return self._done(
            "ask_quotes", request, {"rate": rate["object_id"], "carrier": rate["provider"]}
        )

    @activity.defn(name="buy_labels")
    def buy(self, request: Json) -> Json:
        """A label for it."""
        label = self._outside.buy(request["order"], request["ids"]["rate"])
        ids = {"tracking": label["tracking_number"], "label": label["label_url"]}
        return self._done("buy_labels", request, ids)

    @activity.defn(name="prepare_papers")
    def papers(self, request: Json) -> Json:
        """The label's file, and our own drawings."""
        self._outside.label(request["ids"]["label"])
        self._drawings.draw(request["order"], request["ids"]["number"])
        return self._done("prepare_papers", request)

    @activity.defn(name="capture_payment")
    def capture(self, request: Json) -> Json:
        """Take the money."""
        self._outside.capture(request["order"], request["ids"]["intent"])
        return self._done("capture_payment", request)

    @activity.defn(name="release_parcels")
    def release(self, request: Json) -> Json:
        """The parcel may go."""
        ids = request["ids"]
        self._outside.release(request["order"], ids["tracking"], ids["carrier"])
        return self._done("release_parcels", request)

    @activity.defn(name="record")
    def record(self, request: Json) -> Json:
        """Statements only."""
        return self._done("record", request)
