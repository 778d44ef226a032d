"""The orders' data keys in memory: looked up beside the event loop, remembered for a while."""

import asyncio
import secrets
import time
from collections import OrderedDict
from datetime import timedelta
from threading import Lock
from typing import Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.keys import WrappedKey
from runtime.master_keys import KEY_BYTES, CodecFailure, KeyMissing, MasterKeys

REMEMBERED_FOR = timedelta(minutes=5)
"""How long a process may still use a key that another process has destroyed."""

_MOST = 20_000


class Erased(CodecFailure):
    """The order's key was destroyed: what was encrypted with it can never be read again."""


class DataKeys(Protocol):
    """Where data keys are kept. Every method may raise ConnectionError."""

    def find(self, subject: str) -> WrappedKey | None:
        """The key of a subject, also a destroyed one; None where there never was one."""
        ...

    def keep(self, key: WrappedKey) -> WrappedKey:
        """Keep a new key, and answer the one that is kept: the first to come."""
        ...


def locked(masters: MasterKeys | None, kept: WrappedKey) -> str:
    """Why these master keys do not open a kept key; empty where they do, or it was destroyed."""
    if kept.erased:
        return ""
    try:
        (masters or MasterKeys(())).unwrap(kept)
    except KeyMissing as missing:
        return str(missing)
    return ""


class Keyring:
    """Data keys by their subject: an order's id."""

    def __init__(
        self, masters: MasterKeys, keys: DataKeys, remembered_for: timedelta = REMEMBERED_FOR
    ) -> None:
        self._masters = masters
        self._keys = keys
        self._seconds = remembered_for.total_seconds()
        self._known: OrderedDict[str, tuple[float, AESGCM]] = OrderedDict()
        self._lock = Lock()

    async def to_encrypt(self, subject: str) -> AESGCM:
        """The subject's key, drawn now where there is none yet.

        Raises:
            Erased, KeyMissing, ConnectionError.
        """
        return self._remembered(subject) or await asyncio.to_thread(self._found_or_drawn, subject)

    async def to_decrypt(self, subject: str) -> AESGCM | None:
        """The subject's key; None where there never was one.

        Raises:
            Erased, KeyMissing, ConnectionError.
        """
        return self._remembered(subject) or await asyncio.to_thread(self._found, subject)

    def locked(self, subject: str) -> str:
        """Why the kept key cannot be opened with the master keys here; empty where it can.

        It asks the records, and not what is remembered.

        Raises:
            ConnectionError.
        """
        kept = self._keys.find(subject)
        return "" if kept is None else locked(self._masters, kept)

    def forget(self, subject: str) -> None:
        """Forget a key that was destroyed."""
        with self._lock:
            self._known.pop(subject, None)

    def _remembered(self, subject: str) -> AESGCM | None:
        with self._lock:
            until, key = self._known.get(subject, (0.0, None))
        return key if time.monotonic() < until else None

    def _found(self, subject: str) -> AESGCM | None:
        kept = self._keys.find(subject)
        return None if kept is None else self._opened(kept)

    def _found_or_drawn(self, subject: str) -> AESGCM:
        kept = self._keys.find(subject)
        if kept is None:
            drawn = secrets.token_bytes(KEY_BYTES)
            kept = self._keys.keep(self._masters.wrap(subject, drawn))
        return self._opened(kept)

    def _opened(self, kept: WrappedKey) -> AESGCM:
        if kept.erased:
            raise Erased(f"{kept.subject} was erased: its key was destroyed")
        key = AESGCM(self._masters.unwrap(kept))
        with self._lock:
            self._known[kept.subject] = (time.monotonic() + self._seconds, key)
            self._known.move_to_end(kept.subject)
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
        return key
