"""Records of the native form, a line each: by the kernel, and by the plain readers what it leaves.

The kernel takes a line only where it is written as documented, in ASCII and without escapes, and
every field of it can be read. ``tests/property/test_decode_kernel.py`` holds it to the plain
readers: what comes of some payloads does not depend on who read which.
"""

from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from cdrpipe.cdr.schema import CDR_SCHEMA, UNREADABLE_SCHEMA
from cdrpipe.mediation.csv_lines import CsvForm, split_line
from cdrpipe.mediation.native_columns import LinesRead, one_word, read_lines
from cdrpipe.mediation.payload import DecodedBatch, Payload, SourceOptions

# Reads payloads in the plain way.
Plain = Callable[[Sequence[Payload], SourceOptions], DecodedBatch]


def decode_file_lines(
    payload: Payload, options: SourceOptions, *, form: CsvForm | None, plain: Plain
) -> DecodedBatch:
    """Read a run of a file's lines.

    Parameters
    ----------
    form
        None: lines of JSON.
    plain
        The reader whose meaning the kernel has.
    """
    data = payload.data
    read = read_lines(data, options, first_row=payload.first_row, form=form, header=payload.header)
    if read is None or _needs_context(read, payload, form):
        return plain([payload], options)
    count = len(read.row)
    taken = _taken(
        read,
        [
            one_word(None, count),
            pa.nulls(count, pa.int32()),
            pa.nulls(count, pa.int64()),
            one_word(payload.file, count),
            one_word(payload.file_id, count),
            read.row,
        ],
        lambda rows: [data[read.begin[row] : read.end[row]] for row in rows],
    )
    if not read.left:
        return taken
    header = None if form is None else payload.header or _first_line(data, form)
    others = plain(
        [
            Payload(
                data=data[begin:end],
                first_row=row,
                file=payload.file,
                file_id=payload.file_id,
                header=header,
            )
            for row, begin, end in read.left
        ],
        options,
    )
    return _merged(taken, read.row, others, others.cdrs["row"].combine_chunks())


def decode_messages(
    payloads: Sequence[Payload], options: SourceOptions, *, plain: Plain
) -> DecodedBatch:
    """Read messages of topics, of which most are one JSON object."""
    if any(payload.file is not None for payload in payloads):
        return plain(payloads, options)
    chosen = [
        index
        for index, payload in enumerate(payloads)
        if payload.data[:1] == b"{" and b"\n" not in payload.data
    ]
    data = b"\n".join([payloads[index].data for index in chosen])
    read = read_lines(data, options, first_row=0, form=None, header=None)
    if read is None or not len(read.row):
        return plain(payloads, options)
    # None of the lines is blank, so that a line's number is its message's among the chosen.
    index = pa.array(chosen, pa.int64()).take(read.row)
    messages = [payloads[each] for each in index.to_pylist()]
    taken = _taken(
        read,
        [
            pa.array([each.topic for each in messages], pa.string()).dictionary_encode(),
            pa.array([each.partition for each in messages], pa.int32()),
            pa.array([each.offset for each in messages], pa.int64()),
            one_word(None, len(messages)),
            one_word(None, len(messages)),
            pa.array([each.first_row for each in messages], pa.int64()),
        ],
        lambda rows: [messages[row].data for row in rows],
    )
    if len(messages) == len(payloads):
        return taken
    rest = sorted({*range(len(payloads))}.difference(index.to_pylist()))
    others = plain([payloads[each] for each in rest], options)
    place = {_place(payloads[each]): each for each in rest}
    columns = [others.cdrs[name].to_pylist() for name in ("topic", "partition", "offset")]
    other_index = [place[found] for found in zip(*columns, strict=True)]
    return _merged(taken, index, others, pa.array(other_index, pa.int64()))


def _place(payload: Payload) -> tuple[str | None, int | None, int | None]:
    return payload.topic, payload.partition, payload.offset


def _needs_context(read: LinesRead, payload: Payload, form: CsvForm | None) -> bool:
    """Tell whether a line that was left means something else alone than where it stands."""
    if not read.left:
        return False
    first_row, _, _ = read.left[0]
    if form is None:
        # The run may be one document over many lines.
        return first_row == payload.first_row
    return any(
        form.header_layout(split_line(payload.data[begin:end].decode("utf-8", "replace")))
        is not None
        for _, begin, end in read.left
    )


def _first_line(data: bytes, form: CsvForm) -> bytes | None:
    """Give the header that the data begin with; None where they begin with a record."""
    line = data.partition(b"\n")[0]
    text = line.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r")
    return line + b"\n" if form.header_layout(split_line(text)) is not None else None


def _taken(
    read: LinesRead, places: Sequence[pa.Array], raw_of: Callable[[Sequence[int]], list[bytes]]
) -> DecodedBatch:
    names = CDR_SCHEMA.names[: -len(places)]
    columns = [*(read.columns[name] for name in names), *places]
    return DecodedBatch(
        cdrs=pa.Table.from_arrays(columns, schema=CDR_SCHEMA),
        unreadable=UNREADABLE_SCHEMA.empty_table(),
        raw_of=raw_of,
    )


def _merged(
    taken: DecodedBatch, taken_at: pa.Int64Array, others: DecodedBatch, others_at: pa.Int64Array
) -> DecodedBatch:
    """Bring what both read into its order of arrival."""
    at = pa.concat_arrays([taken_at, others_at])
    order = pc.array_sort_indices(at)
    cdrs = pa.concat_tables([taken.cdrs, others.cdrs]).unify_dictionaries().combine_chunks()

    def raw_of(rows: Sequence[int]) -> list[bytes]:
        found = order.take(pa.array(rows, pa.int64())).to_pylist()
        count = len(taken_at)
        raw = {
            **_raw(taken, [row for row in found if row < count], 0),
            **_raw(others, [row - count for row in found if row >= count], count),
        }
        return [raw[row] for row in found]

    return DecodedBatch(cdrs=cdrs.take(order), unreadable=others.unreadable, raw_of=raw_of)


def _raw(batch: DecodedBatch, rows: Sequence[int], first: int) -> dict[int, bytes]:
    found = zip(rows, batch.raw_of(rows), strict=True) if rows else ()
    return {first + row: raw for row, raw in found}
