"""Catalogue and stock from spreadsheets: every problem is named, and nothing is half imported."""

import csv
import io
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import Field, ValidationError

from domain.catalogue import Product
from domain.model import Code, Model, OptionalText

CATALOGUE_COLUMNS = ("sku", "name", "weight_grams", "bin")
"""What every row of a catalogue must fill in."""

CATALOGUE_OPTIONS = ("barcodes", "reorder_point", "hs_code", "origin", "customs_name")
"""What a catalogue may say as well; several barcodes are separated by spaces."""

STOCK_COLUMNS = ("sku", "on_hand")
"""What every row of a stock count must fill in, in pieces."""

_SEPARATORS = ",;\t"

_T = TypeVar("_T", bound=Model)


class StockCount(Model):
    """So many pieces of a SKU were counted."""

    sku: Code
    on_hand: Annotated[int, Field(ge=0, le=100_000_000)]
    note: OptionalText = ""


@dataclass(frozen=True)
class ImportProblem:
    """What is wrong, in which row (1 is the header, as spreadsheets count) and which column."""

    row: int
    column: str
    message: str

    def __str__(self) -> str:
        """For people."""
        place = f"row {self.row}, {self.column}" if self.column else f"row {self.row}"
        return f"{place}: {self.message}"


class ImportProblems(ValueError):
    """A table that cannot be imported; ``problems`` are all of them, in order of rows."""

    def __init__(self, problems: tuple[ImportProblem, ...]) -> None:
        """At least one problem."""
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


def read_catalogue(text: str) -> tuple[Product, ...]:
    """Read products from CSV with a header; a barcode belongs to one product only.

    Raises:
        ImportProblems: with every problem of every row.
    """
    rows, problems = _rows(text, CATALOGUE_COLUMNS, CATALOGUE_OPTIONS)
    products = _models(rows, problems, _product)
    problems += _repeated(products, "sku", lambda product: (product.sku,))
    problems += _repeated(products, "barcodes", lambda product: product.barcodes)
    return _whole(products, problems)


def read_stock(text: str) -> tuple[StockCount, ...]:
    """Read counted stock from CSV with a header; a SKU has one row.

    Raises:
        ImportProblems: with every problem of every row.
    """
    rows, problems = _rows(text, STOCK_COLUMNS, ("note",))
    counts = _models(rows, problems, StockCount.model_validate)
    problems += _repeated(counts, "sku", lambda count: (count.sku,))
    return _whole(counts, problems)


def _product(cells: Mapping[str, str]) -> Product:
    values: dict[str, object] = dict(cells)
    values["barcodes"] = cells.get("barcodes", "").split()
    return Product.model_validate(values)


def _rows(
    text: str, required: tuple[str, ...], optional: tuple[str, ...]
) -> tuple[dict[int, dict[str, str]], list[ImportProblem]]:
    """The filled-in cells of each row that is not empty, by row number, and what is wrong."""
    lines = _table(text)
    _, header = next(lines, (1, list[str]()))
    names = [name.strip().lower() for name in header]
    problems = [
        ImportProblem(1, name, "this column is missing") for name in required if name not in names
    ]
    problems += [
        ImportProblem(1, name, "this column is not known, or is there twice")
        for place, name in enumerate(names)
        if name not in {*required, *optional} or name in names[:place]
    ]
    if problems:
        raise ImportProblems(tuple(problems))
    rows: dict[int, dict[str, str]] = {}
    for number, cells in lines:
        if len(cells) != len(names):
            words = f"{len(cells)} cells, and the header has {len(names)}"
            problems.append(ImportProblem(number, "", words))
            continue
        filled = {name: cell.strip() for name, cell in zip(names, cells, strict=True)}
        rows[number] = {name: cell for name, cell in filled.items() if cell}
    return rows, problems


def _table(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with their numbers; the separator is the one that the header has most of."""
    content = text.removeprefix("\ufeff")
    first = content.partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator, strict=True)
    number = 0
    try:
        for cells in reader:
            number += 1
            if any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error as error:
        raise ImportProblems((ImportProblem(number + 1, "", str(error)),)) from error


def _models(
    rows: Mapping[int, Mapping[str, str]],
    problems: list[ImportProblem],
    read: Callable[[Mapping[str, str]], _T],
) -> dict[int, _T]:
    """What each row says, by row number; what is wrong with the others goes to the problems."""
    models: dict[int, _T] = {}
    for number, cells in rows.items():
        try:
            models[number] = read(cells)
        except ValidationError as error:
            problems += [
                ImportProblem(number, str(one["loc"][0]) if one["loc"] else "", one["msg"])
                for one in error.errors()
            ]
    return models


def _repeated(
    models: Mapping[int, _T], column: str, values: Callable[[_T], tuple[Hashable, ...]]
) -> list[ImportProblem]:
    first: dict[Hashable, int] = {}
    problems: list[ImportProblem] = []
    for number, model in models.items():
        for value in dict.fromkeys(values(model)):
            if value in first:
                words = f"{value} stands in row {first[value]} already"
                problems.append(ImportProblem(number, column, words))
            first.setdefault(value, number)
    return problems


def _whole(models: Mapping[int, _T], problems: list[ImportProblem]) -> tuple[_T, ...]:
    if problems:
        raise ImportProblems(tuple(sorted(problems, key=lambda one: (one.row, one.column))))
    return tuple(models.values())
