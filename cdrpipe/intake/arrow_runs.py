"""Arrow streams cut into runs of records, each a stream of its own."""

from collections.abc import Iterator

import pyarrow as pa

from cdrpipe.intake.files import RecordFile, whole
from cdrpipe.mediation.native_arrow import STREAM_END

RUN_ROWS = 131_072


def runs_of_stream(file: RecordFile) -> Iterator[bytes]:
    """Cut an Arrow IPC stream into streams of RUN_ROWS records; the last has the rest.

    A stream that is not whole is given as it is: its reader says what is wrong with it.

    Notes
    -----
    Memory: a run, where the file is not compressed.
    """
    if file.is_gzip:
        (data,) = whole(file)
        yield from _runs(pa.py_buffer(data))
        return
    with pa.memory_map(str(file.path)) as stored:
        yield from _runs(stored.read_buffer())


def _runs(data: pa.Buffer) -> Iterator[bytes]:
    try:
        is_long = _count_rows(data) > RUN_ROWS
    except (pa.ArrowException, OSError, ValueError):
        is_long = False
    if not is_long:
        yield data.to_pybytes()
        return
    held: list[pa.RecordBatch] = []
    room = RUN_ROWS
    stream = pa.ipc.open_stream(data)
    for batch in stream:
        rest = batch
        while rest.num_rows >= room:
            yield _written(stream.schema, [*held, rest.slice(0, room)])
            held, rest, room = [], rest.slice(room), RUN_ROWS
        if rest.num_rows:
            held.append(rest)
            room -= rest.num_rows
    if held:
        yield _written(stream.schema, held)


def _count_rows(data: pa.Buffer) -> int:
    """Count the records of a whole stream.

    Raises
    ------
    ValueError
        A column leads outside its bytes, something stands behind the end, or there is none.
    """
    source = pa.BufferReader(data)
    count = 0
    for batch in pa.ipc.open_stream(source):
        batch.validate(full=True)  # or cutting it would read outside
        count += batch.num_rows
    end = data.slice(max(data.size - len(STREAM_END), 0)).to_pybytes()
    if source.tell() != data.size or end != STREAM_END:
        raise ValueError("expected a stream that ends with its end mark")
    return count


def _written(schema: pa.Schema, batches: list[pa.RecordBatch]) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as stream:
        for batch in batches:
            stream.write_batch(batch)
    return bytes(sink.getvalue())
