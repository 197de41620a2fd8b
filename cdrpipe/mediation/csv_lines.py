"""Lines of comma-separated text -> fields: each physical line is one record of its own.

Switches write broken quotes; a reader that lets a quote span lines loses the calls behind it. So a
line is cut by itself, and one with a wrong number of columns is unreadable alone.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

import polars as pl

from cdrpipe.mediation.payload import Payload
from cdrpipe.mediation.read_records import places_frame

# Enough to outvote a torn or broken line at the start of a file.
SNIFFED_LINES_MAX = 20

_BOM = "\ufeff"

_Taker = Callable[[Sequence[str | None]], tuple[str | None, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the columns a reader needs stand in a line.

    ``positions`` maps the number of columns a line may have to the position of each needed
    column; -1 where such a line has no such column. ``expected`` says the numbers in words.
    """

    positions: Mapping[int, tuple[int, ...]]
    expected: str

    def takers(self) -> dict[int, _Taker]:
        """Give, per number of columns, what takes the needed ones from fields and a last None."""
        return {count: itemgetter(*places) for count, places in self.positions.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvForm:
    """What a reader of comma-separated lines needs to know.

    ``columns`` are the columns it needs, ``layout`` where they stand in a file without a header,
    ``header_layout`` where a header line puts them (None: the line is no header), and
    ``is_type_line`` tells a second header line, of column types.
    """

    columns: tuple[str, ...]
    layout: Layout
    header_layout: Callable[[Sequence[str]], Layout | None]
    is_type_line: Callable[[Sequence[str]], bool] = field(default=lambda _fields: False)


def layout_of_columns(needed: Sequence[str], names: Sequence[str]) -> Layout:
    """Lay out lines that have exactly the columns ``names``, in this order."""
    place = {name: position for position, name in reversed(list(enumerate(names)))}
    positions = tuple(place.get(name, -1) for name in needed)
    return Layout(positions={len(names): positions}, expected=f"{len(names)} columns")


def no_header(_fields: Sequence[str]) -> Layout | None:
    """Say that a format has no header line."""
    return None


def split_line(line: str) -> list[str]:
    """Cut one line, without its line end, into its fields; broken quotes stand as they are.

    A line that the csv module refuses (a field beyond 128 KiB) is cut at every comma.
    """
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader((line.replace("\r", " "),)))
    except csv.Error:
        return line.split(",")


def header_of(head: bytes, form: CsvForm) -> bytes:
    """Give the lines at the start of a file that are no records; empty where there are none."""
    end = found = 0
    for line in head.split(b"\n")[:-1]:
        fields = _fields_of(line)
        if fields and form.header_layout(fields) is None and not form.is_type_line(fields):
            break
        end += len(line) + 1
        found = end if fields else found
    return head[:found]


def first_lines(head: bytes) -> list[str]:
    """Give the first whole lines of a file's head that are not blank, at most 20.

    The head's last line may be cut, so it counts only where it is the only one.
    """
    lines = head.decode("utf-8", "replace").removeprefix(_BOM).split("\n")
    whole = lines[:-1] or lines
    return [line.rstrip("\r") for line in whole if line.strip()][:SNIFFED_LINES_MAX]


def read_lines(payloads: Sequence[Payload], form: CsvForm) -> tuple[pl.DataFrame, list[bytes]]:
    """Cut payloads into lines and these into the columns the form needs.

    Returns
    -------
    A frame (see ``fields``) with one text column per needed column – null where the line has no
    such column, empty text where it is empty – and the bytes of each record's line.
    """
    lines = _Lines(payload_index=[], row=[], fault=[], raw=[], values=[])
    for index, payload in enumerate(payloads):
        _read_payload(lines, index, payload, form)
    frame = places_frame(payload_index=lines.payload_index, row=lines.row, fault=lines.fault)
    columns = list(zip(*lines.values, strict=True)) or [()] * len(form.columns)
    values = [
        pl.Series(name, column, dtype=pl.String)
        for name, column in zip(form.columns, columns, strict=True)
    ]
    return frame.with_columns(values), lines.raw


def torn_line(
    form: CsvForm, line: bytes, *, header: bytes | None, previous: bytes | None
) -> str | None:
    """Say why a last line without a newline cannot be a whole record; None where it can.

    Parameters
    ----------
    previous
        The line before it, where there is one: in a format of several layouts a last line with
        fewer columns than its neighbour is torn.
    """
    text = line.decode("utf-8", "replace").rstrip("\r")
    try:
        list(csv.reader((text.replace("\r", " "),), strict=True))
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return "the last line has no newline and ends inside a quoted column"
    whole = min(_layout_after(header, form).positions)
    if not header and previous:
        whole = max(whole, len(_fields_of(previous)))
    came = len(_fields_of(line))
    if came < whole:
        return f"the last line has no newline and {came} columns where {whole} were expected"
    return None


@dataclass(slots=True, kw_only=True)
class _Lines:
    payload_index: list[int]
    row: list[int]
    fault: list[str | None]
    raw: list[bytes]
    values: list[tuple[str | None, ...]]


def _read_payload(lines: _Lines, index: int, payload: Payload, form: CsvForm) -> None:
    layout = _layout_after(payload.header, form)
    takers, nothing = layout.takers(), (None,) * len(form.columns)
    row, is_leading = payload.first_row, True
    for raw, text in zip(payload.data.split(b"\n"), _texts_of(payload.data), strict=True):
        if not text or text.isspace():
            continue
        fields = split_line(text.removesuffix("\r"))
        if is_leading:
            header = form.header_layout(fields)
            if header is not None:
                layout, takers = header, header.takers()
            if header is not None or form.is_type_line(fields):
                continue
            is_leading = False
        take = takers.get(len(fields))
        lines.values.append(nothing if take is None else take([*fields, None]))
        lines.fault.append(
            f"expected {layout.expected}, came {len(fields)}" if take is None else None
        )
        lines.payload_index.append(index)
        lines.row.append(row)
        lines.raw.append(raw.removesuffix(b"\r"))
        row += 1


def _texts_of(data: bytes) -> list[str]:
    """Read lines as UTF-8; one that is none as GB18030, as switches in China write; else marred.

    A newline byte is part of no other character in either, so that cutting bytes or text gives the
    same lines.
    """
    try:
        return data.decode("utf-8").removeprefix(_BOM).split("\n")
    except UnicodeDecodeError:
        lines = data.removeprefix(_BOM.encode()).split(b"\n")
        return [_text_of(line) for line in lines]


def _text_of(line: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("utf-8", "replace")


def _layout_after(header: bytes | None, form: CsvForm) -> Layout:
    fields = _fields_of(header) if header else []
    return (form.header_layout(fields) if fields else None) or form.layout


def _fields_of(line: bytes) -> list[str]:
    """Cut the first line of some bytes; a blank one has no fields."""
    text = line.decode("utf-8", "replace").removeprefix(_BOM).split("\n")[0].rstrip("\r")
    return split_line(text) if text.strip() else []
