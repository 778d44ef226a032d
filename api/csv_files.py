"""Tables as spreadsheets write them: CSV in UTF-8, with commas, semicolons or tabs."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from api.fields import MOST
from api.problems import FieldProblem, ProblemError, invalid

MOST_ROWS = 20_000
_SEPARATORS = (",", ";", "\t")
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class Row(NamedTuple):
    """One row by column name; ``number`` is what a spreadsheet shows beside it."""

    number: int
    cells: dict[str, str]

    def path(self, column: str) -> str:
        """Where a cell stands: ``rows.7.weight_grams``."""
        return f"rows.{self.number}.{column}"


class Table(NamedTuple):
    """The rows that can be read, and what is wrong with the others."""

    rows: tuple[Row, ...]
    problems: tuple[FieldProblem, ...]


def read_table(raw: bytes, required: frozenset[str], optional: frozenset[str]) -> Table:
    """Every row that is not empty; cells are stripped, a column that is left out is empty.

    Raises:
        ProblemError: 400 where it is no table, 422 where columns do not fit or rows are too many.
    """
    text = _text(raw)
    first = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        names = next(reader, list[str]())
        header = [name.strip().lower() for name in names]
        _check_header(header, required, optional)
        return _table(reader, header)
    except csv.Error as error:
        raise ProblemError(
            400, f"the table breaks off at row {reader.line_num}: {error}"
        ) from error


def _text(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProblemError(400, f"the table is not UTF-8 at byte {error.start}") from error
    if "\x00" in text:
        raise ProblemError(400, "the table holds the NUL character")
    return text


def _check_header(header: list[str], required: frozenset[str], optional: frozenset[str]) -> None:
    problems = [
        FieldProblem(field="rows.1", message=f"column {name} is missing")
        for name in sorted(required - set(header))
    ]
    problems += [
        FieldProblem(field="rows.1", message=f"column {name[:100]} is not known")
        for name in header
        if name not in required | optional
    ]
    if len(set(header)) != len(header):
        problems.append(FieldProblem(field="rows.1", message="a column stands twice"))
    if problems:
        raise invalid(tuple(problems))


def write_table(columns: Sequence[str], rows: Iterable[Sequence[str | int | float | None]]) -> str:
    """A table as RFC 4180 has it: commas, CRLF; what is None is an empty cell.

    Text that a spreadsheet would take for a formula gets an apostrophe before it: a channel's or a
    carrier's name is somebody else's word.
    """
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(columns)
    writer.writerows([_cell(one) for one in row] for row in rows)
    return written.getvalue()


def _cell(value: str | int | float | None) -> str | int | float | None:
    if isinstance(value, str) and value.startswith(_BEGINS_A_FORMULA):
        return f"'{value}"
    return value


def refused(problems: list[FieldProblem]) -> ProblemError:
    """422 that names every bad row; of very many the first, and how many there are."""
    named = tuple(problems[:MOST])
    if len(problems) == len(named):
        return invalid(named)
    return invalid(named, f"{len(problems)} problems, of which {MOST} follow; nothing was stored")


def _table(lines: Iterator[list[str]], header: list[str]) -> Table:
    rows: list[Row] = []
    problems: list[FieldProblem] = []
    for number, cells in enumerate(lines, 2):
        if number > MOST_ROWS + 1:
            message = f"more than {MOST_ROWS} rows; send them in parts"
            raise invalid((FieldProblem(field="rows", message=message),))
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            message = f"{len(cells)} cells, {len(header)} columns"
            problems.append(FieldProblem(field=f"rows.{number}", message=message))
            continue
        values = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
        rows.append(Row(number, values))
    return Table(tuple(rows), tuple(problems))
