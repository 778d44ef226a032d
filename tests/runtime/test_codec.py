"""What is encrypted cannot be read, what is plain is let through, and keys come and go."""

import asyncio
import base64
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.converter import WorkflowSerializationContext

from domain.keys import WrappedKey
from runtime.codec import ENCODING, KEY_ID, OrderCodec
from runtime.keyring import Erased, Keyring
from runtime.master_keys import (
    KeyMissing,
    KeysMalformed,
    MasterKeys,
    new_master_key,
)

PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"Zuzanna Quintessa"')
A, B = new_master_key("a"), new_master_key("b")


@dataclass
class Drawer:
    """Where keys are kept, in memory."""

    keys: dict[str, WrappedKey] = field(default_factory=dict)
    away: bool = False

    def find(self, subject: str) -> WrappedKey | None:
        if self.away:
            raise ConnectionError("away")
        return self.keys.get(subject)

    def keep(self, key: WrappedKey) -> WrappedKey:
        return self.keys.setdefault(key.subject, key)

    def destroy(self, subject: str) -> None:
        self.keys[subject] = WrappedKey(subject, "", None)


def codec(drawer: Drawer, setting: str = A) -> OrderCodec:
    masters = MasterKeys.read(setting)
    assert masters is not None
    return OrderCodec(Keyring(masters, drawer, timedelta(0)))


def of(order: str, whole: OrderCodec) -> OrderCodec:
    return whole.with_context(WorkflowSerializationContext("default", order))


async def test_an_encrypted_payload_names_its_order_and_shows_nothing_else() -> None:
    drawer = Drawer()
    [sealed] = await of("ord_1", codec(drawer)).encode([PLAIN])
    assert sealed.metadata[KEY_ID] == b"ord_1"
    assert b"Zuzanna" not in sealed.SerializeToString()
    assert await of("ord_1", codec(drawer)).decode([sealed]) == [PLAIN]
    assert await codec(drawer).decode([sealed]) == [PLAIN]


async def test_the_same_payload_twice_is_not_the_same_when_encrypted() -> None:
    first, second = await of("ord_1", codec(Drawer())).encode([PLAIN, PLAIN])
    assert first.data != second.data


async def test_plain_payloads_are_let_through() -> None:
    assert await of("ord_1", codec(Drawer())).decode([PLAIN]) == [PLAIN]


async def test_an_orders_children_use_its_key_and_another_order_has_its_own() -> None:
    drawer = Drawer()
    await of("ord_1", codec(drawer)).encode([PLAIN])
    await of("ord_1-return-1", codec(drawer)).encode([PLAIN])
    await of("ord_2", codec(drawer)).encode([PLAIN])
    assert set(drawer.keys) == {"ord_1", "ord_2"}


async def test_a_new_key_in_front_reads_what_the_old_one_wrote() -> None:
    drawer = Drawer()
    [old] = await of("ord_1", codec(drawer, A)).encode([PLAIN])
    both = codec(drawer, f"{B},{A}")
    assert await both.decode([old]) == [PLAIN]
    await of("ord_2", both).encode([PLAIN])
    assert [drawer.keys[name].master for name in ("ord_1", "ord_2")] == ["a", "b"]


async def test_without_its_master_key_an_order_is_not_read_and_the_reason_is_said() -> None:
    drawer = Drawer()
    [old] = await of("ord_1", codec(drawer, A)).encode([PLAIN])
    with pytest.raises(KeyMissing, match="master key a is not among ORDERSAGA_CODEC_KEYS"):
        await codec(drawer, B).decode([old])
    with pytest.raises(KeyMissing, match="another key under this id"):
        await codec(drawer, new_master_key("a")).decode([old])
    [new] = await of("ord_2", codec(drawer, B)).encode([PLAIN])
    assert await codec(drawer, B).decode([new]) == [PLAIN]


async def test_an_erased_order_is_neither_read_nor_written() -> None:
    drawer = Drawer()
    whole = codec(drawer)
    [sealed] = await of("ord_1", whole).encode([PLAIN])
    drawer.destroy("ord_1")
    with pytest.raises(Erased, match="ord_1 was erased"):
        await whole.decode([sealed])
    with pytest.raises(Erased):
        await of("ord_1", whole).encode([PLAIN])


async def test_what_claims_to_be_encrypted_and_is_not_by_us_is_let_through_as_it_is() -> None:
    drawer = Drawer()
    whole = of("ord_1", codec(drawer))
    [sealed] = await whole.encode([PLAIN])
    changed = Payload(metadata=sealed.metadata, data=sealed.data[:-1] + b"\x00\x01")
    unknown = Payload(metadata={"encoding": ENCODING, KEY_ID: b"\xff\x00"}, data=b"?")
    [others] = await of("ord_2", codec(drawer)).encode([PLAIN])
    moved = Payload(metadata={**sealed.metadata, KEY_ID: b"ord_2"}, data=sealed.data)
    forged = [changed, unknown, others, moved, Payload(metadata={"encoding": ENCODING})]
    assert await whole.decode(forged) == forged


async def test_two_processes_that_draw_at_once_end_with_one_key() -> None:
    drawer = Drawer()
    sides = [of("ord_1", codec(drawer)) for _ in range(8)]
    written = await asyncio.gather(*(side.encode([PLAIN]) for side in sides))
    for [sealed] in written:
        assert await codec(drawer).decode([sealed]) == [PLAIN]


async def test_a_remembered_key_spares_the_look_up_until_it_is_forgotten() -> None:
    drawer = Drawer()
    masters = MasterKeys.read(A)
    assert masters is not None
    keyring = Keyring(masters, drawer)
    whole = of("ord_1", OrderCodec(keyring))
    [sealed] = await whole.encode([PLAIN])
    drawer.away = True
    assert await whole.decode([sealed]) == [PLAIN]
    keyring.forget("ord_1")
    with pytest.raises(ConnectionError):
        await whole.decode([sealed])


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("a", "id:base64"),
        (":AAAA", "id:base64"),
        ("a:***", "not base64"),
        ("a:" + base64.b64encode(b"x" * 16).decode(), "has 16 bytes; it needs 32"),
        (f"{A},{new_master_key('a')}", "same id"),
        (f"{A},", "id:base64"),
    ],
    ids=["no key", "no id", "no base64", "too short", "one id twice", "nothing after the comma"],
)
def test_a_malformed_setting_is_refused_with_words_and_without_the_key(
    setting: str, words: str
) -> None:
    with pytest.raises(KeysMalformed, match=words) as refused:
        MasterKeys.read(setting)
    assert "***" not in str(refused.value)


def test_a_typed_key_is_weak_and_a_drawn_one_is_not() -> None:
    def weak(secret: bytes) -> bool:
        masters = MasterKeys.read("k:" + base64.b64encode(secret).decode())
        assert masters is not None
        return masters.first.weak

    assert weak(b"correct horse battery staple 123")
    assert weak(bytes(32))
    drawn = MasterKeys.read(A)
    assert drawn is not None
    assert not drawn.first.weak


def test_no_setting_means_no_encryption() -> None:
    assert OrderCodec.of("", Drawer()) is None
