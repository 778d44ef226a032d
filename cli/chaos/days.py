"""What must hold of the days that customers are told, and of what came later than that."""

from collections import Counter

from cli.chaos.evidence import Evidence

_DELIVERED = ("delivered", "completed")


def told_of_a_later_day(file: Evidence) -> bool:
    """Whether the record says that no courier could keep the day, and the customer was told."""
    return bool(_by_courier(file))


def _by_courier(file: Evidence) -> Counter[str]:
    promises = file.page.get("promises", ())
    return Counter(str(one["shipment"]) for one in promises if one["reason"] == "courier")


def problems(file: Evidence) -> list[str]:
    """Of each shipment a later day is told once at most, and by a mail; what came after the day
    that was promised is late on record, and nothing else is."""
    told, found = _by_courier(file), list[str]()
    for shipment, times in told.items():
        if times > 1:
            found.append(f"told of a later day of {shipment} {times} times")
    mails = [one["kind"] for one in file.page.get("mails", ())]
    if file.ended and told and "delivery_later" not in mails:
        found.append("a later day is on record, and no mail about it")
    came = any(one["status"] in _DELIVERED for one in file.page.get("shipments", ()))
    late = file.page.get("delivered_late")
    # Goods that were waited for make a promise of their own, which can be kept.
    anew = any(one["reason"] == "goods" for one in file.page.get("promises", ()))
    may_be = {file.placed.plan.too_soon} | ({False} if anew else set[bool]())
    wrong = late is not None and late not in may_be
    if file.status == "completed" and came and wrong:
        wanted = "late" if file.placed.plan.too_soon else "in time"
        found.append(f"delivered {wanted}, and on record as late: {late}")
    return found
