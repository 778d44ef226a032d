"""Everything in Temporal's histories, encrypted: each order's payloads with a key of its own.

An encrypted payload names its order, so decoding needs no context; encoding takes the order from
the serialization context that the SDK hands to codecs, in clients, workers and activities alike.
"""

from collections.abc import Sequence
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ActivitySerializationContext,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from domain.ids import order_of
from runtime.keyring import DataKeys, Keyring
from runtime.master_keys import NONCE_BYTES, MasterKeys, new_nonce

ENCODING = b"binary/encrypted"
CIPHER = b"AES-256-GCM"
KEY_ID = "encryption-key-id"

NO_ORDER = "no-order"
"""The subject of what belongs to no order; nothing of ours does."""


def shop_subject(shop: str) -> str:
    """The subject of what a shop's staff type into the Temporal UI, which names no order."""
    return f"shop:{shop}"


class OrderCodec(PayloadCodec, WithSerializationContext):
    """AES-256-GCM with a data key for each order. What is not encrypted is let through as it is.

    Signals from the Temporal UI and its command line are plain, and so are histories from before
    encryption was switched on.
    """

    def __init__(self, keyring: Keyring, subject: str | None = None) -> None:
        """``subject`` is whose key encrypts; the SDK's context sets it. Without one, payloads of
        every order are decrypted.
        """
        self.keyring = keyring
        self._subject = subject

    @classmethod
    def of(cls, setting: str, keys: DataKeys) -> "OrderCodec | None":
        """The codec for ORDERSAGA_CODEC_KEYS; None where it is empty.

        Raises:
            KeysMalformed: it is set, and cannot be used.
        """
        masters = MasterKeys.read(setting)
        return None if masters is None else cls(Keyring(masters, keys))

    def with_context(self, context: SerializationContext) -> Self:
        """The same for one order; what an order's children say is the order's as well."""
        if isinstance(context, WorkflowSerializationContext | ActivitySerializationContext):
            subject = order_of(context.workflow_id) if context.workflow_id else NO_ORDER
            return type(self)(self.keyring, subject)
        return self

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypt, metadata included.

        Raises:
            Erased, KeyMissing, ConnectionError: from the keyring; nothing goes out in the clear.
        """
        name = self._subject or NO_ORDER
        key = await self.keyring.to_encrypt(name)
        subject = name.encode()
        return [
            Payload(
                metadata={"encoding": ENCODING, "encryption-cipher": CIPHER, KEY_ID: subject},
                data=_sealed(key, payload, subject),
            )
            for payload in payloads
        ]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt. What claims to be encrypted, and was not by us, is let through as it is.

        So a forged signal is refused like any that is malformed, and wedges nothing.

        Raises:
            Erased, KeyMissing, ConnectionError: from the keyring.
        """
        return [await self._opened(payload) for payload in payloads]

    def _may_be_here(self, name: str) -> bool:
        """Another order's words have no business in this one."""
        mine = self._subject is None or name == self._subject
        return mine or name.startswith(shop_subject(""))

    async def _opened(self, payload: Payload) -> Payload:
        name = subject_of(payload)
        if name is None or not self._may_be_here(name):
            return payload
        key = await self.keyring.to_decrypt(name)
        if key is None:
            return payload
        nonce, sealed = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        try:
            return Payload.FromString(key.decrypt(nonce, sealed, name.encode()))
        except (InvalidTag, ValueError):
            return payload


def subject_of(payload: Payload) -> str | None:
    """Whose payload this is; None where it is not encrypted."""
    if payload.metadata.get("encoding") != ENCODING:
        return None
    return payload.metadata.get(KEY_ID, b"").decode(errors="replace")


def _sealed(key: AESGCM, payload: Payload, subject: bytes) -> bytes:
    nonce = new_nonce()
    return nonce + key.encrypt(nonce, payload.SerializeToString(), subject)
