"""The shipping fee of an order whose parcels are invoiced one by one."""

from cli.chaos.evidence import Evidence


def fee_may_be_lost(file: Evidence) -> bool:
    """Whether a shipment was cancelled whose invoice was credited after all others had theirs: if
    it bore the fee, nobody is left to bear it."""
    shipments = file.page.get("shipments", ())
    gone = {one["shipment"] for one in shipments if one.get("status") == "cancelled"}
    papers = file.page.get("documents", ())
    credited = [
        one["created_at"]
        for one in papers
        if one["kind"] == "credit_note" and one["shipment"] in gone
    ]
    others = [
        one["created_at"]
        for one in papers
        if one["kind"] == "invoice" and one["shipment"] not in gone
    ]
    return bool(credited and others) and max(others) < max(credited)
