"""The words of a courier's events."""

from sandbox.core.store import Document

STATUSES = ("UNKNOWN", "PRE_TRANSIT", "TRANSIT", "DELIVERED", "RETURNED", "FAILURE")
CARRIED = frozenset({"TRANSIT", "DELIVERED", "RETURNED", "FAILURE"})
"""The courier has or had the parcel."""
ENDED = frozenset({"DELIVERED", "RETURNED", "FAILURE"})

_DETAILS = {
    "UNKNOWN": "The carrier has no information on this parcel.",
    "PRE_TRANSIT": "The carrier has the data, not yet the parcel.",
    "TRANSIT": "The parcel is on its way.",
    "DELIVERED": "The parcel was delivered.",
    "RETURNED": "The parcel is going back to its sender.",
    "FAILURE": "The parcel cannot be delivered.",
}
_USUAL = {
    "PRE_TRANSIT": "information_received",
    "TRANSIT": "package_accepted",
    "DELIVERED": "delivered",
    "RETURNED": "return_to_sender",
    "FAILURE": "package_undeliverable",
}
_SUBSTATUSES = {
    "PRE_TRANSIT": ("information_received",),
    "TRANSIT": (
        "address_issue",
        "contact_carrier",
        "delayed",
        "delivery_attempted",
        "delivery_rescheduled",
        "delivery_scheduled",
        "location_inaccessible",
        "notice_left",
        "out_for_delivery",
        "package_accepted",
        "package_arrived",
        "package_damaged",
        "package_departed",
        "package_forwarded",
        "package_held",
        "package_processed",
        "package_processing",
        "pickup_available",
        "reschedule_delivery",
    ),
    "DELIVERED": ("delivered",),
    "RETURNED": ("return_to_sender", "package_unclaimed"),
    "FAILURE": ("package_undeliverable", "package_disposed", "package_lost"),
    "UNKNOWN": ("other",),
}
SUBSTATUSES = frozenset(code for codes in _SUBSTATUSES.values() for code in codes)
"""Codes of Shippo's tracking guide."""
_NEEDS_SOMEBODY = frozenset(
    {
        "address_issue",
        "contact_carrier",
        "location_inaccessible",
        "notice_left",
        "package_held",
        "pickup_available",
        "reschedule_delivery",
    }
)


def details(status: str, code: str | None) -> str:
    """The event in a sentence."""
    return _DETAILS[status] if code is None else f"{_words(code)}."


def substatus(status: str, code: str | None) -> Document | None:
    """The finer word: as given, else the usual one."""
    chosen = code or _USUAL.get(status)
    if chosen is None:
        return None
    needed = chosen in _NEEDS_SOMEBODY
    return {"code": chosen, "text": f"{_words(chosen)}.", "action_required": needed}


def _words(code: str) -> str:
    return code.replace("_", " ").capitalize()
