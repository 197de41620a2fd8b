"""128-bit fingerprints of a record's key and of its content."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from cdrpipe._fast import fingerprint

# Domain §4: the key of a record.
KEY_COLUMNS = ("source", "call_id", "leg", "partial_no")

# A call, whatever the leg.
CALL_COLUMNS = ("source", "call_id")

# What two copies of one record have in common: everything a reader took from it, numbers as they
# were written. The fingerprint of a stored row can be made again: a number's text is kept where it
# is not the number's display form.
CONTENT_COLUMNS = (
    "is_final",
    "is_continuation",
    "calling_number_raw",
    "service_number",
    "answering_number_raw",
    "setup_at",
    "answered_at",
    "bridged_at",
    "released_at",
    "billable_ms",
    "billable_from",
    "bridged_stated",
    "cause",
    "extension",
    "recording_url",
    "group_id",
    "sequence",
    "first_leg_id",
    "second_leg_id",
)


_WIDTH = {"B": 1, "i": 4, "q": 8}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprints:
    """(n,) lower and upper halves, as memoryviews of unsigned 64-bit integers."""

    low: memoryview
    high: memoryview


def fingerprint_rows(table: pa.Table, columns: Sequence[str]) -> Fingerprints:
    """Fold the named columns of each row into one fingerprint.

    Parameters
    ----------
    table
        (n,) rows; texts, integers, booleans and instants. Nulls count as values of their own.
    columns
        Names, in the order in which they are folded.
    """
    row_count = table.num_rows
    low, high = _zeros(row_count), _zeros(row_count)
    for name in columns:
        _fold(_one_chunk(table.column(name)), low, high)
    return Fingerprints(low=low, high=high)


def _zeros(count: int) -> memoryview:
    return memoryview(bytearray(8 * count)).cast("Q")


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    combined = column.combine_chunks()
    return combined.combine_chunks() if isinstance(combined, pa.ChunkedArray) else combined


def _fold(values: pa.Array, low: memoryview, high: memoryview) -> None:
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    is_valid = values.is_valid().cast(pa.uint8())
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        text = values.cast(pa.string())
        fingerprint.fold_strings(
            _view(text.buffers()[2], "B", 0, None),
            _view(text.buffers()[1], "i", text.offset, len(text) + 1),
            _values(is_valid, "B"),
            low,
            high,
        )
    else:
        integers = _integers(values)
        fingerprint.fold_int64(_values(integers, "q"), _values(is_valid, "B"), low, high)


def _integers(values: pa.Array) -> pa.Array:
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    return pc.fill_null(values.cast(pa.int64()), 0)


def _values(values: pa.Array, code: Literal["B", "q"]) -> memoryview:
    return _view(values.buffers()[1], code, values.offset, len(values))


def _view(
    buffer: pa.Buffer | None, code: Literal["B", "i", "q"], start: int, count: int | None
) -> memoryview:
    """Look at a buffer's values, read only; an absent one has none."""
    # An array of no rows may come without its offsets: one zero stands for them.
    view = memoryview(bytes(8) if buffer is None or buffer.size == 0 else buffer).cast("B")
    view = view[: len(view) // _WIDTH[code] * _WIDTH[code]].cast(code)
    return view[start:] if count is None else view[start : start + count]
