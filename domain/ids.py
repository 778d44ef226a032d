"""Names that the business gives: the same order always has the same ids and the same keys."""

import base64
import hashlib


def order_id(shop: str, channel: str, number: str) -> str:
    """The opaque, deterministic id of an order, used as workflow id and in every provider.

    It is a digest: a telephone order's number may hold a customer's name, and workflow ids are
    never encrypted.
    """
    digest = hashlib.sha256("\x00".join((shop, channel, number)).encode()).digest()
    return "ord_" + base64.b32encode(digest[:15]).decode().lower()


def shipment_id(order: str, sequence: int) -> str:
    """The id of an order's n-th shipment, counted from 1."""
    return f"{order}-s{sequence}"


def parcel_id(shipment: str, sequence: int) -> str:
    """The id of a shipment's n-th parcel, counted from 1."""
    return f"{shipment}-p{sequence}"


def case_id(order: str, sequence: int) -> str:
    """The id of an order's n-th case, counted from 1."""
    return f"{order}-c{sequence}"


def order_of(part: str) -> str:
    """The order that a shipment, a parcel or a case belongs to."""
    return part.split("-", 1)[0]


def idempotency_key(order: str, operation: str, sequence: int = 1) -> str:
    """The key under which a provider does an operation once: never random, never the attempt."""
    return f"{order}:{operation}:{sequence}"
