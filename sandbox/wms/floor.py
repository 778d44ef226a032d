"""The warehouse floor: goods move, step by step, by themselves or by hand."""

from enum import StrEnum

from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.shippo import courier
from sandbox.wms import calls
from sandbox.wms.drafts import DRAFTS, mistake
from sandbox.wms.shipments import ENDED, Status, load, note, pieces, put_away, save

STEP = "wms.step"
FAULTS = (
    "short_pick",
    "wrong_barcode",
    "overweight",
    "leave_unreleased",
    "duplicate_calls",
    "recall",
)


class Step(StrEnum):
    """What somebody on the floor does next."""

    PICK = "pick"
    PACK = "pack"
    HAND_OVER = "hand_over"
    ANSWER_RECALL = "answer_recall"


_ACTION = {
    Step.PICK: "picked",
    Step.PACK: "packed",
    Step.HAND_OVER: "handed_over",
    Step.ANSWER_RECALL: "recall_result",
}
_DELAY = {
    Step.PICK: "pick_after",
    Step.PACK: "pack_after",
    Step.HAND_OVER: "hand_over_after",
    Step.ANSWER_RECALL: "recall_after",
}


def schedule(world: World, shipment: Document, step: Step, at_once: bool = False) -> None:
    """Let a step happen by itself after its delay, in auto mode only."""
    settings = world.settings.section("wms")
    if settings["auto"] and not shipment["silent"]:
        wait = 0.0 if at_once else float(settings[_DELAY[step]])
        name = shipment.get("place", shipment["shipment"])
        world.timers.after(wait, STEP, {"shipment": name, "step": step})


async def take_step(world: World, payload: Document) -> None:
    """A step is due. Held shipments wait for `resume`; what no longer applies is dropped."""
    shipment, step = load(world, payload["shipment"]), Step(payload["step"])
    auto = world.settings.section("wms")["auto"]
    if shipment is None or shipment["held"] or not auto or not _applies(shipment, step):
        return
    if step is Step.PACK:
        shipment = await read_slip(world, shipment)
        if not _applies(shipment, step):
            return
        if shipment["waits_for_slip"]:
            schedule(world, shipment, step)
            return
    if step is Step.ANSWER_RECALL and _must_leave_first(shipment):
        _play(world, shipment, "handed_over")
    _play(world, shipment, _ACTION[step])


async def go_on(world: World, payload: Document) -> None:
    """The shop's system has answered: the next step, or a halt until someone looks at it."""
    shipment = load(world, payload["shipment"])
    if shipment is None or payload["fact"] in shipment["answered"]:
        return
    hear(world, shipment, payload)


def hear(world: World, shipment: Document, reply: Document) -> None:
    """Take in an answer: {action, fact, status, answer}."""
    action = reply["action"]
    shipment["answered"].append(reply["fact"])
    accepted = 200 <= reply["status"] < 300
    shipment["refused"] = None if accepted else reply
    save(world, shipment)
    if not accepted:
        said = {name: reply[name] for name in ("action", "fact", "status", "answer")}
        note(world, "call_refused", shipment, **said)
    elif action == "picked":
        schedule(world, shipment, Step.PACK)
    elif action == "packed" and shipment["leaves_unreleased"]:
        schedule(world, shipment, Step.HAND_OVER)


async def read_slip(world: World, shipment: Document) -> Document:
    """Where pieces were missing, the packing slip says what is packed: the others are put back."""
    if not shipment["waits_for_slip"]:
        return shipment
    slip = await calls.ask_what_to_pack(world, shipment)
    current = load(world, shipment.get("place", shipment["shipment"])) or shipment
    if slip is None or not current["waits_for_slip"]:
        return current
    back = [
        piece | {"quantity": piece["quantity"] - slip.get(piece["line"], 0)}
        for piece in pieces(current)
        if piece["quantity"] > slip.get(piece["line"], 0)
    ]
    current |= {"picked": slip, "waits_for_slip": False}
    save(world, current)
    if back:
        note(world, "put_back", current, lines=back)
    return current


def resume(world: World, shipment: Document) -> None:
    """Take up work where it stopped; a refused report is made anew."""
    shipment |= {"held": False, "silent": False}
    save(world, shipment)
    steps = (Step.PICK, Step.PACK, Step.HAND_OVER, Step.ANSWER_RECALL)
    due = next((step for step in steps if _applies(shipment, step)), None)
    if due is not None:
        schedule(world, shipment, due, at_once=True)


def record(world: World, shipment: Document, action: str, body: Document) -> None:
    """What an action changes, and the ledger's word on it. Ended shipments stay as they are."""
    if action == "picked" and shipment["status"] not in ENDED:
        _pick(world, shipment, body)
    elif action == "packed" and shipment["status"] not in ENDED:
        _pack(world, shipment, body)
    elif action == "handed_over" and shipment["status"] != Status.HANDED_OVER:
        _hand_over(world, shipment, body)
    elif action == "recall_result":
        _end_recall(world, shipment, body)
    save(world, shipment)


def look_for(world: World, shipment: Document) -> None:
    """Somebody goes to find a recalled parcel; from here on it is not handed over if found."""
    fault = mistake(world, shipment, "recall_result", "recall")
    settings = world.settings.section("wms")
    outcome = settings["recall"] if fault is None else fault.params.get("outcome", "gone")
    status = shipment["status"]
    if status == Status.HANDED_OVER and outcome == "pulled":
        outcome = "gone"
    elif outcome == "gone" and status not in (Status.RELEASED, Status.HANDED_OVER):
        outcome = "pulled"
    if shipment["silent"]:
        outcome = "silent"
    shipment["recall"] = {"outcome": outcome if settings["auto"] else None, "answered": False}
    save(world, shipment)
    if outcome != "silent":
        schedule(world, shipment, Step.ANSWER_RECALL)


def _applies(shipment: Document, step: Step) -> bool:
    status = shipment["status"]
    recall: Document = shipment["recall"] or {}
    report: Document = shipment["refused"] or {}
    refused = report.get("action")
    if step is Step.ANSWER_RECALL:
        return recall.get("outcome") in ("pulled", "gone") and not recall["answered"]
    if status in ENDED or recall.get("outcome") == "pulled":
        return False
    if step is Step.PICK:
        return status == Status.ACCEPTED or refused == "picked"
    if step is Step.PACK:
        return bool(pieces(shipment)) and (status == Status.PICKED or refused == "packed")
    leaves: bool = shipment["leaves_unreleased"]
    return status == Status.RELEASED or (status == Status.PACKED and leaves)


def _must_leave_first(shipment: Document) -> bool:
    gone = shipment["recall"]["outcome"] == "gone"
    return gone and shipment["status"] == Status.RELEASED


def _play(world: World, shipment: Document, action: str) -> None:
    body = DRAFTS[action](world, shipment)
    record(world, shipment, action, body)
    stutter = mistake(world, shipment, action, "duplicate_calls")
    copies = 1 if stutter is None else int(stutter.params.get("count", 2))
    calls.tell(world, shipment, action, body, copies)


def _pick(world: World, shipment: Document, body: Document) -> None:
    known = {line["line"] for line in shipment["handoff"]["lines"]}
    lines = [line for line in body["lines"] if line["line"] in known]
    shipment["picked"] = {line["line"]: line["quantity"] for line in lines}
    shipment["waits_for_slip"] = any(line.get("short") for line in lines)
    if shipment["status"] == Status.ACCEPTED:
        shipment["status"] = Status.PICKED
    # The report's number: see `calls.write`, which comes next.
    note(world, "picked", shipment, lines=lines, fact=shipment["facts"] + 1)


def _pack(world: World, shipment: Document, body: Document) -> None:
    shipment["parcels"] = body["parcels"]
    if shipment["status"] in (Status.ACCEPTED, Status.PICKED):
        shipment["status"] = Status.PACKED
    fault = mistake(world, shipment, "packed", "leave_unreleased")
    shipment["leaves_unreleased"] = shipment["leaves_unreleased"] or fault is not None
    note(world, "packed", shipment, parcels=body["parcels"])


def _hand_over(world: World, shipment: Document, body: Document) -> None:
    released = {parcel["parcel"]: parcel for parcel in shipment["released"]}
    parcels = [released.get(name) or _unreleased(world, shipment, name) for name in body["parcels"]]
    shipment |= {"status": Status.HANDED_OVER, "manifest": body["manifest"]}
    let_go = all(parcel["parcel"] in released for parcel in parcels)
    note(
        world, "handed_over", shipment, manifest=body["manifest"], parcels=parcels, released=let_go
    )
    for parcel in parcels:
        if parcel["tracking_number"] is not None:
            courier.collect(world, parcel["tracking_number"])


def _unreleased(world: World, shipment: Document, parcel: str) -> Document:
    """A parcel that leaves all the same bears the label it bears."""
    label = courier.label_on(world, shipment["order"], shipment["shipment"], parcel)
    return {"parcel": parcel} | (label or {"tracking_number": None, "carrier": None})


def _end_recall(world: World, shipment: Document, body: Document) -> None:
    outcome = body["outcome"]
    shipment["recall"] = {"outcome": outcome, "answered": True}
    if outcome == "gone":
        note(world, "gone", shipment)
    elif shipment["status"] not in ENDED:
        shipment["status"] = Status.PULLED
        note(world, "pulled", shipment, lines=pieces(shipment))
        put_away(world, shipment)
