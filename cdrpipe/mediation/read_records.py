"""What every reader ends with: its rows, cut into call detail records and unreadable records."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter

import polars as pl
import pyarrow as pa

from cdrpipe.cdr.schema import CDR_SCHEMA, PLACE_FIELDS, UNREADABLE_SCHEMA
from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.mediation.instants import INSTANT
from cdrpipe.mediation.payload import DecodedBatch, Payload, SourceOptions

# What a record says where its format has no word for it. Every other column is null.
DEFAULTS: dict[str, pl.Expr] = {
    "leg": pl.lit(""),
    "partial_no": pl.lit(0),
    "is_final": pl.lit(value=True),
    "is_continuation": pl.lit(value=False),
    "billable_from": pl.lit("answered"),
    "bridged_stated": pl.lit(value=False),
}

_PLACE_NAMES = [field.name for field in PLACE_FIELDS]
_FIELDS = [field for field in CDR_SCHEMA if field.name not in _PLACE_NAMES]
# What a payload says of the place; the row is the record's own.
_PAYLOAD_FIELDS = [(field.name, field.type) for field in PLACE_FIELDS[:-1]]
assert _PLACE_NAMES[-1] == "row"
_TYPES: dict[str, pl.DataType] = {
    "string": pl.String(),
    "int16": pl.Int16(),
    "int32": pl.Int32(),
    "int64": pl.Int64(),
    "bool": pl.Boolean(),
    "timestamp[us, tz=UTC]": INSTANT,
    "dictionary<values=string, indices=int32, ordered=0>": pl.String(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRecords:
    """Records of one form, in order of arrival.

    ``frame`` has a row a record: ``payload_index`` (position among the payloads), ``row``,
    ``fault``, ``message_fault`` and the columns of CDR_SCHEMA that the form has a word for.
    ``raw_of`` gives the bytes of the records in some rows of ``frame``.
    """

    frame: pl.DataFrame
    raw_of: Callable[[Sequence[int]], list[bytes]]


def each_raw(raw_of_record: Callable[[int], bytes]) -> Callable[[Sequence[int]], list[bytes]]:
    """Give the bytes of several records by those of one."""
    return lambda records: [raw_of_record(record) for record in records]


def places_frame(
    *,
    payload_index: Sequence[int],
    row: Sequence[int],
    fault: Sequence[str | None] | None = None,
    message_fault: Sequence[str | None] | None = None,
) -> pl.DataFrame:
    """Begin a frame: where each record came from and what is known to be wrong with it."""
    none = pl.Series([None], dtype=pl.String).new_from_index(0, len(row))
    return pl.DataFrame(
        {
            "payload_index": pl.Series(payload_index, dtype=pl.Int64),
            "row": pl.Series(row, dtype=pl.Int64),
            "fault": none if fault is None else pl.Series(fault, dtype=pl.String),
            "message_fault": (
                none if message_fault is None else pl.Series(message_fault, dtype=pl.String)
            ),
        }
    )


def unreadable_messages(payloads: Sequence[Payload], faults: dict[int, str]) -> ReadRecords:
    """Make one record, row ``first_row``, of each payload that cannot be read as a whole.

    Parameters
    ----------
    faults
        Position of the payload -> what was expected and what came.
    """
    indices = list(faults)
    frame = places_frame(
        payload_index=indices,
        row=[payloads[index].first_row for index in indices],
        message_fault=list(faults.values()),
    )
    return ReadRecords(frame=frame, raw_of=each_raw(lambda at: payloads[indices[at]].data))


def decoded_batch(
    parts: Sequence[ReadRecords], payloads: Sequence[Payload], options: SourceOptions
) -> DecodedBatch:
    """Bring the records of all forms into their order of arrival and cut off the unreadable."""
    frames = [
        part.frame.with_columns(part=pl.lit(index)).with_row_index("record")
        for index, part in enumerate(parts)
    ]
    frame = frames[0] if len(frames) == 1 else pl.concat(frames, how="diagonal_relaxed")
    if len(frames) > 1:
        frame = frame.sort("payload_index", "row", maintain_order=True)
    readable = pl.col("fault").is_null() & pl.col("message_fault").is_null()
    good, bad = frame.filter(readable), frame.filter(~readable)
    raw_of = partial(_raw_of, good.select("part", "record"), parts)
    return DecodedBatch(
        cdrs=_cdrs(good, payloads, options),
        unreadable=_unreadable(bad, parts, payloads, options),
        raw_of=raw_of,
    )


def _raw_of(origin: pl.DataFrame, parts: Sequence[ReadRecords], rows: Sequence[int]) -> list[bytes]:
    chosen = origin[list(rows)].with_row_index("place")
    raw: list[bytes] = [b""] * chosen.height
    for (part,), of_part in chosen.group_by("part"):
        found = parts[part].raw_of(of_part["record"].to_list())
        for place, data in zip(of_part["place"], found, strict=True):
            raw[place] = data
    return raw


def _cdrs(frame: pl.DataFrame, payloads: Sequence[Payload], options: SourceOptions) -> pa.Table:
    defaults = {**DEFAULTS, "source": pl.lit(options.source)}
    columns = frame.select(
        "row",  # gives the constants their length
        *(
            pl.coalesce(
                *([field.name] if field.name in frame.columns else []),
                defaults.get(field.name, pl.lit(None)),
            )
            .cast(_TYPES[str(field.type)])
            .alias(field.name)
            for field in _FIELDS
        ),
    )
    arrays = [
        columns.get_column(field.name)
        .to_arrow(compat_level=pl.CompatLevel.oldest())
        .cast(field.type)
        for field in _FIELDS
    ]
    return pa.Table.from_arrays([*arrays, *_places(frame, payloads)], schema=CDR_SCHEMA)


def _unreadable(
    frame: pl.DataFrame,
    parts: Sequence[ReadRecords],
    payloads: Sequence[Payload],
    options: SourceOptions,
) -> pa.Table:
    of_message = frame.get_column("message_fault")
    reasons = [
        (SuspenseReason.RECORD_UNREADABLE if fault is None else SuspenseReason.MESSAGE_UNREADABLE)
        for fault in of_message
    ]
    details = of_message.zip_with(of_message.is_not_null(), frame.get_column("fault"))
    arrays = [
        pa.array([options.source] * frame.height, pa.string()),
        *_places(frame, payloads),
        pa.array([reason.name for reason in reasons], pa.string()),
        pa.array(details.to_list(), pa.string()),
        pa.array(_raw_of(frame.select("part", "record"), parts, range(frame.height)), pa.binary()),
    ]
    cast = [array.cast(field.type) for array, field in zip(arrays, UNREADABLE_SCHEMA, strict=True)]
    return pa.Table.from_arrays(cast, schema=UNREADABLE_SCHEMA)


def _places(frame: pl.DataFrame, payloads: Sequence[Payload]) -> list[pa.Array]:
    index = frame.get_column("payload_index").to_arrow()
    taken = [
        pa.array(map(attrgetter(name), payloads if len(index) else ()), kind)
        .cast(CDR_SCHEMA.field(name).type)
        .take(index)
        for name, kind in _PAYLOAD_FIELDS
    ]
    return [*taken, frame.get_column("row").to_arrow()]
