"""A spreadsheet is imported whole, or every problem in it is named by row and column."""

import csv
import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.imports import ImportProblems, StockCount, read_catalogue, read_stock
from domain.catalogue import Product

CATALOGUE = """sku,name,barcodes,weight_grams,bin,reorder_point,hs_code,origin
MUG,Stoneware mug,4006381333931 4006381333948,350,A-03-2,5,691200,DE

TEA,"Tea, green",,120,A-03-10,,,
"""


def problems(text: str) -> list[str]:
    with pytest.raises(ImportProblems) as raised:
        read_catalogue(text)
    return [str(problem) for problem in raised.value.problems]


def test_a_catalogue_is_read_whole() -> None:
    assert read_catalogue(CATALOGUE) == (
        Product(
            sku="MUG",
            name="Stoneware mug",
            barcodes=("4006381333931", "4006381333948"),
            weight_grams=350,
            bin="A-03-2",
            reorder_point=5,
            hs_code="691200",
            origin="DE",
        ),
        Product(sku="TEA", name="Tea, green", weight_grams=120, bin="A-03-10"),
    )


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_table_is_read_as_spreadsheets_write_it(separator: str, ending: str) -> None:
    written = ending.join(["\ufeffSKU, On_Hand ,note", "MUG,12,", "TEA,0,shelf"])
    assert read_stock(written.replace(",", separator)) == (
        StockCount(sku="MUG", on_hand=12),
        StockCount(sku="TEA", on_hand=0, note="shelf"),
    )


def test_every_problem_of_every_row_is_named_at_once() -> None:
    text = "sku,name,weight_grams,bin\nA B,Mug,heavy,\nTEA,,0,B-1\nCUP,Cup,5\n"
    found = problems(text)
    assert [one.partition(": ")[0] for one in found] == [
        "row 2, bin",
        "row 2, sku",
        "row 2, weight_grams",
        "row 3, name",
        "row 3, weight_grams",
        "row 4",
    ]


def test_rows_are_counted_as_a_spreadsheet_counts_them() -> None:
    text = 'sku,name,weight_grams,bin\n"A","two\nlines",1,B-1\n\nC,Cup,none,B-2\n'
    assert [one.partition(",")[0] for one in problems(text)] == ["row 4"]


def test_a_column_that_is_missing_unknown_or_twice_is_named() -> None:
    assert problems("sku,name,wieght,bin,bin\n") == [
        "row 1, weight_grams: this column is missing",
        "row 1, wieght: this column is not known, or is there twice",
        "row 1, bin: this column is not known, or is there twice",
    ]
    assert len(problems("")) == 4


def test_a_sku_or_a_barcode_that_stands_twice_is_named_with_both_rows() -> None:
    head = "sku,name,weight_grams,bin,barcodes\n"
    text = f"{head}A,Mug,1,B-1,111 111\nA,Cup,1,B-1,222\nB,Tea,1,B-1,333 222\n"
    assert problems(text) == [
        "row 3, sku: A stands in row 2 already",
        "row 4, barcodes: 222 stands in row 3 already",
    ]


@pytest.mark.parametrize("number", ["-1", "1.5", "", "many", "100000001"])
def test_a_stock_that_cannot_be_counted_is_refused(number: str) -> None:
    with pytest.raises(ImportProblems) as raised:
        read_stock(f"sku,on_hand\nMUG,{number}\n")
    assert [(one.row, one.column) for one in raised.value.problems] == [(2, "on_hand")]


def test_a_quote_that_is_never_closed_is_a_problem_of_its_row() -> None:
    assert [one.partition(":")[0] for one in problems('sku,name,weight_grams,bin\n"A,b')] == [
        "row 2"
    ]


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (read_catalogue, read_stock):
        with suppress(ImportProblems):
            read(text)


CODES = st.text(st.sampled_from("ABC0123-./"), min_size=1, max_size=12)


@given(st.dictionaries(CODES, st.integers(0, 10**8), min_size=1, max_size=20))
def test_counts_that_were_written_are_read_back(counts: dict[str, int]) -> None:
    sheet = io.StringIO()
    csv.writer(sheet).writerows([("sku", "on_hand"), *counts.items()])
    assert {one.sku: one.on_hand for one in read_stock(sheet.getvalue())} == counts
