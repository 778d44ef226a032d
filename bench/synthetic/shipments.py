"""One shipment's way from the warehouse to the door, or to wherever it stops."""

from bench.synthetic.papers import Portions, hand_off, invoice, label, paper, void_labels, write_off
from bench.synthetic.telling import Telling
from bench.synthetic.ways import Trip

HOUR = 3600.0
_HELD = ("authorize", "payment_intent", "transfer")


def carry(telling: Telling, trip: Trip, portions: Portions, warehouse: str) -> str:
    """Steps 5 to 15 of one shipment; the status in which it was left."""
    stop = telling.way.stop
    _hand_to_warehouse(telling, trip, warehouse)
    if stop == "in_fulfilment":
        return telling.status
    if stop == "cancelled_unpicked":
        return _undo(telling, papers=False)
    sent = dict(portions)
    if not trip.gone_early:
        sent = _pick(telling, trip, portions, warehouse)
        if stop == "picked":
            return telling.status
    gross = _book(telling, trip, sent)
    if not trip.gone_early:
        _pack(telling, trip)
    if stop == "cancelled_packed":
        return _undo(telling, papers=True)
    return _leave(telling, trip, gross)


def _hand_to_warehouse(telling: Telling, trip: Trip, warehouse: str) -> None:
    sequence = 1
    if trip.rejected:
        telling.tried(5, "hand_off", "declined")
        telling.case("warehouse_rejected", 1)
        telling.pause(3 * HOUR)
        sequence = 2
    if trip.rerouted:
        telling.done(5, "hand_off", sequence)
        telling.pause(30 * HOUR)
        telling.done(5, "find_elsewhere")
        telling.done(5, "withdraw")
        telling.done(5, "move_goods")
        sequence += 1
    telling.done(5, "hand_off", sequence, trip.failed_tries)
    hand_off(telling, warehouse)
    telling.to("in_fulfilment", 5)


def _pick(telling: Telling, trip: Trip, portions: Portions, warehouse: str) -> Portions:
    """What was found of it."""
    telling.refused(6, "picked", trip.refused_picks)
    began = telling.now
    if trip.overdue:
        telling.pause(72 * HOUR)
        telling.case("pick_overdue", 2)
        telling.now = began
    hours = telling.random.choice((1, 4, 4, 20)) + (72 if trip.overdue else 0)
    telling.heard(6, "picked", hours * HOUR)
    sent = dict(portions)
    line = next(iter(sent))
    if trip.short or trip.substituted:
        telling.pause(2 * HOUR)
        telling.case("short_pick", 3)
        telling.done(9, "write_off")
        write_off(telling, warehouse, f"ART-{line}")
        sent[line] -= 1
    if trip.substituted:
        telling.done(6, "offer_substitutes")
        sent[f"{line}-x1"] = 1
        telling.heard(6, "picked", HOUR, attempt=2)
    telling.to("picked", 6)
    return {one: count for one, count in sent.items() if count}


def _book(telling: Telling, trip: Trip, sent: Portions) -> int:
    """Labels and papers; what the invoice comes to."""
    returned = trip.arrival == "returned"
    telling.done(7, "quote")
    telling.done(7, "buy_labels", failed=trip.failed_tries)
    label(telling, trip.carrier, 1, void=trip.labelled_anew, returned=returned)
    telling.heard(8, "tracking")
    if trip.taken_back:
        invoice(telling, sent, 1, taken_back=True)
    telling.done(11, "papers")
    telling.heard(9, "issue")
    gross = invoice(telling, sent, 2, taken_back=False)
    paper(telling, "label", 1, printed=not trip.labelled_anew or trip.printed_before)
    paper(telling, "packing_slip", 1, printed=not trip.labelled_anew or trip.printed_before)
    telling.to("ready_to_pack", 11)
    return gross


def _pack(telling: Telling, trip: Trip) -> None:
    telling.refused(12, "packed", trip.refused_packs)
    telling.heard(12, "packed", telling.random.choice((0.5, 2, 2, 9)) * HOUR)
    if trip.doubled:
        telling.tried(11, "papers", "done", attempt=2)
    if trip.labelled_anew:
        telling.done(7, "void_labels")
        telling.done(7, "buy_labels", sequence=2)
        label(telling, trip.carrier, 2, void=False, returned=trip.arrival == "returned")
        telling.heard(8, "tracking", attempt=2)
        telling.done(11, "papers_anew")
        paper(telling, "label", 2, printed=True)
        paper(telling, "packing_slip", 2, printed=True)
        telling.case("labelled_anew", 4)
        telling.heard(12, "packed", HOUR, attempt=2)
    telling.to("packed", 12)


def _leave(telling: Telling, trip: Trip, gross: int) -> str:
    stop = telling.way.stop
    if telling.way.terms in _HELD:
        _capture(telling, trip, gross)
    if stop == "recalled":
        telling.to("recalling", 13)
        telling.done(13, "recall")
        return _undo(telling, papers=True)
    if not trip.gone_early:
        telling.done(13, "release")
        telling.to("released", 13)
    if stop == "released":
        return telling.status
    telling.heard(13, "handed_over", telling.random.choice((1, 3, 3, 15)) * HOUR)
    telling.to("shipped", 13)
    if trip.mail_refused:
        telling.tried(14, "mail_shipped", "mistake")
    else:
        telling.done(14, "mail_shipped", failed=trip.failed_tries)
    if stop == "shipped":
        return telling.status
    return _arrive(telling, trip)


def _capture(telling: Telling, trip: Trip, gross: int) -> None:
    if trip.capture_refused:
        telling.tried(13, "capture", "declined")
        telling.case("capture_failed", 5)
        telling.pause(5 * HOUR)
    if trip.captured_by_hand:
        telling.tried(13, "capture", "failed", 2)
    elif gross:
        telling.done(13, "capture", 2, trip.failed_tries)
        rounded = gross // 10 * 10 if telling.way.currency == "KWD" else gross
        telling.money("capture", rounded - (100 if trip.under_captured else 0))
    telling.to("captured", 13)


def _arrive(telling: Telling, trip: Trip) -> str:
    days = telling.random.choice((1, 2, 2, 3)) + (30 if trip.arrival == "late" else 0)
    if trip.arrival == "late":
        telling.case("delivery_overdue", 6)
    if trip.arrival == "returned":
        telling.pause(days * 24 * HOUR)
        telling.case("not_delivered", 7)
        telling.to("not_delivered", 15)
    elif trip.arrival == "said_by_hand":
        telling.pause(days * 24 * HOUR)
        telling.to("delivered", 15)
    else:
        promised = telling.promised_by
        arrives = telling.now.timestamp() + days * 24 * HOUR
        late = None if promised is None else arrives > promised.timestamp()
        told = None if trip.arrival == "untold" else late
        telling.heard(15, "delivered", days * 24 * HOUR, late=told)
        telling.to("delivered", 15)
    return telling.status


def _undo(telling: Telling, *, papers: bool) -> str:
    telling.to("cancelling", 5)
    telling.done(5, "cancel_at_warehouse")
    if papers:
        telling.done(7, "void_labels", 9)
        void_labels(telling)
        telling.done(9, "put_away")
    telling.to("cancelled", 13)
    return telling.status
