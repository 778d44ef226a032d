"""What `ordersaga doctor` says of secrets, keys and addresses; each finding names its setting."""

import secrets

import pytest

from cli.doctor import Finding, examine
from cli.weak_secrets import weakness
from runtime.settings import SHORTEST_SECRET

SOUND = {
    "ORDERSAGA_STRIPE_KEY": "sk_live_51Nabc",
    "ORDERSAGA_STRIPE_WEBHOOK_SECRET": "whsec_" + secrets.token_hex(24),
    "ORDERSAGA_SHIPPO_KEY": "shippo_live_abc",
    "ORDERSAGA_SHIPPO_WEBHOOK_TOKEN": secrets.token_urlsafe(24),
    "ORDERSAGA_SENDGRID_KEY": "SG.abc",
    "ORDERSAGA_WMS_URL": "https://wms.example.com",
    "ORDERSAGA_WMS_KEY": secrets.token_urlsafe(24),
    "ORDERSAGA_PUBLIC_URL": "https://orders.example.com",
    "ORDERSAGA_ADMIN_KEY": secrets.token_urlsafe(24),
}

EXAMPLES = {
    "WMS": "https://wms.example.com",
    "STRIPE": "https://api.stripe.com",
    "SHIPPO": "https://api.goshippo.com",
    "SENDGRID": "https://api.sendgrid.com",
    "PUBLIC": "https://orders.example.com",
}


class Installation:
    """A sound one, of which a test changes some settings."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.with_(**SOUND)

    def with_(self, **settings: str) -> None:
        for name, value in settings.items():
            self._monkeypatch.setenv(name, value)

    def said(self, **settings: str) -> dict[str, Finding]:
        """What is new once these settings are made, by its words."""
        before = {one.text for one in examine()}
        self.with_(**settings)
        return {one.text: one for one in examine() if one.text not in before}


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> Installation:
    return Installation(monkeypatch)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("ORDERSAGA_SHIPPO_WEBHOOK_TOKEN", "abc"),
        ("ORDERSAGA_SHIPPO_WEBHOOK_TOKEN", "a" * 40),
        ("ORDERSAGA_SHIPPO_WEBHOOK_TOKEN", "k3Xq9tLm" * 4),
        ("ORDERSAGA_SHIPPO_WEBHOOK_TOKEN", "change-me-change-me-2026"),
        ("ORDERSAGA_STRIPE_WEBHOOK_SECRET", "whsec_test"),
        ("ORDERSAGA_STRIPE_WEBHOOK_SECRET", "whsec_your_webhook_secret"),
        ("ORDERSAGA_WMS_KEY", "0123456789abcdef"),
        ("ORDERSAGA_WMS_KEY", "secretsecret-wms-key"),
        ("ORDERSAGA_ADMIN_KEY", "admin-admin-admin-admin"),
        ("ORDERSAGA_ADMIN_KEY", "Password-12345678"),
    ],
)
def test_a_secret_that_can_be_guessed_is_named_and_not_shown(
    sound: Installation, setting: str, value: str
) -> None:
    ((words, finding),) = sound.said(**{setting: value}).items()
    assert finding.level == "warning"
    assert words.startswith(f"{setting} can be guessed")
    assert "; set " in words
    assert f" {value}" not in words


def test_one_secret_in_two_settings_is_told(sound: Installation) -> None:
    twin = SOUND["ORDERSAGA_ADMIN_KEY"]
    (words,) = sound.said(ORDERSAGA_WMS_KEY=twin)
    assert words.startswith("ORDERSAGA_WMS_KEY and ORDERSAGA_ADMIN_KEY are the same secret")
    assert twin not in words


def test_what_is_drawn_at_random_is_not_called_weak() -> None:
    for _ in range(2_000):
        drawn = secrets.token_urlsafe(24)
        assert weakness(drawn) == "", drawn
        assert weakness(secrets.token_hex(24)) == ""
        assert weakness(drawn[: SHORTEST_SECRET - 1])


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("address", ["wms.example.com", "//wms.example.com", "ftp://x", "https://"])
def test_an_address_without_a_scheme_or_a_host_keeps_it_from_running(
    sound: Installation, name: str, address: str
) -> None:
    said = sound.said(**{f"ORDERSAGA_{name}_URL": address})
    (words,) = [text for text, one in said.items() if one.level == "error"]
    assert words.startswith(f"ORDERSAGA_{name}_URL is no address: it must begin with https://")
    assert words.endswith(f"as {EXAMPLES[name]} does"), "the example is another setting's"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"STRIPE_KEY": "pk_live_abc"}, "ORDERSAGA_STRIPE_KEY is no secret key"),
        (
            {"STRIPE_WEBHOOK_SECRET": secrets.token_hex(24)},
            "ORDERSAGA_STRIPE_WEBHOOK_SECRET is no signing secret",
        ),
    ],
)
def test_what_is_no_key_of_stripes_keeps_it_from_running(
    sound: Installation, settings: dict[str, str], words: str
) -> None:
    said = sound.said(**{f"ORDERSAGA_{name}": value for name, value in settings.items()})
    (finding,) = [one for one in said.values() if one.level == "error"]
    assert finding.text.startswith(words)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"SHIPPO_KEY": "shippo_test_abc"}, "customers would be charged"),
        ({"STRIPE_KEY": "rk_test_abc"}, "labels would be paid"),
        ({"SHIPPO_URL": "http://127.0.0.1:8090/shippo"}, "ORDERSAGA_SHIPPO_URL is not the vendor"),
        ({"STRIPE_URL": "https://pay.example"}, "ORDERSAGA_STRIPE_URL is not the vendor"),
        ({"SENDGRID_URL": "https://mail.example"}, "ORDERSAGA_SENDGRID_URL is not the vendor"),
        ({"WMS_URL": "http://localhost:8090/wms"}, "ORDERSAGA_WMS_URL is on this machine"),
        ({"PUBLIC_URL": "https://127.0.0.1:8080"}, "ORDERSAGA_PUBLIC_URL is on this machine"),
    ],
)
def test_live_beside_test_is_a_warning(
    sound: Installation, settings: dict[str, str], words: str
) -> None:
    said = sound.said(**{f"ORDERSAGA_{name}": value for name, value in settings.items()})
    (finding,) = [one for one in said.values() if words in one.text]
    assert finding.level == "warning"
    assert "ORDERSAGA_STRIPE_KEY" in finding.text or "ORDERSAGA_SHIPPO_KEY" in finding.text


def test_the_sandbox_with_test_keys_is_no_mixture(sound: Installation) -> None:
    said = sound.said(
        ORDERSAGA_STRIPE_KEY="sk_test_a",
        ORDERSAGA_SHIPPO_KEY="shippo_test_a",
        ORDERSAGA_SHIPPO_URL="http://127.0.0.1:8090/shippo",
        ORDERSAGA_WMS_URL="http://127.0.0.1:8090/wms",
    )
    assert [words for words in said if "live" in words] == []
