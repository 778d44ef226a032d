"""Whether keys and addresses belong together: live with live, test with test, each an address."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from runtime.settings import Settings

_LIVE, _TEST = "live", "test"
_OF_STRIPE = {"sk_live_": _LIVE, "rk_live_": _LIVE, "sk_test_": _TEST, "rk_test_": _TEST}
_OF_SHIPPO = {"shippo_live_": _LIVE, "shippo_test_": _TEST}
_MIXED = {
    (_LIVE, _TEST): "customers would be charged for parcels that no courier takes",
    (_TEST, _LIVE): "labels would be paid for orders that nobody pays",
}

_EXAMPLES = {
    "ORDERSAGA_STRIPE_URL": "https://api.stripe.com",
    "ORDERSAGA_SHIPPO_URL": "https://api.goshippo.com",
    "ORDERSAGA_SENDGRID_URL": "https://api.sendgrid.com",
    "ORDERSAGA_WMS_URL": "https://wms.example.com",
    "ORDERSAGA_BANK_URL": "https://bank.example.com",
    "ORDERSAGA_PUBLIC_URL": "https://orders.example.com",
}


def unusable(settings: Settings) -> Iterator[str]:
    """Addresses and keys with which nothing can work."""
    for setting, address in _addresses(settings).items():
        if address and not _is_address(address):
            yield (
                f"{setting} is no address: it must begin with https:// (or http://) and name a "
                f"host, as {_EXAMPLES[setting]} does"
            )
    key = settings.stripe_key.get_secret_value()
    if key and not _mode(key, _OF_STRIPE):
        yield (
            "ORDERSAGA_STRIPE_KEY is no secret key of Stripe's: those begin with sk_live_, "
            "rk_live_, sk_test_ or rk_test_; take one from Developers, API keys"
        )
    secret = settings.stripe_webhook_secret.get_secret_value()
    if secret and not secret.startswith("whsec_"):
        yield (
            "ORDERSAGA_STRIPE_WEBHOOK_SECRET is no signing secret of Stripe's: those begin with "
            "whsec_; Stripe shows it on the webhook endpoint's page"
        )


def without_bank(settings: Settings) -> Iterator[str]:
    """What is missing of the settings for bank transfers, where some of them are there."""
    given = {
        "ORDERSAGA_BANK_URL": settings.bank_url,
        "ORDERSAGA_BANK_KEY": settings.bank_key.get_secret_value(),
        "ORDERSAGA_BANK_WEBHOOK_SECRET": settings.bank_webhook_secret.get_secret_value(),
    }
    if not any(given.values()):
        return
    for name in (name for name, value in given.items() if not value):
        yield (
            f"{name} is not set, and other settings of the bank are: {_WITHOUT[name]}; set all "
            "three, or none"
        )


_WITHOUT = {
    "ORDERSAGA_BANK_URL": "orders by bank transfer are refused",
    "ORDERSAGA_BANK_KEY": "orders by bank transfer are refused",
    "ORDERSAGA_BANK_WEBHOOK_SECRET": "the bank cannot say that money has come; it is asked only",
}


def mixed(settings: Settings) -> Iterator[str]:
    """Live and test in one installation, and live keys beside addresses that are not the real."""
    stripe = _mode(settings.stripe_key.get_secret_value(), _OF_STRIPE)
    shippo = _mode(settings.shippo_key.get_secret_value(), _OF_SHIPPO)
    words = _MIXED.get((stripe, shippo))
    if words:
        yield (
            f"ORDERSAGA_STRIPE_KEY is a {stripe} key and ORDERSAGA_SHIPPO_KEY a {shippo} one: "
            f"{words}; set both live or both test"
        )
    live = [name for name, mode in (("STRIPE", stripe), ("SHIPPO", shippo)) if mode == _LIVE]
    if not live:
        return
    keys = " and ".join(f"ORDERSAGA_{name}_KEY" for name in live)
    verb = "is live" if len(live) == 1 else "are live"
    vendors = ("ORDERSAGA_STRIPE_URL", "ORDERSAGA_SHIPPO_URL", "ORDERSAGA_SENDGRID_URL")
    for setting, address in _addresses(settings).items():
        if setting in vendors and address:
            yield f"{keys} {verb}, and {setting} is not the vendor's real address: unset it"
        elif setting not in vendors and _is_this_machine(address):
            yield (
                f"{keys} {verb}, and {setting} is on this machine, as the sandbox is: set the "
                "address that others reach"
            )


def _addresses(settings: Settings) -> dict[str, str]:
    return {
        "ORDERSAGA_STRIPE_URL": settings.stripe_url,
        "ORDERSAGA_SHIPPO_URL": settings.shippo_url,
        "ORDERSAGA_SENDGRID_URL": settings.sendgrid_url,
        "ORDERSAGA_WMS_URL": settings.wms_url,
        "ORDERSAGA_BANK_URL": settings.bank_url,
        "ORDERSAGA_PUBLIC_URL": settings.public_url,
    }


def _mode(key: str, prefixes: dict[str, str]) -> str:
    return next((mode for prefix, mode in prefixes.items() if key.startswith(prefix)), "")


def _is_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_this_machine(address: str) -> bool:
    if not _is_address(address):
        return False
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
