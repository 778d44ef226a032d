"""What a body may be before anybody looks at what it says."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from api.bodies import parse_json, validated
from api.csv_files import read_table
from api.example_order import EXAMPLE_ORDER
from api.problems import ProblemError
from domain.order import Order
from domain.refunds import RefundWanted

COLUMNS = (frozenset({"sku", "quantity"}), frozenset({"note"}))


def refusal(raw: bytes) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        parse_json(raw)
    return caught.value


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1, "a": 2}',
        b'{"a": "raw \x00 NUL"}',
        b"[" * 100_000,
        b'{"a": ' + b"9" * 5000 + b"}",
        b"{'a': 1}",
    ],
)
def test_what_is_not_json_is_malformed(raw: bytes) -> None:
    assert refusal(raw).status == 400


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (rb'{"customer": {"name": "a\u0000b"}}', "customer.name"),
        (rb'{"lines": [{"sku": "A"}, {"options": {"c": "\ud83d"}}]}', "lines.1.options.c"),
        (rb'{"lines": [{"options": {"\udc00": "c"}}]}', r"lines.0.options.\udc00"),
        (rb'["\udfff\ud800"]', "0"),
        (rb'"\u0000"', "(body)"),
    ],
)
def test_nul_and_half_surrogates_are_refused_where_they_stand(raw: bytes, field: str) -> None:
    error = refusal(raw)
    assert error.status == 422
    assert [problem.field for problem in error.problems] == [field]


def test_every_other_character_comes_through_unchanged() -> None:
    every = "".join(chr(code) for code in range(1, 0x110000) if not 0xD800 <= code <= 0xDFFF)
    raw = TypeAdapter(str).dump_json(every)
    assert parse_json(raw) == every


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert parse_json(rb'"\ud83d\ude00"') == "😀"


def test_a_deep_and_wide_body_costs_no_more_than_its_size() -> None:
    raw = b'{"a":' * 400 + b"[" + b",".join([b'"x"'] * 50_000 + [rb'"\u00e9"']) + b"]" + b"}" * 400
    assert list(parse_json(raw)) == ["a"]


def problems(change: dict[str, Any]) -> dict[str, str]:
    body = EXAMPLE_ORDER | change
    with pytest.raises(ProblemError) as caught:
        validated(Order, body)
    assert caught.value.status == 422
    return {problem.field: problem.message for problem in caught.value.problems}


def test_the_example_is_an_order() -> None:
    assert validated(Order, EXAMPLE_ORDER).due.amount == 3090


def test_a_unions_tag_is_no_part_of_a_path() -> None:
    found = problems({"payment": {"terms": "authorize", "payment_method": "a b", "card": "4242"}})
    assert set(found) == {"payment.payment_method", "payment.card"}
    assert set(problems({"payment": {"terms": "authorize"}})) == {"payment.payment_method"}
    assert set(problems({"payment": {"terms": "barter"}})) == {"payment"}


def test_rules_between_fields_are_told_one_by_one() -> None:
    line = EXAMPLE_ORDER["lines"][0]
    found = problems({"lines": [line | {"unit_price": 1}, line]})
    assert {"lines.0.gross", "lines.1.id", "total.gross", "total.net"} <= set(found)


def test_an_unknown_field_is_refused_at_every_depth() -> None:
    line = EXAMPLE_ORDER["lines"][0] | {"colour": "blue"}
    customer = EXAMPLE_ORDER["customer"] | {"nick": "Z"}
    found = problems({"lines": [line], "customer": customer, "priority": 1})
    assert set(found) == {"lines.0.colour", "customer.nick", "priority"}


def test_what_may_be_sent_instead_is_said() -> None:
    line = EXAMPLE_ORDER["lines"][0]
    assert problems({"lines": [line | {"quantity": 0}]}) == {
        "lines.0.quantity": "must be more than 0"
    }
    total = EXAMPLE_ORDER["total"] | {"gross": 30.9}
    assert "3090 for 30.90" in problems({"total": total})["total.gross"]
    assert "'authorize'" in problems({"payment": {"terms": "card"}})["payment"]
    level = EXAMPLE_ORDER["shipping"] | {"service_level": "overnight"}
    words = problems({"shipping": level})["shipping.service_level"]
    assert words == "must be one of 'economy', 'standard' or 'express'"


def test_a_rule_about_one_field_is_told_at_that_field() -> None:
    body = {"kind": "goodwill", "who": "Ana", "amount": {"amount": 0, "currency": "EUR"}}
    with pytest.raises(ProblemError) as caught:
        validated(RefundWanted, body)
    assert [one.field for one in caught.value.problems] == ["amount"]


def test_a_refusal_never_repeats_what_was_sent() -> None:
    secret = "Zoë's secret"
    line = EXAMPLE_ORDER["lines"][0] | {"sku": secret, "quantity": secret, "tax_rate": secret}
    found = problems(
        {
            "lines": [line],
            "currency": secret,
            "placed_at": secret,
            "payment": {"terms": secret},
            "shipping": EXAMPLE_ORDER["shipping"] | {"service_level": secret},
        }
    )
    assert len(found) == 7
    assert not any(secret in message for message in found.values())


def test_problems_are_limited_in_number() -> None:
    line = EXAMPLE_ORDER["lines"][0] | {"sku": ""}
    with pytest.raises(ProblemError) as caught:
        validated(Order, EXAMPLE_ORDER | {"lines": [line] * 150})
    assert len(caught.value.problems) == 100


def test_a_path_into_a_body_of_another_shape_is_still_a_path() -> None:
    with pytest.raises(ProblemError) as caught:
        validated(Order, EXAMPLE_ORDER | {"lines": "none"})
    assert [problem.field for problem in caught.value.problems] == ["lines"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_spreadsheets_separators_are_all_understood(separator: str) -> None:
    text = "\ufeffSKU,Quantity,note\r\nMUG,3,first\r\n\r\nPLATE,4,\r\n".replace(",", separator)
    rows, problems = read_table(text.encode(), *COLUMNS)
    assert not problems
    assert [(row.number, row.cells["sku"], row.cells["quantity"]) for row in rows] == [
        (2, "MUG", "3"),
        (4, "PLATE", "4"),
    ]


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"sku,quantity\n\xff,1\n", 400),
        (b"sku,quantity\n\x00,1\n", 400),
        (b'sku,quantity\n"MUG,1\n', 400),
        (b"", 422),
        (b"sku\nMUG\n", 422),
        (b"sku,quantity,colour\nMUG,1,blue\n", 422),
        (b"sku,quantity,sku\nMUG,1,MUG\n", 422),
        (b"sku,quantity\n" + b"M,1\n" * 20_001, 422),
    ],
)
def test_tables_that_do_not_fit_are_refused(raw: bytes, status: int) -> None:
    with pytest.raises(ProblemError) as caught:
        read_table(raw, *COLUMNS)
    assert caught.value.status == status


def test_rows_of_another_length_are_all_named_and_the_others_are_read() -> None:
    rows, problems = read_table(b"sku,quantity\nMUG,1,2\nCUP,1\nJUG\n", *COLUMNS)
    assert [row.cells["sku"] for row in rows] == ["CUP"]
    assert [one.field for one in problems] == ["rows.2", "rows.4"]
