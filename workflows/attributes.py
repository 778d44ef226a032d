"""What orders are filtered by in the Temporal UI. No personal data: these are never encrypted."""

from temporalio import workflow
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    SearchAttributeUpdate,
    TypedSearchAttributes,
)

from domain.order import OrderInput

SHOP = SearchAttributeKey.for_keyword("Shop")
CHANNEL = SearchAttributeKey.for_keyword("Channel")
STAGE = SearchAttributeKey.for_keyword("OrderStage")
NEEDS_ATTENTION = SearchAttributeKey.for_bool("NeedsAttention")

_SUMMARY_BYTES = 400
ALL = (SHOP, CHANNEL, STAGE, NEEDS_ATTENTION)


def at_start(shop: str, channel: str) -> TypedSearchAttributes:
    """What an order starts with; those set at start cost nothing."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(SHOP, shop),
            SearchAttributePair(CHANNEL, channel),
            SearchAttributePair(STAGE, "warehouse"),
            SearchAttributePair(NEEDS_ATTENTION, False),
        ]
    )


def summary(given: OrderInput) -> str:
    """One line for the Temporal UI, without personal data and within its 400 bytes."""
    bought = given.order
    pieces = sum(line.quantity for line in bought.lines)
    text = (
        f"{given.shop}, {bought.channel}: {pieces} piece(s), {bought.due}, "
        f"to {bought.shipping_address.country}"
    )
    if given.replaces is not None:
        text += f", replaces pieces of {given.replaces.order}"
    return text.encode()[:_SUMMARY_BYTES].decode(errors="ignore")


def shipped() -> None:
    """The order has left the warehouse."""
    _upsert(STAGE.value_set("shipped"))


def attention(needed: bool) -> None:
    """Whether a person is waited for."""
    _upsert(NEEDS_ATTENTION.value_set(needed))


def _upsert(change: SearchAttributeUpdate[str] | SearchAttributeUpdate[bool]) -> None:
    # The SDK leaves the type of an update open.
    workflow.upsert_search_attributes([change])  # pyright: ignore[reportUnknownMemberType]
