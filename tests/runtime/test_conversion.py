"""Payloads are read into models that hold no more than they say."""

from typing import TypeVar

from temporalio.api.common.v1 import Payload

from domain.address import Customer
from domain.journal import Journal
from domain.money import Money
from runtime.conversion import DATA_CONVERTER, SharedConverter

Kind = TypeVar("Kind")


def read(kind: type[Kind], data: bytes) -> Kind:
    payload = Payload(metadata={"encoding": b"json/plain"}, data=data)
    return DATA_CONVERTER.payload_converter.from_payload(payload, kind)


def test_models_of_which_all_is_given_share_one_note_of_it() -> None:
    one, other = (read(Money, f'{{"amount": {n}, "currency": "EUR"}}'.encode()) for n in (1, 2))
    assert one.model_fields_set is other.model_fields_set
    assert one.model_fields_set == {"amount", "currency"}
    assert one != other


def test_a_copy_has_a_note_of_its_own() -> None:
    one = read(Money, b'{"amount": 1, "currency": "EUR"}')
    changed = one.model_copy(update={"amount": 5})
    assert changed.model_fields_set is not one.model_fields_set
    assert (one.amount, changed.amount) == (1, 5)


def test_what_was_left_out_is_still_known_as_left_out() -> None:
    read(Journal, Journal().model_dump_json().encode())
    partly = read(Journal, b'{"facts": []}')
    assert partly.model_fields_set == {"facts"}


def test_parts_of_models_share_as_well() -> None:
    data = b'{"name": "A", "email": "a@mail.example", "phone": "", "language": "de"}'
    pair = [read(tuple[Customer, Customer], b"[" + data + b"," + data + b"]") for _ in range(2)]
    assert len({id(one.model_fields_set) for both in pair for one in both}) == 1


def test_every_workflow_reads_by_the_same_adapters() -> None:
    one, other = SharedConverter(), SharedConverter()
    assert list(map(id, one.converters.values())) == list(map(id, other.converters.values()))
