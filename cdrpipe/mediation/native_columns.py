"""Lines of the native form as columns of CDRs, by the kernel; null where a field says nothing."""

from array import array
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from cdrpipe._fast import decode
from cdrpipe.cdr.schema import INSTANT, WORD
from cdrpipe.mediation.csv_lines import CsvForm, Layout, split_line
from cdrpipe.mediation.instants import (
    INSTANT_US_LIMIT,
    INSTANT_US_MIN,
    utc_of_local,
)
from cdrpipe.mediation.native_fields import INSTANT_FIELDS, NATIVE_FIELDS
from cdrpipe.mediation.payload import SourceOptions

_NAMES = tuple(name.encode() for name in NATIVE_FIELDS)
_BYTES_LIMIT = 2**31
_CELLS_MAX = 64
_BOM = b"\xef\xbb\xbf"

# The kernel's text columns in its order, as the schema names them.
_TEXTS = (
    "source",
    "call_id",
    "leg",
    "calling_number_raw",
    "service_number_raw",
    "answering_number_raw",
    "extension",
    "recording_url",
    "first_leg_id",
    "second_leg_id",
)
_BILLABLE_FROM = pa.array(["answered", "bridged"], pa.string())

_Code = Literal["q", "i", "h", "b"]
_WIDTH = {"q": 8, "i": 4, "h": 2, "b": 1}
_TYPE = {"q": pa.int64(), "i": pa.int32(), "h": pa.int16(), "b": pa.int8()}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesRead:
    """What the kernel took of some lines, and where those lie that it left.

    Attributes
    ----------
    columns
        (n,) columns of CDR_SCHEMA by name, but those of the place.
    row
        (n,) number of each record among the lines that are not blank.
    begin, end
        (n,) int32: its line in the data.
    left
        (number, begin, end) of each line that a plain reader must read.
    """

    columns: dict[str, pa.Array]
    row: pa.Int64Array
    begin: memoryview
    end: memoryview
    left: list[tuple[int, int, int]]


def read_lines(
    data: bytes,
    options: SourceOptions,
    *,
    first_row: int,
    form: CsvForm | None,
    header: bytes | None,
) -> LinesRead | None:
    """Read lines of one record each.

    Parameters
    ----------
    form
        None: lines of JSON.
    header
        The header that stands elsewhere; None where the data may begin with one.

    Returns
    -------
    None where only a plain reader can tell what the lines say.
    """
    layout = None if form is None else _layout(data, form, header)
    if len(data) >= _BYTES_LIMIT or (form is not None and layout is None):
        return None
    lines = _Lines.of(decode.count_lines(data))
    kernel = lines.kernel()
    if layout is None:
        kernel.read_json(data, first_row, _NAMES)
    else:
        begin, cell_count, places = layout
        kernel.read_csv(data, begin, first_row, cell_count, memoryview(array("i", places)))
    instants = lines.instants(kernel.taken, options)
    if kernel.is_undecided or instants is None:
        return None
    count, left = kernel.taken, kernel.left
    return LinesRead(
        columns=lines.columns(data, count, options) | instants,
        row=lines.column("row", count),
        begin=lines.buffers["line_begin"],
        end=lines.buffers["line_end"],
        left=list(
            zip(
                *(
                    lines.buffers[name][:left].tolist()
                    for name in ("left_row", "left_begin", "left_end")
                ),
                strict=True,
            )
        ),
    )


def one_word(word: str | None, count: int) -> pa.DictionaryArray:
    """Give one word, or null, n times."""
    if word is None:
        return pa.nulls(count, WORD)
    codes = pa.Array.from_buffers(pa.int32(), count, [None, pa.py_buffer(bytes(4 * count))], 0)
    return pa.DictionaryArray.from_arrays(codes, pa.array([word], pa.string()))


def _layout(
    data: bytes, form: CsvForm, header: bytes | None
) -> tuple[int, int, tuple[int, ...]] | None:
    """Give where the records begin, the cells of a line, and each field's place among them."""
    begin = len(_BOM) if data.startswith(_BOM) else 0
    layout: Layout | None = form.layout
    if header is not None:
        layout = form.header_layout(_fields(header.removeprefix(_BOM)))
    else:
        end = data.find(b"\n", begin)
        found = form.header_layout(_fields(data[begin:] if end < 0 else data[begin:end]))
        if found is not None:
            layout, begin = found, len(data) if end < 0 else end + 1
    if layout is None or len(layout.positions) != 1:
        return None
    ((cell_count, places),) = layout.positions.items()
    return None if cell_count > _CELLS_MAX else (begin, cell_count, places)


def _fields(line: bytes) -> list[str]:
    return split_line(line.decode("utf-8", "replace").split("\n")[0].rstrip("\r"))


# The kernel's buffers: how many each has of a line, and of what.
_BUFFERS: dict[str, tuple[int, _Code]] = {
    "text_begin": (len(_TEXTS), "i"),
    "text_length": (len(_TEXTS), "i"),
    "instant": (len(INSTANT_FIELDS), "q"),
    "stamp": (len(INSTANT_FIELDS), "b"),
    "partial_no": (1, "q"),
    "billable_ms": (1, "q"),
    "cause": (1, "h"),
    "is_final": (1, "b"),
    "is_continuation": (1, "b"),
    "billable_from": (1, "b"),
    "bridged_stated": (1, "b"),
    "row": (1, "q"),
    "line_begin": (1, "i"),
    "line_end": (1, "i"),
    "left_row": (1, "q"),
    "left_begin": (1, "i"),
    "left_end": (1, "i"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lines:
    room: int
    buffers: dict[str, memoryview]

    @classmethod
    def of(cls, room: int) -> "_Lines":
        return cls(
            room=room,
            buffers={
                name: _numbers(columns * room, code) for name, (columns, code) in _BUFFERS.items()
            },
        )

    def kernel(self) -> decode.Lines:
        return decode.Lines(**self.buffers)

    def column(self, name: str, count: int, place: int = 0) -> pa.Array:
        """Give the first ``count`` values of one of the columns that a buffer holds."""
        run = self.buffers[name][place * self.room : place * self.room + count]
        code = _BUFFERS[name][1]
        return pa.Array.from_buffers(_TYPE[code], count, [None, pa.py_buffer(run)], 0)

    def instants(self, count: int, options: SourceOptions) -> dict[str, pa.Array] | None:
        """Give the four instants; None where a local time or an instant cannot be."""
        columns = {}
        for place, name in enumerate(INSTANT_FIELDS):
            micros = self.column("instant", count, place)
            kind = self.column("stamp", count, place)
            local = pc.equal(kind, decode.LOCAL)
            if local.true_count:
                placed = utc_of_local(pc.if_else(local, micros, None), options.tz)
                if placed.null_count != count - local.true_count:
                    return None
                micros = pc.coalesce(placed, micros)
            bounds = pc.min_max(micros).as_py()
            if count and not INSTANT_US_MIN <= bounds["min"] <= bounds["max"] < INSTANT_US_LIMIT:
                return None
            absent = pc.equal(kind, decode.ABSENT)
            if absent.true_count:
                micros = pc.if_else(absent, None, micros)
            columns[name] = micros.view(INSTANT)
        return columns

    def columns(self, data: bytes, count: int, options: SourceOptions) -> dict[str, pa.Array]:
        """Give the other columns, with what a record says that does not say it."""
        texts = {name: self._text(data, place, count) for place, name in enumerate(_TEXTS)}
        partial_no = pc.max_element_wise(self.column("partial_no", count), 0).cast(pa.int32())
        is_final = self.column("is_final", count)
        counted_from = pc.max_element_wise(self.column("billable_from", count), 0)
        return texts | {
            "source": _words(texts["source"], options.source),
            "leg": _words(texts["leg"], ""),
            "service_number_raw": _words(texts["service_number_raw"], None),
            "extension": _words(texts["extension"], None),
            "partial_no": partial_no,
            "is_final": pc.if_else(
                pc.less(is_final, 0), pc.equal(partial_no, 0), pc.equal(is_final, 1)
            ),
            "is_continuation": pc.equal(self.column("is_continuation", count), 1),
            "billable_from": pa.DictionaryArray.from_arrays(
                counted_from.cast(pa.int32()), _BILLABLE_FROM
            ),
            "bridged_stated": pc.equal(self.column("bridged_stated", count), 1),
            "billable_ms": _told(self.column("billable_ms", count)),
            "cause": _told(self.column("cause", count)),
            "group_id": pa.nulls(count, pa.string()),
            "sequence": pa.nulls(count, pa.int64()),
        }

    def _text(self, data: bytes, place: int, count: int) -> pa.StringArray:
        run = slice(place * self.room, place * self.room + count)
        begin, length = self.buffers["text_begin"][run], self.buffers["text_length"][run]
        offsets, validity = _numbers(count + 1, "i"), pa.allocate_buffer((count + 7) // 8)
        bits = memoryview(validity).cast("B")
        size, nulls = decode.copy_texts(data, begin, length, offsets, bits, None)
        if nulls == count:
            return pa.nulls(count, pa.string())
        text = pa.allocate_buffer(size)
        decode.copy_texts(data, begin, length, offsets, bits, memoryview(text).cast("B"))
        return pa.StringArray.from_buffers(
            count, pa.py_buffer(offsets), text, validity if nulls else None, nulls
        )


def _numbers(count: int, code: _Code) -> memoryview:
    return memoryview(pa.allocate_buffer(_WIDTH[code] * count)).cast("B").cast(code)


def _words(texts: pa.StringArray, instead: str | None) -> pa.DictionaryArray:
    if texts.null_count == len(texts):
        return one_word(instead, len(texts))
    if instead is not None and texts.null_count:
        texts = texts.fill_null(instead)
    return texts.dictionary_encode()


def _told(values: pa.Array) -> pa.Array:
    """Give a column in which -1 says nothing."""
    nothing = pc.less(values, 0)
    return pc.if_else(nothing, None, values) if nothing.true_count else values
