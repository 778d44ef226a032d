"""What one machine's installation keeps between starts: its folder, its secrets, its ports."""

import base64
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runtime.master_keys import MasterKeys, new_master_key

_FILE = "installation.json"
_FIRST_KEY = "k1"


def default_home() -> Path:
    """ORDERSAGA_HOME, else a folder in the user's data directory."""
    given = os.environ.get("ORDERSAGA_HOME")
    if given:
        return Path(given).expanduser()
    data = os.environ.get("XDG_DATA_HOME")
    base = Path(data).expanduser() if data else Path.home() / ".local" / "share"
    return base / "ordersaga"


@dataclass
class Installation:
    """Secrets are made once and kept in a file that only its owner can read."""

    home: Path
    secrets: dict[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, home: Path) -> "Installation":
        """The installation in a folder, made where there is none."""
        home.mkdir(parents=True, exist_ok=True)
        path = home / _FILE
        if not path.exists():
            made = cls(home, _new_secrets())
            made.save()
            return made
        kept = cls(home, json.loads(path.read_text()))
        if "codec_keys" not in kept.secrets:  # made by a release that did not encrypt
            kept.note(codec_keys=new_master_key(_FIRST_KEY))
        if "bank_webhook_secret" not in kept.secrets:  # made by a release that knew no bank
            kept.note(bank_webhook_secret=secrets.token_urlsafe(24))
        return kept

    def save(self) -> None:
        """Write the file; nobody else may read it."""
        path = self.home / _FILE
        path.touch(mode=0o600)
        path.write_text(json.dumps(self.secrets, indent=2) + "\n")

    def note(self, **values: str) -> None:
        """Remember something, such as a key that is shown only once."""
        self.secrets.update(values)
        self.save()

    def hold(self, keys: str) -> None:
        """Keep these master keys in front of its own, which stay: nothing becomes unreadable.

        Raises:
            KeysMalformed: they cannot be used, or another one with the same id is kept.
        """
        given = MasterKeys.read(keys)
        if given is not None:
            own = MasterKeys.read(self.secrets["codec_keys"])
            self.note(codec_keys=given.before(own).text)

    def environment(self, sandbox_url: str, sendgrid_public_key: str) -> dict[str, Any]:
        """The settings of an installation whose outside world is the sandbox."""
        return {
            "ORDERSAGA_STRIPE_URL": f"{sandbox_url}/stripe",
            "ORDERSAGA_STRIPE_KEY": "sk_test_sandbox",
            "ORDERSAGA_STRIPE_WEBHOOK_SECRET": self.secrets["stripe_webhook_secret"],
            "ORDERSAGA_SHIPPO_URL": f"{sandbox_url}/shippo",
            "ORDERSAGA_SHIPPO_KEY": "shippo_test_sandbox",
            "ORDERSAGA_SHIPPO_WEBHOOK_TOKEN": self.secrets["shippo_webhook_token"],
            "ORDERSAGA_BANK_URL": f"{sandbox_url}/bank",
            "ORDERSAGA_BANK_KEY": "bank-sandbox",
            "ORDERSAGA_BANK_WEBHOOK_SECRET": self.secrets["bank_webhook_secret"],
            "ORDERSAGA_SENDGRID_URL": f"{sandbox_url}/sendgrid",
            "ORDERSAGA_SENDGRID_KEY": "SG.sandbox",
            "ORDERSAGA_SENDGRID_WEBHOOK_KEY": sendgrid_public_key,
            "ORDERSAGA_WMS_URL": f"{sandbox_url}/wms",
            "ORDERSAGA_WMS_KEY": "wms-sandbox",
            "ORDERSAGA_ADMIN_KEY": self.secrets["admin_key"],
            "ORDERSAGA_CODEC_KEYS": self.secrets["codec_keys"],
        }


def _new_secrets() -> dict[str, str]:
    return {
        "stripe_webhook_secret": "whsec_" + secrets.token_hex(24),
        "shippo_webhook_token": secrets.token_urlsafe(24),
        "bank_webhook_secret": secrets.token_urlsafe(24),
        "callback_secret": "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode(),
        "admin_key": "oa_" + secrets.token_urlsafe(24),
        "codec_keys": new_master_key(_FIRST_KEY),
    }
