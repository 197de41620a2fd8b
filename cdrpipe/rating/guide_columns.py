"""Whose each record's call is, and how long: columns into the kernel and back."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from cdrpipe._fast import clock, columns
from cdrpipe.cdr.record_numbers import RecordNumbers
from cdrpipe.guiding.guide import GuideTable
from cdrpipe.numbering.region import (
    ABROAD_REGION_ID,
    HONG_KONG_REGION_ID,
    MACAO_REGION_ID,
    TAIWAN_REGION_ID,
)
from cdrpipe.rating.batch_columns import bitmap, column_of, values, view
from cdrpipe.rating.word_columns import positions, positions_of

_BEYOND = pa.array(
    [ABROAD_REGION_ID, HONG_KONG_REGION_ID, MACAO_REGION_ID, TAIWAN_REGION_ID], pa.int32()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidedColumns:
    """What ``clock.guide_calls`` found, row by row.

    Attributes
    ----------
    answered_us, started_us, enterprise_start_us, caller_start_us, enterprise_ms, caller_ms
        int64, ``clock.ABSENT`` where there is none.
    reason
        uint8, to be written on: 0, or the number of the ``SuspenseReason``.
    account, subscription
        int32, positions in the texts of ``GuideSlots``; -1 where there is none.
    version
        int32, the position of the plan version; -1 where none is in force.
    relation, answering_kind
        int8; the relation is -1 where nothing was rated.
    is_priced
        The call was answered, and nothing speaks against it.
    """

    answered_us: memoryview
    started_us: memoryview
    enterprise_start_us: memoryview
    caller_start_us: memoryview
    enterprise_ms: memoryview
    caller_ms: memoryview
    reason: memoryview
    account: memoryview
    subscription: memoryview
    version: pa.Int32Array
    relation: pa.Int8Array
    answering_kind: pa.Int8Array
    is_priced: pa.BooleanArray


def guide_columns(
    record: Mapping[str, pa.Array],
    numbers: RecordNumbers,
    verdict: pa.UInt8Array,
    guide: GuideTable,
    *,
    now_us: int,
) -> GuidedColumns:
    """Find of every record what speaks against it, whose call it is, and how long it is."""
    count, slots = len(verdict), guide.slots
    answered_us = _micros(record["answered_at"])
    billable_from = record["billable_from"]
    dialled, source = numbers.service_number, record["source"]
    started_us, enterprise_start_us, caller_start_us, enterprise_ms, caller_ms = (
        view(pa.allocate_buffer(8 * count), "q") for _ in range(5)
    )
    account, subscription = (view(pa.allocate_buffer(4 * count), "i") for _ in range(2))
    version = pa.allocate_buffer(4 * count)
    relation, reason = pa.allocate_buffer(count), pa.allocate_buffer(count)
    answering_kind = pa.py_buffer(bytearray(values(numbers.answering.kind, "b")))
    is_priced = pa.allocate_buffer((count + 7) // 8)
    clock.guide_calls(
        values(verdict, "B"),
        positions(dialled),
        positions_of(dialled.dictionary, slots.slot_of_number),
        positions(source),
        positions_of(source.dictionary, slots.sources),
        _micros(record["setup_at"]),
        answered_us,
        _micros(record["bridged_at"]),
        _micros(record["released_at"]),
        _micros(record["billable_ms"]),
        positions(billable_from),
        memoryview(
            bytes(
                code & 0xFF
                for code in positions_of(billable_from.dictionary, clock.BILLABLE_FROM_CODES)
            )
        ).cast("b"),
        bitmap(record["bridged_stated"]),
        record["bridged_stated"].offset,
        values(numbers.calling.kind, "b"),
        values(numbers.calling.region_id, "i"),
        values(numbers.answering.region_id, "i"),
        slots.owner_start,
        slots.owners,
        slots.stretch_start,
        slots.stretches,
        slots.answered_for,
        values(_BEYOND, "i"),
        now_us,
        view(answering_kind, "b"),
        view(reason, "B"),
        started_us,
        enterprise_start_us,
        caller_start_us,
        enterprise_ms,
        caller_ms,
        account,
        subscription,
        view(version, "i"),
        view(relation, "b"),
        view(is_priced, "B"),
    )
    return GuidedColumns(
        answered_us=answered_us,
        started_us=started_us,
        enterprise_start_us=enterprise_start_us,
        caller_start_us=caller_start_us,
        enterprise_ms=enterprise_ms,
        caller_ms=caller_ms,
        reason=view(reason, "B"),
        account=account,
        subscription=subscription,
        version=column_of(pa.int32(), count, None, version),
        relation=column_of(pa.int8(), count, None, relation),
        answering_kind=column_of(pa.int8(), count, None, answering_kind),
        is_priced=column_of(pa.bool_(), count, None, is_priced),
    )


def present(numbers: memoryview, arrow_type: pa.DataType) -> pa.Array:
    """Give int64 values as a column, null where they are ``clock.ABSENT``."""
    count = len(numbers)
    validity = pa.allocate_buffer((count + 7) // 8)
    nulls = columns.mark_present(numbers, clock.ABSENT, view(validity, "B"))
    buffers = [validity if nulls else None, pa.py_buffer(numbers)]
    return pa.Array.from_buffers(arrow_type, count, buffers, nulls)


def _micros(column: pa.Array) -> memoryview:
    """Give the values of a column of instants or lengths, ``clock.ABSENT`` where it is null."""
    numbers = column.view(pa.int64())
    if numbers.null_count:
        numbers = numbers.fill_null(clock.ABSENT)
    return values(numbers, "q")
