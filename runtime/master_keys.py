"""The installation's master keys: they encrypt the orders' data keys, and nothing else.

ORDERSAGA_CODEC_KEYS holds them as ``id:base64,id:base64``, each of 32 bytes. The first encrypts,
all decrypt: a new key is put in front, and the old one is taken away when nothing uses it.
"""

import base64
import binascii
import re
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.keys import WrappedKey

KEY_BYTES = 32
NONCE_BYTES = 12

_ID = re.compile(r"[A-Za-z0-9._-]{1,50}")
_ID_IN_WORDS = "an id has 1 to 50 letters (A-Z, a-z), digits, dots, dashes or underscores"
_FEWEST_BYTES = 16
"""Of 32 random bytes, fewer than 16 different ones happen to nobody."""


class KeysMalformed(ValueError):
    """ORDERSAGA_CODEC_KEYS cannot be used; the message says why, and never holds a key."""


class CodecFailure(RuntimeError):
    """Something cannot be encrypted or decrypted; the message holds no personal data."""


class KeyMissing(CodecFailure):
    """A master key that is still needed is not among ORDERSAGA_CODEC_KEYS."""


@dataclass(frozen=True)
class MasterKey:
    """One key, by the id under which data keys remember it."""

    id: str
    secret: bytes

    @property
    def text(self) -> str:
        """As ORDERSAGA_CODEC_KEYS takes it."""
        return f"{self.id}:{base64.b64encode(self.secret).decode()}"

    @property
    def weak(self) -> bool:
        """Whether the key was typed rather than drawn."""
        return len(set(self.secret)) < _FEWEST_BYTES or all(32 <= one < 127 for one in self.secret)


@dataclass(frozen=True)
class MasterKeys:
    """All that are alive; the first is today's."""

    keys: tuple[MasterKey, ...]

    @classmethod
    def read(cls, text: str) -> "MasterKeys | None":
        """Read the setting; None where it is empty, which means no encryption.

        Raises:
            KeysMalformed: it is set, and cannot be used.
        """
        if not text.strip():
            return None
        keys = tuple(_read(part.strip()) for part in text.split(","))
        names = [key.id for key in keys]
        if len(set(names)) < len(names):
            raise KeysMalformed("two keys have the same id; each key needs an id of its own")
        return cls(keys)

    def before(self, others: "MasterKeys | None") -> "MasterKeys":
        """These, and behind them the others that are not among them.

        Raises:
            KeysMalformed: two different keys have the same id.
        """
        rest = {key.id: key for key in others.keys} if others else {}
        for key in self.keys:
            if rest.pop(key.id, key) != key:
                raise KeysMalformed(
                    f"another key with the id {key.id} is in use; `ordersaga new-key NAME` draws "
                    "one under an id of its own"
                )
        return MasterKeys((*self.keys, *rest.values()))

    @property
    def text(self) -> str:
        """As the setting has them."""
        return ",".join(key.text for key in self.keys)

    @property
    def first(self) -> MasterKey:
        """The one that encrypts."""
        return self.keys[0]

    def wrap(self, subject: str, data_key: bytes) -> WrappedKey:
        """Encrypt a data key for keeping; it opens for this subject alone."""
        nonce = new_nonce()
        sealed = AESGCM(self.first.secret).encrypt(nonce, data_key, subject.encode())
        return WrappedKey(subject, self.first.id, nonce + sealed)

    def unwrap(self, kept: WrappedKey) -> bytes:
        """The data key itself.

        Raises:
            KeyMissing: its master key is not among these, or is another one of the same id.
            CodecFailure: the key was destroyed.
        """
        if kept.wrapped is None:
            raise CodecFailure(f"the key of {kept.subject} was destroyed")
        master = next((key for key in self.keys if key.id == kept.master), None)
        if master is None:
            raise KeyMissing(
                f"master key {kept.master} is not among ORDERSAGA_CODEC_KEYS, and the key of "
                f"{kept.subject} is encrypted under it: put it back"
            )
        nonce, sealed = kept.wrapped[:NONCE_BYTES], kept.wrapped[NONCE_BYTES:]
        try:
            return AESGCM(master.secret).decrypt(nonce, sealed, kept.subject.encode())
        except InvalidTag as error:
            raise KeyMissing(
                f"master key {kept.master} does not open the key of {kept.subject}: "
                "ORDERSAGA_CODEC_KEYS holds another key under this id"
            ) from error


def new_nonce() -> bytes:
    """A nonce, never used twice."""
    return secrets.token_bytes(NONCE_BYTES)


def new_master_key(name: str) -> str:
    """A key drawn anew, as ORDERSAGA_CODEC_KEYS takes it.

    Raises:
        KeysMalformed: no key can have this id.
    """
    if not _ID.fullmatch(name):
        raise KeysMalformed(f"{name!r} cannot be a key's id: {_ID_IN_WORDS}")
    return MasterKey(name, secrets.token_bytes(KEY_BYTES)).text


def _read(part: str) -> MasterKey:
    name, found, text = part.partition(":")
    if not found or not _ID.fullmatch(name):
        raise KeysMalformed(f"each key is written id:base64; {_ID_IN_WORDS}")
    try:
        secret = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise KeysMalformed(f"key {name} is not base64") from error
    if len(secret) != KEY_BYTES:
        raise KeysMalformed(f"key {name} has {len(secret)} bytes; it needs {KEY_BYTES}")
    return MasterKey(name, secret)
