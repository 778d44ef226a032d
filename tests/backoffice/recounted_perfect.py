"""Perfect orders counted in loops."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from domain.report_scope import ReportScope
from domain.reports import Flaw, FlawFigure, GroupBy, Part, PerfectOrders, Share

if TYPE_CHECKING:
    from tests.backoffice.recount import Seen

Row = dict[str, Any]

PARTS = {
    "on_time": ("late", "not_delivered"),
    "complete": ("short", "substituted", "not_charged"),
    "undamaged": ("returned",),
    "right_documents": ("reissued", "invoice_taken_back"),
}
GIVEN_UP = ("cancelled", "recalled")
LAST_DIGIT_MAY_STAY = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}


def perfect(orders: Sequence["Seen"], scope: ReportScope) -> list[PerfectOrders]:
    groups: dict[tuple[str, str], list[tuple[str, set[str]]]] = defaultdict(list)
    for order in orders:
        verdict = judge(order)
        for group in memberships(order, scope):
            groups[group].append(verdict)
    kinds = ["all", "channel", "warehouse", "carrier", "month"]
    ordered = sorted(groups, key=lambda one: (kinds.index(one[0]), one[1]))
    whole = figures("all", "", groups.get(("all", ""), []))
    return [whole, *(figures(*one, groups[one]) for one in ordered if one[0] != "all")]


def memberships(order: "Seen", scope: ReportScope) -> Iterable[tuple[str, str]]:
    yield "all", ""
    yield "channel", order.row["channel"]
    local: datetime = order.row["accepted_at"].astimezone(ZoneInfo(scope.time_zone))
    yield "month", f"{local.year}-{local.month:02}"
    yield from {("warehouse", warehouse) for warehouse in order.shipments.values()}
    yield from {
        ("carrier", carrier) for shipment in order.shipments for carrier in order.carriers(shipment)
    }


def figures(by: str, value: str, verdicts: list[tuple[str, set[str]]]) -> PerfectOrders:
    states = Counter(state for state, _ in verdicts)
    judged = [flaws for state, flaws in verdicts if state == "judged"]

    def without(some: Iterable[str]) -> Share:
        return Share(count=sum(flaws.isdisjoint(some) for flaws in judged), of=len(judged))

    return PerfectOrders(
        by=GroupBy(by),
        value=value,
        orders=len(verdicts),
        under_way=states["under_way"],
        unshipped=states["unshipped"],
        unpromised=states["unpromised"],
        perfect=without({flaw for flaws in PARTS.values() for flaw in flaws}),
        on_time=without(PARTS["on_time"]),
        complete=without(PARTS["complete"]),
        undamaged=without(PARTS["undamaged"]),
        right_documents=without(PARTS["right_documents"]),
        flaws=tuple(
            FlawFigure(
                flaw=Flaw(flaw),
                part=Part(part),
                orders=Share(count=sum(flaw in one for one in judged), of=len(judged)),
            )
            for part, flaws in PARTS.items()
            for flaw in flaws
        ),
    )


def judge(order: "Seen") -> tuple[str, set[str]]:
    if not order.ended and order.row["status"] not in ("delivered", "not_delivered"):
        return "under_way", set()
    moves = order.all("transitions")
    left = {one["shipment"] for one in moves if one["status"] == "shipped" and one["shipment"]}
    if not left:
        return "unshipped", set()
    flaws, nobody_knows = arrivals(order, left)
    if nobody_knows and not flaws:
        return "unpromised", set()
    return "judged", flaws | goods(order, left) | papers(order, left)


def arrivals(order: "Seen", left: set[str]) -> tuple[set[str], bool]:
    flaws, nobody_knows = set[str](), False
    for shipment in left:
        own = [one for one in order.all("transitions") if one["shipment"] == shipment]
        delivered = [one["at"] for one in own if one["status"] == "delivered"]
        if not delivered:
            flaws.add("not_delivered")
            continue
        late = next(
            (
                one["late"]
                for one in order.all("facts")
                if one["shipment"] == shipment
                and one["operation"] == "delivered"
                and one["outcome"] == "done"
            ),
            None,
        )
        promise = order.row["promised_by"]
        if late is None and promise is not None:
            late = min(delivered) > promise
        if late:
            flaws.add("late")
        nobody_knows = nobody_knows or late is None
    return flaws, nobody_knows


def goods(order: "Seen", left: set[str]) -> set[str]:
    """Whether all of it left and was charged, and nothing came back."""
    body, flaws = order.row["body"], set[str]()
    lines = {one["id"]: one["quantity"] for one in body["lines"]}
    bills = standing(order, left)
    portions = [portion for bill in bills for portion in bill["portions"]]
    if sum(one["quantity"] for one in portions) < sum(lines.values()):
        flaws.add("short")
    if any(one["line"] not in lines for one in portions if one["quantity"]):
        flaws.add("substituted")
    if body["payment"]["terms"] in ("authorize", "payment_intent", "transfer"):
        stays = 9 if body["currency"] in LAST_DIGIT_MAY_STAY else 0
        for shipment in {bill["shipment"] for bill in bills}:
            gross = sum(bill["gross"] for bill in bills if bill["shipment"] == shipment)
            taken = sum(
                one["amount"]
                for one in order.all("money")
                if one["kind"] == "capture" and one["shipment"] == shipment
            )
            if taken + stays < gross:
                flaws.add("not_charged")
    for one in order.all("labels"):
        if one["shipment"] in left and one["courier_status"] == "returned":
            flaws.add("returned")
    return flaws


def standing(order: "Seen", left: set[str]) -> list[Row]:
    gone = {one["invoice"] for one in order.all("notes") if one["reason"] in GIVEN_UP}
    return [
        one for one in order.all("invoices") if one["shipment"] in left and one["key"] not in gone
    ]


def papers(order: "Seen", left: set[str]) -> set[str]:
    flaws = set[str]()
    void = {one["id"] for one in order.all("labels") if one["voided_at"] is not None}
    papers = [one for one in order.all("documents") if one["shipment"] in left]
    for one in papers:
        if one["state"] != "printed":
            continue
        followed = any(
            other["kind"] == "packing_slip"
            and other["shipment"] == one["shipment"]
            and other["created_at"] > one["created_at"]
            for other in papers
        )
        if one["label"] in void or (one["kind"] == "packing_slip" and followed):
            flaws.add("reissued")
    if any(one["shipment"] in left and one["reason"] in GIVEN_UP for one in order.all("notes")):
        flaws.add("invoice_taken_back")
    return flaws
