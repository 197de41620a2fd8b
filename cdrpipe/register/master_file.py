"""Read CSV files of master data into typed rows, and note every fault with its line.

A file's kind is known by its header. Owns the form of the files; what the rows mean and how they
agree with each other and with the register is said by ``accounts.py`` and ``numbers.py``.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from sqlalchemy import Table

from cdrpipe.register.cells import suggest
from cdrpipe.register.fault_list import FaultList, Place
from cdrpipe.register.other_files import wrong_import
from cdrpipe.register.text_file import read_text

_WRONG_SEPARATORS = {";": "semicolons", "\t": "tabs", "，": "Chinese commas"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a file, and the field of the register it fills.

    ``read`` turns a cell that is not blank into the field's value, or raises ValueError with what
    it expected. A blank cell, or a file without the column, gives ``blank``.
    """

    name: str
    field: str
    read: Callable[[str], object]
    is_required: bool = False
    blank: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """What a kind of file is called, its columns, and the table its rows go to."""

    name: str
    table: Table
    columns: tuple[Column, ...]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Give the columns' names in their order."""
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterRow:
    """One row for a table; ``values`` lacks the fields whose cells were at fault."""

    table: Table
    place: Place
    values: dict[str, object]
    is_whole: bool


def read_master_files(
    files: Sequence[Path], kinds: Sequence[FileKind], faults: FaultList
) -> list[MasterRow]:
    """Read all rows of all files; what is wrong goes to ``faults``, and reading goes on."""
    rows: list[MasterRow] = []
    for file_index, path in enumerate(files):
        whole_file = Place(file_index, 0, str(path))
        text = read_text(path, whole_file, faults)
        if text is not None:
            rows.extend(_rows_of_file(text, whole_file, kinds, faults))
    return rows


def _rows_of_file(
    text: str, whole_file: Place, kinds: Sequence[FileKind], faults: FaultList
) -> Iterator[MasterRow]:
    other = wrong_import(text, taken=tuple(kind.name for kind in kinds))
    if other:
        faults.add(whole_file, other, code="FILE_OF_OTHER_KIND")
        return
    records = _records(text, whole_file, faults)
    place, header = next(records, (whole_file, []))
    if not header:
        message = f"expected a header such as {_headers(kinds)}, got an empty file"
        faults.add(whole_file, message, code="FILE_EMPTY")
        return
    kind = _kind_of(header, kinds)
    if kind is None:
        _refuse_header(header, place, kinds, faults)
        return
    if not _header_is_right(header, kind, place, faults):
        return
    for row_place, cells in records:
        row = _row(kind, header, row_place, cells, faults)
        if row is not None:
            yield row


def _records(text: str, whole_file: Place, faults: FaultList) -> Iterator[tuple[Place, list[str]]]:
    """Cut the text into records that are not blank, with the line on which each begins."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    line = 1
    while True:
        place = Place(whole_file.file_index, line, whole_file.file)
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            message = f"expected comma-separated cells, got a broken record: {error}"
            faults.add(place, message, code="RECORD_BROKEN", hint="Look for a quote left open.")
            return
        line = reader.line_num + 1
        while cells and not cells[-1]:  # Excel fills rows up with empty cells
            cells.pop()
        if cells:
            yield place, cells


def _kind_of(header: list[str], kinds: Sequence[FileKind]) -> FileKind | None:
    """Choose the kind that shares most names with the header; the first of equals."""

    def shared(kind: FileKind) -> int:
        return len(set(header) & set(kind.column_names))

    best = max(kinds, key=shared)
    return best if shared(best) else None


def _refuse_header(
    header: list[str], place: Place, kinds: Sequence[FileKind], faults: FaultList
) -> None:
    for separator, name in _WRONG_SEPARATORS.items():
        if len(header) == 1 and separator in header[0]:
            faults.add(
                place,
                f"expected commas between the cells, got {name}",
                code="NOT_COMMA_SEPARATED",
                hint="In Excel save it as “CSV UTF-8 (Comma delimited)”.",
            )
            return
    faults.add(
        place,
        f"expected a header such as {_headers(kinds)}, got {','.join(header)[:100]!r}",
        code="HEADER_UNKNOWN",
        hint="The first line names the columns.",
    )


def _headers(kinds: Sequence[FileKind]) -> str:
    return " or ".join(repr(",".join(kind.column_names)) for kind in kinds)


def _header_is_right(header: list[str], kind: FileKind, place: Place, faults: FaultList) -> bool:
    lacking = [
        column.name for column in kind.columns if column.is_required and column.name not in header
    ]
    spare = tuple(name for name in kind.column_names if name not in header)
    strange = [name for name in header if name not in kind.column_names]
    doubled = sorted({name for name in header if header.count(name) > 1} - set(strange))
    for name in strange:
        message = f"column {name}: {kind.name} files have no such column{suggest(name, spare)}"
        hint = f"Its columns are {', '.join(kind.column_names)}."
        faults.add(place, message, code="COLUMN_UNKNOWN", hint=hint)
    for name in lacking:
        message = f"column {name}: {kind.name} files need it, and the header lacks it"
        faults.add(place, message, code="COLUMN_MISSING")
    for name in doubled:
        message = f"column {name}: expected once in the header, got {header.count(name)} times"
        faults.add(place, message, code="COLUMN_TWICE")
    return not (lacking or strange or doubled)


def _row(
    kind: FileKind, header: list[str], place: Place, cells: list[str], faults: FaultList
) -> MasterRow | None:
    if len(cells) > len(header):
        message = f"expected {len(header)} cells as in the header, got {len(cells)}"
        hint = "A cell with a comma in it needs double quotes around it."
        faults.add(place, message, code="CELLS_TOO_MANY", hint=hint)
        return None
    text_of = dict(zip(header, cells, strict=False))
    values: dict[str, object] = {}
    for column in kind.columns:
        cell = text_of.get(column.name, "")
        if not cell and column.is_required:
            message = f"column {column.name}: expected a value, got a blank cell"
            faults.add(place, message, code="CELL_BLANK")
            continue
        try:
            values[column.field] = column.read(cell) if cell else column.blank
        except ValueError as error:
            faults.add(place, f"column {column.name}: {error}", code="CELL_WRONG")
    is_whole = _interval_is_right(values, place, faults) and len(values) == len(kind.columns)
    return MasterRow(table=kind.table, place=place, values=values, is_whole=is_whole)


def _interval_is_right(values: dict[str, object], place: Place, faults: FaultList) -> bool:
    valid_from_us, valid_until_us = values.get("valid_from_us"), values.get("valid_until_us")
    if not isinstance(valid_from_us, int) or not isinstance(valid_until_us, int):
        return True
    if valid_until_us > valid_from_us:
        return True
    faults.add(
        place,
        "column valid_until: expected an instant after valid_from, got the same or an earlier one",
        code="INTERVAL_EMPTY",
        hint="valid_until is the first instant at which the row no longer holds.",
    )
    return False
