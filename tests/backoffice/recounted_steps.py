"""Steps counted in loops: how long they took, what went wrong, what was left out or put in."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from domain.reports import PathFigures, Share, Spread, StepMistakes, StepTimes
from domain.status import Step

if TYPE_CHECKING:
    from tests.backoffice.recount import Seen

Row = dict[str, Any]

# step: what is done at it, in its sequence; and who stands in for whom
USUAL = {
    1: ["reserve"],
    2: ["authorize"],
    3: ["mail_confirmation"],
    4: ["record"],
    5: ["hand_off"],
    6: ["picked"],
    7: ["quote", "buy_labels"],
    8: ["tracking"],
    9: ["issue"],
    11: ["papers"],
    12: ["packed"],
    13: ["capture", "release", "handed_over"],
    14: ["mail_shipped"],
    15: ["delivered"],
    20: ["mail_review"],
}
STANDS_IN = {
    "reserve_what_is_there": "reserve",
    "look_for_goods": "reserve",
    "look_at_payment": "authorize",
}
ONCE_AN_ORDER = (1, 2, 3, 4, 20)
NO_DETOUR = {
    "look_for_goods",
    "look_at_payment",
    "look_at_review",
    "look_at_refund",
    "look_again",
    "find_elsewhere",
    "mail_restock",
}
NOTED = {
    "record",
    "picked",
    "tracking",
    "issue",
    "packed",
    "handed_over",
    "delivered",
    "review",
    "rerouted",
}
TROUBLE = {
    1: {"backorder_ends", "not_started"},
    2: {"authorization_ends"},
    5: {"warehouse_rejected"},
    6: {"pick_overdue", "short_pick"},
    7: {"no_rate", "label_failed", "labelled_anew", "label_costs_more"},
    12: {"pack_overdue", "beyond_booking"},
    13: {"hand_over_overdue", "capture_failed", "gone_unreleased", "intercept"},
    15: {"delivery_overdue", "not_delivered"},
    17: {"refund_failed"},
}
MILESTONES = {
    "reserved": {"reserve"},
    "payment_secured": {"authorize"},
    "in_fulfilment": {"mail_confirmation", "record", "hand_off"},
    "picked": {"picked"},
    "ready_to_pack": {"quote", "buy_labels", "tracking", "issue", "papers"},
    "packed": {"packed"},
    "captured": set[str](),
    "released": {"capture"},
    "shipped": {"release", "handed_over", "mail_shipped"},
    "delivered": {"delivered"},
    "completed": {"mail_review"},
}
"""What lies behind whoever was in a status, and everything before that as well."""


def usual_name(operation: str) -> str:
    return STANDS_IN.get(operation, operation)


def whose(fact: Row) -> str:
    return fact["shipment"] or fact["order_id"]


def nearest_rank(values: Sequence[timedelta], percent: int) -> float | None:
    if not values:
        return None
    rank = -(-len(values) * percent // 100)
    return sorted(values)[rank - 1] / timedelta(seconds=1)


def times(orders: Iterable["Seen"]) -> tuple[StepTimes, ...]:
    took: dict[int, list[timedelta]] = defaultdict(list)
    waited: dict[int, list[timedelta]] = defaultdict(list)
    for order in orders:
        for step, own, before in of_order(order):
            took[step].append(own)
            waited[step].append(before)
    return tuple(
        StepTimes(
            step=step,
            name=step.name.lower(),
            measured="shipment"
            if int(step) in USUAL and int(step) not in ONCE_AN_ORDER
            else "order",
            duration=spread(took[int(step)]),
            waiting=spread(waited[int(step)]),
        )
        for step in Step
    )


def spread(values: list[timedelta]) -> Spread:
    return Spread(n=len(values), p50=nearest_rank(values, 50), p90=nearest_rank(values, 90))


def of_order(order: "Seen") -> Iterable[tuple[int, timedelta, timedelta]]:
    """Each completed step of an order: its own time, and what it waited."""
    by_step: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for fact in order.facts:
        known = USUAL.get(fact["step"])
        if known is None or usual_name(fact["operation"]) in {n for s in USUAL.values() for n in s}:
            by_step[whose(fact), fact["step"]].append(fact)
    spans: list[tuple[datetime, int, str, datetime, timedelta]] = []
    for (unit, step), facts in by_step.items():
        last = USUAL[step][-1] if step in USUAL else None
        closes = [
            one["ended_at"]
            for one in facts
            if one["outcome"] == "done" and last in (None, usual_name(one["operation"]))
        ]
        if closes:
            tries = [one for one in facts if one["ended_at"] <= min(closes)]
            own = sum((one["ended_at"] - one["started_at"] for one in tries), timedelta())
            began = min(one["started_at"] for one in tries)
            spans.append((began, step, unit, min(closes), own))
    spans.sort()
    for place, (began, step, unit, ended, own) in enumerate(spans):
        earlier = [
            one[3] for one in spans[:place] if unit == order.id or one[2] in (unit, order.id)
        ]
        free = max(earlier, default=order.row["accepted_at"])
        queue, pauses = began - free, ended - began - own
        yield step, own, max(queue, timedelta()) + max(pauses, timedelta())


def mistakes(orders: Iterable["Seen"]) -> tuple[StepMistakes, ...]:
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for order in orders:
        of_steps: dict[int, Counter[str]] = defaultdict(Counter)
        for fact in order.facts:
            found = of_steps[fact["step"]]
            found["tries"] += 1
            found["again"] += fact["attempt"] > 1
            outcome = {"failed": "failed", "mistake": "refused", "declined": "declined"}
            if fact["outcome"] in outcome:
                found[outcome[fact["outcome"]]] += 1
        for case in order.counted("cases"):
            for step, kinds in TROUBLE.items():
                if case["kind"] in kinds:
                    of_steps[step]["cases"] += 1
        lacking = {one["shipment"] for one in order.counted("stock") if one["kind"] == "write_off"}
        if lacking:
            of_steps[6]["short"] += len(lacking)
        for step, found in of_steps.items():
            counts[step].update(found)
            counts[step]["orders"] += 1
            wrong = found["failed"] + found["refused"] + found["cases"] + found["short"]
            counts[step]["wrong"] += wrong > 0
    return tuple(
        StepMistakes(
            step=step,
            name=step.name.lower(),
            tries=counts[step]["tries"],
            again=counts[step]["again"],
            failed=counts[step]["failed"],
            refused=counts[step]["refused"],
            declined=counts[step]["declined"],
            short=counts[step]["short"],
            cases=counts[step]["cases"],
            with_mistakes=Share(count=counts[step]["wrong"], of=counts[step]["orders"]),
        )
        for step in Step
    )


def detours(ended: Sequence["Seen"]) -> tuple[PathFigures, ...]:
    expected, missing = Counter[str](), Counter[str]()
    added, added_in = Counter[tuple[int, str]](), Counter[tuple[int, str]]()
    for order in ended:
        times_done = done_by(order)
        for unit, operation in wanted(order):
            expected[operation] += 1
            missing[operation] += not any(
                one == unit and usual_name(name) == operation for one, _, name in times_done
            )
        more = Counter[tuple[int, str]]()
        known = {name for names in USUAL.values() for name in names} | set(STANDS_IN)
        for (_, step, name), keys in times_done.items():
            if name not in NO_DETOUR:
                more[step, name] += len(keys) - (1 if name in known else 0)
        for detour, count in more.items():
            added[detour] += count
            added_in[detour] += count > 0
    rows = [(step, name) for step, names in USUAL.items() for name in names]
    others = sorted(detour for detour, count in added.items() if count and detour not in rows)
    everything = sorted([*rows, *others], key=lambda one: one[0])
    return tuple(
        PathFigures(
            step=Step(step),
            operation=name,
            skipped=Share(count=missing[name], of=expected[name])
            if (step, name) in rows
            else Share(count=0, of=0),
            added=added[step, name],
            added_in=Share(count=added_in[step, name], of=len(ended)),
        )
        for step, name in everything
    )


def done_by(order: "Seen") -> dict[tuple[str, int, str], set[str]]:
    """By whom, step and operation: the different times that it was done."""
    found: dict[tuple[str, int, str], set[str]] = defaultdict(set)
    for fact in order.facts:
        if fact["outcome"] == "done":
            noted = fact["operation"] in NOTED
            time = str(fact["attempt"]) if noted else fact["key"]
            found[whose(fact), fact["step"], fact["operation"]].add(time)
    return found


def wanted(order: "Seen") -> Iterable[tuple[str, str]]:
    """What had to be done, by whom."""
    once = {name for step in ONCE_AN_ORDER for name in USUAL[step]}
    moves = order.all("transitions")
    yield from (
        (order.id, name)
        for name in behind([one["status"] for one in moves]) & once
        if name != "mail_review" or may_ask(order)
    )
    counted = {one["shipment"] for one in order.counted("transitions")} - {None}
    for shipment in counted:
        names = behind([one["status"] for one in moves if one["shipment"] == shipment]) - once
        if not owes(order, shipment):
            names -= {"capture"}
        yield from ((shipment, name) for name in names)


def behind(statuses: Iterable[str]) -> set[str]:
    order = list(MILESTONES)
    far = max((order.index(one) for one in statuses if one in order), default=-1)
    return {name for status in order[: far + 1] for name in MILESTONES[status]}


def may_ask(order: "Seen") -> bool:
    came_back = any(one["status"] == "not_delivered" for one in order.all("transitions"))
    asks = order.row["rules"].get("ask_for_reviews", True)
    return bool(asks and order.row["body"].get("reviews_welcome", True) and not came_back)


def owes(order: "Seen", shipment: str) -> bool:
    held = order.row["body"]["payment"]["terms"] in ("authorize", "payment_intent", "transfer")
    bills = [one["gross"] for one in order.all("invoices") if one["shipment"] == shipment]
    return held and 0 not in bills
