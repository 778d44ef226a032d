"""A bank with the seller's account: money comes in, goes back, and every cent is in its books.

It speaks the bank protocol (docs/bank.md). `customers` is who pays, as a test or a person has it;
`desk` answers the seller's system; `news` tells it that something has come.
"""

from sandbox.bank import customers, desk, news
from sandbox.core.world import Operation, Vendor, World


def routes(_: World) -> list[Operation]:
    """The bank protocol's own side."""
    return [
        Operation("GET", "/account", "account", desk.account),
        Operation("GET", "/bookings", "bookings", desk.bookings),
        Operation("GET", "/bookings/{booking}", "booking", desk.booking),
        Operation("GET", "/transfers", "transfers", desk.transfers),
        Operation("GET", "/transfers/{transfer}", "sent", desk.sent),
        Operation("POST", "/transfers", "transfer", desk.transfer, faults=("refuse",)),
    ]


def controls(_: World) -> list[Operation]:
    """What a test may make customers and their banks do."""
    return [
        Operation("POST", "/pay", "pay", customers.pay, faults=None),
        Operation("POST", "/close", "close", customers.close, faults=None),
    ]


VENDOR = Vendor(
    name="bank",
    routes=routes,
    controls=controls,
    sign=news.sign,
    settings={
        "webhook_url": None,
        "webhook_secret": "bank_sandbox_secret",
        "account": "DE02120300000000202051",
        "holder": "Tea & Oak",
        "currency": "EUR",
    },
)
