"""The native form in Arrow: an IPC stream a payload, many records each, whole columns at a time."""

from collections.abc import Sequence
from functools import partial

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from cdrpipe.mediation.native_fields import (
    FLAG_FIELDS,
    INSTANT_FIELDS,
    NATIVE_FIELDS,
    REQUIRED_FIELDS,
    read_native_fields,
)
from cdrpipe.mediation.payload import DecodedBatch, Payload, SourceOptions
from cdrpipe.mediation.read_records import (
    ReadRecords,
    decoded_batch,
    places_frame,
    unreadable_messages,
)

STREAM_START = b"\xff\xff\xff\xff"
FILE_START = b"ARROW1"
# A stream that was closed ends so; without it records may be missing.
STREAM_END = b"\xff\xff\xff\xff\x00\x00\x00\x00"

_HINT = "write it with an IPC stream writer and close that"


def decode_native_arrow(payloads: Sequence[Payload], options: SourceOptions) -> DecodedBatch:
    """Read native Arrow IPC streams, one a payload."""
    return decoded_batch(
        read_native_arrow(payloads, range(len(payloads)), options), payloads, options
    )


def read_native_arrow(
    payloads: Sequence[Payload], chosen: Sequence[int], options: SourceOptions
) -> list[ReadRecords]:
    """Read the chosen payloads; streams of one schema are read as one table."""
    tables: dict[pa.Schema, dict[int, pa.Table]] = {}
    faults: dict[int, str] = {}
    for index in chosen:
        try:
            table = _table(payloads[index].data)
        except (pa.ArrowException, OSError, ValueError, KeyError) as error:
            faults[index] = str(error)
        else:
            tables.setdefault(table.schema, {})[index] = table
    parts = [_read_tables(payloads, group, options) for group in tables.values()]
    if faults or not parts:
        parts.append(unreadable_messages(payloads, faults))
    return parts


def sniff_native_arrow(head: bytes) -> str | None:
    """Say why a file begins like a native Arrow stream; None where it does not."""
    if not head.startswith(STREAM_START):
        return None
    try:
        names = pa.ipc.read_schema(pa.BufferReader(head)).names
    except (pa.ArrowException, OSError, ValueError):
        return None
    if not set(REQUIRED_FIELDS) <= set(names):
        return None
    return "an Arrow IPC stream with columns call_id and service_number"


def _table(data: bytes) -> pa.Table:
    """Open a payload and bring its native columns to the types that the fields are read from.

    Raises
    ------
    ValueError
        It is no whole stream, a column is missing, or a column's type cannot be read.
    """
    if data.startswith(FILE_START):
        raise ValueError(f"expected an Arrow IPC stream, came an Arrow file (ARROW1); {_HINT}")
    if not data.startswith(STREAM_START):
        raise ValueError(f"expected an Arrow IPC stream, came bytes {data[:8].hex(' ') or 'none'}")
    source = pa.BufferReader(data)
    try:
        table = pa.ipc.open_stream(source).read_all()
        table.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(
            f"expected a whole Arrow IPC stream, came {len(data)} bytes that break off: {error}"
        ) from None
    if source.tell() != len(data) or not data.endswith(STREAM_END):
        raise ValueError(
            "expected an Arrow IPC stream that ends with its end mark, "
            f"came {len(data)} bytes, read up to {source.tell()}; {_HINT}"
        )
    missing = [name for name in REQUIRED_FIELDS if name not in table.column_names]
    if missing:
        raise ValueError(
            f"expected columns {' and '.join(REQUIRED_FIELDS)}, came none named {missing[0]}"
        )
    names = [name for name in NATIVE_FIELDS if name in table.column_names]
    return pa.table({name: _readable(name, table.column(name)) for name in names})


def _readable(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if not _can_be_read(name, kind):
        raise ValueError(f"expected column {name} as text or {_expected(name)}, came {kind}")
    if pa.types.is_integer(kind):
        target = pa.int64()
    elif pa.types.is_timestamp(kind):
        target = pa.timestamp("us", tz="UTC" if kind.tz is not None else None)
    else:
        target = kind if pa.types.is_boolean(kind) else pa.large_string()
    # Nanoseconds are cut to microseconds; what goes beyond 64 bits is refused.
    options = pc.CastOptions(target_type=target, allow_time_truncate=True)
    try:
        return column.cast(kind).cast(options=options)
    except pa.ArrowException as error:
        raise ValueError(f"column {name}: {error}") from None


def _can_be_read(name: str, kind: pa.DataType) -> bool:
    types = pa.types
    is_text = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    return (
        is_text
        or types.is_null(kind)
        or types.is_integer(kind)
        or (name in FLAG_FIELDS and types.is_boolean(kind))
        or (name in INSTANT_FIELDS and types.is_timestamp(kind))
    )


def _expected(name: str) -> str:
    if name in INSTANT_FIELDS:
        return "timestamps or whole numbers"
    return "booleans or whole numbers" if name in FLAG_FIELDS else "whole numbers"


def _read_tables(
    payloads: Sequence[Payload], tables: dict[int, pa.Table], options: SourceOptions
) -> ReadRecords:
    counts = [table.num_rows for table in tables.values()]
    table = pa.concat_tables(tables.values())
    index = pl.Series(list(tables), dtype=pl.Int64)
    first_row = pl.Series([payloads[at].first_row for at in tables], dtype=pl.Int64)
    lengths = pl.DataFrame({"payload_index": index, "first_row": first_row, "count": counts})
    rows = lengths.select(
        "payload_index",
        row=pl.int_ranges(pl.col("first_row"), pl.col("first_row") + pl.col("count")),
    ).filter(pl.col("row").list.len() > 0)
    places = rows.explode("row")
    frame = places_frame(payload_index=[], row=[]).clear()
    frame = pl.concat([frame, places], how="diagonal")
    words = pl.DataFrame(pl.from_arrow(table))
    frame = frame.with_columns(
        *words.get_columns(), bridged_stated=pl.lit("bridged_at" in table.column_names)
    )
    return ReadRecords(
        frame=read_native_fields(frame, options), raw_of=partial(_raw_of_rows, table)
    )


def _raw_of_rows(table: pa.Table, records: Sequence[int]) -> list[bytes]:
    if not records:
        return []
    rows = pl.DataFrame(pl.from_arrow(table.take(pa.array(records, pa.int64()))))
    return rows.write_ndjson().rstrip("\n").encode().split(b"\n")
