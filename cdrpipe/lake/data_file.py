"""Data files: how rows of calls lie in Parquet, one file a kind and billing date.

What was measured of each choice stands in docs/decisions/0010-own-parquet-writer.md.
"""

import json
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake.transaction import AddAction

from cdrpipe.cdr.schema import RATED_SCHEMA
from cdrpipe.lake.durable import sync
from cdrpipe.lake.layout import PARTITION_COLUMNS

ROW_GROUP_ROWS = 131_072

# Numbers that are all different compress best by byte streams, and never by a dictionary.
_BYTE_STREAMS = (
    "calling_number",
    "answering_number",
    "offset",
    "row",
    "setup_at",
    "answered_at",
    "bridged_at",
    "released_at",
    "billing_started_at",
    "received_at",
    "billable_ms",
    "enterprise_billable_ms",
    "caller_billable_ms",
    "content_fingerprint",
)
_DISTINCT_TEXTS = (
    "call_id",
    "calling_number_raw",
    "answering_number_raw",
    "recording_url",
    "group_id",
    "first_leg_id",
    "second_leg_id",
    "belongs_to",
    "suspense_detail",
    "raw",
)
_COLUMNS = [name for name in RATED_SCHEMA.names if name not in PARTITION_COLUMNS]
_DICTIONARIES = [name for name in _COLUMNS if name not in {*_BYTE_STREAMS, *_DISTINCT_TEXTS}]

# A dictionary goes into the file as it is; one of many words is not worth that to a few rows.
_ROWS_A_WORD = 4

# Where bounds of a row group let readers skip it: of others they only cost time.
_WITH_BOUNDS = ["billing_started_at"]


def write_data_file(
    path: Path,
    rows: pa.Table,
    *,
    compression: str = "lz4",
    with_bounds: list[str] = _WITH_BOUNDS,
) -> None:
    """Write rows of one kind and billing date, and have the disk keep them.

    Parameters
    ----------
    path
        A new file; its folder bears kind and billing date, which the file leaves out.
    rows
        (n,) columns of RATED_SCHEMA; texts may be words.

    Raises
    ------
    OSError
        The disk would not take it. No file is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = [_few_worded(rows[name]) for name in _COLUMNS]
    try:
        pq.write_table(
            pa.Table.from_arrays(columns, names=_COLUMNS),
            path,
            row_group_size=ROW_GROUP_ROWS,
            compression=compression,
            use_dictionary=_DICTIONARIES,
            column_encoding=dict.fromkeys(_BYTE_STREAMS, "BYTE_STREAM_SPLIT"),
            write_statistics=with_bounds,
            store_schema=False,
        )
        sync(path)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def write_data_files(table_path: Path, rows: pa.Table) -> list[AddAction]:
    """Write rows of any kinds and dates; what is given back stores them once it is committed.

    Parameters
    ----------
    rows
        (n,) columns of RATED_SCHEMA; texts may be words.

    Raises
    ------
    OSError
        The disk would not take them. No file is left.
    """
    written: list[AddAction] = []
    try:
        for (kind, day), of_day in _by_folder(rows):
            folder = table_path / f"kind={kind}" / f"billing_date={day}"
            path = folder / f"part-{uuid.uuid4()}.parquet"
            write_data_file(path, of_day)
            written.append(
                add_action(table_path, path, kind=kind, day=day, row_count=of_day.num_rows)
            )
        for folder in {path for each in written for path in (table_path / each.path).parents}:
            if folder == table_path or table_path in folder.parents:
                sync(folder)
    except OSError:
        discard(table_path, written)
        raise
    return written


def discard(table_path: Path, written: Iterable[AddAction]) -> None:
    """Remove files that are not going to be committed."""
    for each in written:
        (table_path / each.path).unlink(missing_ok=True)


def add_action(
    table_path: Path,
    path: Path,
    *,
    kind: str,
    day: date,
    row_count: int,
    bounds: Mapping[str, int] | None = None,
) -> AddAction:
    """Describe a written file for the table's log.

    Parameters
    ----------
    bounds
        Columns that have one value in all rows.
    """
    stats = {
        "numRecords": row_count,
        "minValues": dict(bounds or {}),
        "maxValues": dict(bounds or {}),
        "nullCount": {},
    }
    return AddAction(
        path=str(path.relative_to(table_path)),
        size=path.stat().st_size,
        partition_values={"kind": kind, "billing_date": day.isoformat()},
        modification_time=time.time_ns() // 1_000_000,
        data_change=True,
        stats=json.dumps(stats),
    )


def _by_folder(rows: pa.Table) -> Iterator[tuple[tuple[str, date], pa.Table]]:
    """Part rows by kind and billing date, each part in the order of the rows."""
    days = rows["billing_date"].combine_chunks()
    kinds = _one_array(rows["kind"])
    if not pa.types.is_dictionary(kinds.type):
        kinds = kinds.dictionary_encode()
    words = kinds.dictionary.to_pylist()
    day_numbers = days.cast(pa.int32()).cast(pa.int64())
    key = pc.add(pc.multiply(day_numbers, len(words)), kinds.indices.cast(pa.int64()))
    bounds = pc.min_max(key).as_py()
    if bounds["min"] == bounds["max"]:
        if len(key):
            yield (words[kinds.indices[0].as_py()], days[0].as_py()), rows
        return
    order = pc.array_sort_indices(key)
    runs = pc.run_end_encode(key.take(order))
    ends = runs.run_ends.to_pylist()
    ordered = _taken(rows, order)
    for begin, end in pairwise([0, *ends]):
        first = order[begin].as_py()
        folder = (words[kinds.indices[first].as_py()], days[first].as_py())
        yield folder, ordered.slice(begin, end - begin)


def _taken(rows: pa.Table, order: pa.UInt64Array) -> pa.Table:
    """Take rows in an order; columns that say the same of all rows stay as they are."""
    columns = [
        column if _says_one_thing(column) else _one_array(column).take(order)
        for column in rows.columns
    ]
    return pa.Table.from_arrays(columns, names=rows.column_names)


def _says_one_thing(column: pa.ChunkedArray) -> bool:
    if column.null_count == len(column):
        return True
    is_words = pa.types.is_dictionary(column.type) and not column.null_count
    return is_words and all(len(chunk.dictionary) == 1 for chunk in column.chunks)


def _few_worded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_dictionary(column.type):
        return column
    chunks = column.chunks
    if any(len(chunk.dictionary) * _ROWS_A_WORD > len(chunk) for chunk in chunks):
        return column.cast(column.type.value_type)
    return column


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
