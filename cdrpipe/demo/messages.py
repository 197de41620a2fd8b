"""Traffic as it travels: Arrow messages, single JSON messages, files."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from cdrpipe.demo.planted import Part
from cdrpipe.demo.traffic import NATIVE_SCHEMA

_GARBLED = Part.GARBLED.name.lower()

# Shanghai's time with its offset, as most vendors push it.
_STAMP = "%Y-%m-%dT%H:%M:%S%.3f%:z"
_STAMPS = tuple(field.name for field in NATIVE_SCHEMA if pa.types.is_timestamp(field.type))


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message of a topic, with the number of records in it."""

    partition: int
    value: bytes
    records: int


def arrow_messages(chunk: pa.Table, *, rows_per_message: int) -> list[Message]:
    """Pack the records that travel together: per partition, in their order.

    Parameters
    ----------
    chunk
        Traffic; records that travel as messages of their own are left out.
    rows_per_message
        At most so many records in a message.

    Returns
    -------
    Arrow IPC streams (zstd) of NATIVE_SCHEMA.
    """
    assert rows_per_message > 0
    together = chunk.filter(pc.invert(chunk["is_single"]))
    messages = []
    for partition in sorted(pc.unique(together["partition"]).to_pylist()):
        records = together.filter(pc.equal(together["partition"], partition))
        records = records.select(NATIVE_SCHEMA.names).combine_chunks()
        for first in range(0, records.num_rows, rows_per_message):
            piece = records.slice(first, rows_per_message)
            messages.append(
                Message(partition=partition, value=_ipc_stream(piece), records=piece.num_rows)
            )
    return messages


def json_messages(chunk: pa.Table) -> list[Message]:
    """Write the records that travel as messages of their own, in their order.

    A garbled one is cut short in the middle.
    """
    single = chunk.filter(chunk["is_single"])
    lines = _json_lines(single).to_list()
    partitions, planted = single["partition"].to_pylist(), single["planted"].to_pylist()
    return [
        Message(partition=partition, value=_sent(line, what).encode(), records=1)
        for line, partition, what in zip(lines, partitions, planted, strict=True)
    ]


def write_ndjson(chunks: Iterable[pa.Table], file: Path) -> None:
    """Write all records to a file, one JSON object a line; nothing may be garbled."""
    with file.open("w", encoding="utf-8") as text:
        for chunk in _readable(chunks):
            text.writelines(f"{line}\n" for line in _json_lines(chunk))


def write_csv(chunks: Iterable[pa.Table], file: Path) -> None:
    """Write all records to a file of comma-separated values with a header; nothing garbled.

    A null is an empty cell; an empty text is quoted.
    """
    names = NATIVE_SCHEMA.names
    with file.open("wb") as sink:
        for number, chunk in enumerate(_readable(chunks)):
            table = _with_stamps(chunk).to_arrow()
            options = pa.csv.WriteOptions(include_header=number == 0, quoting_style="needed")
            pa.csv.write_csv(table.select(names), sink, options)


def _ipc_stream(records: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, NATIVE_SCHEMA, options=options) as stream:
        stream.write_table(records)
    return bytes(sink.getvalue())


def _sent(line: str, planted: str) -> str:
    return line[: len(line) // 2] if planted == _GARBLED else line


def _json_lines(chunk: pa.Table) -> pl.Series:
    frame = _with_stamps(chunk)
    return frame.select(pl.struct(NATIVE_SCHEMA.names).struct.json_encode()).to_series()


def _with_stamps(chunk: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(chunk.select(NATIVE_SCHEMA.names))
    assert isinstance(frame, pl.DataFrame)
    local = pl.col(_STAMPS).dt.convert_time_zone("Asia/Shanghai")
    return frame.with_columns(local.dt.strftime(_STAMP))


def _readable(chunks: Iterable[pa.Table]) -> Iterator[pa.Table]:
    for chunk in chunks:
        if pc.any(pc.equal(chunk["planted"], _GARBLED)).as_py():
            raise ValueError("garbled messages have no place in a file: make traffic without them")
        yield chunk
