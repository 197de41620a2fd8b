"""Price a batch of calls: the rule of ``charge.py`` over whole columns, by its kernel."""

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from cdrpipe._fast import charge
from cdrpipe.tariff.rate_table import RateTable


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedCharges:
    """What a batch of calls costs, row by row.

    Attributes
    ----------
    enterprise_charge_micros, caller_charge_micros
        int64; null where the row was not to be priced, or is suspended.
    enterprise_rate_id, caller_rate_id
        string; null where no rate was needed or none matches. A suspended row keeps those found.
    zone, band
        string; "" where the row is priced, else null.
    reason
        uint8, never null: 0, or the number of the ``SuspenseReason``.
    """

    enterprise_charge_micros: pa.Int64Array
    caller_charge_micros: pa.Int64Array
    enterprise_rate_id: pa.StringArray
    caller_rate_id: pa.StringArray
    zone: pa.StringArray
    band: pa.StringArray
    reason: pa.UInt8Array


def rate_batch(
    *,
    plan_version_index: pa.Int32Array,
    relation: pa.Int8Array,
    calling_kind: pa.Int8Array,
    answering_kind: pa.Int8Array,
    enterprise_billable_ms: pa.Int64Array,
    caller_billable_ms: pa.Int64Array,
    is_continuation: pa.BooleanArray,
    is_priced: pa.BooleanArray,
    rate_table: RateTable,
) -> RatedCharges:
    """Price both parties' shares of every row that ``is_priced``.

    Parameters
    ----------
    plan_version_index
        (n,) position in the versions of ``rate_table``.
    relation, calling_kind, answering_kind
        (n,) positions in ``RELATIONS`` and ``NUMBER_KINDS``.
    enterprise_billable_ms, caller_billable_ms
        (n,) each party's time by its own clock.
    is_priced
        (n,) false where the call owes nothing, or is suspended already; never null. In such rows
        the other columns are not looked at and may be null; elsewhere they are never null.

    Raises
    ------
    ValueError
        A column has another type or length, or a null or a value out of bounds in a priced row.

    Notes
    -----
    Source: domain rules 2 to 4. The GIL is released.
    """
    columns = {
        "plan_version_index": (plan_version_index, pa.int32()),
        "relation": (relation, pa.int8()),
        "calling_kind": (calling_kind, pa.int8()),
        "answering_kind": (answering_kind, pa.int8()),
        "enterprise_billable_ms": (enterprise_billable_ms, pa.int64()),
        "caller_billable_ms": (caller_billable_ms, pa.int64()),
        "is_continuation": (is_continuation, pa.bool_()),
        "is_priced": (is_priced, pa.bool_()),
    }
    for name, (column, arrow_type) in columns.items():
        _check_column(name, column, arrow_type, is_priced)
    row_count = len(is_priced)
    charges_enterprise, charges_caller = (pa.allocate_buffer(row_count * 8) for _ in range(2))
    rates_enterprise, rates_caller = (pa.allocate_buffer(row_count * 4) for _ in range(2))
    is_charged = pa.allocate_buffer((row_count + 7) // 8)
    reason = pa.allocate_buffer(row_count)
    charge.charge_batch(
        _values(plan_version_index, "i"),
        _values(relation, "b"),
        _values(calling_kind, "b"),
        _values(answering_kind, "b"),
        _values(enterprise_billable_ms, "q"),
        _values(caller_billable_ms, "q"),
        _bitmap(is_continuation),
        is_continuation.offset,
        _bitmap(is_priced),
        is_priced.offset,
        rate_table.rates,
        rate_table.steps,
        rate_table.rate_index,
        rate_table.is_split_rest,
        rate_table.has_caller_rate,
        _view(charges_enterprise, "q"),
        _view(charges_caller, "q"),
        _view(rates_enterprise, "i"),
        _view(rates_caller, "i"),
        _view(is_charged, "B"),
        _view(reason, "B"),
    )
    rate_ids = pa.array(rate_table.rate_ids, pa.string())
    empty_text = _empty_text(row_count, is_charged)
    return RatedCharges(
        enterprise_charge_micros=_array(pa.int64(), row_count, is_charged, charges_enterprise),
        caller_charge_micros=_array(pa.int64(), row_count, is_charged, charges_caller),
        enterprise_rate_id=rate_ids.take(_array(pa.int32(), row_count, None, rates_enterprise)),
        caller_rate_id=rate_ids.take(_array(pa.int32(), row_count, None, rates_caller)),
        zone=empty_text,
        band=empty_text,
        reason=_array(pa.uint8(), row_count, None, reason),
    )


def _check_column(
    name: str, column: pa.Array, arrow_type: pa.DataType, is_priced: pa.BooleanArray
) -> None:
    if column.type != arrow_type:
        raise ValueError(f"{name}: expected {arrow_type}, got {column.type}")
    if len(column) != len(is_priced):
        raise ValueError(f"{name}: expected {len(is_priced)} rows, got {len(column)}")
    if column.null_count:
        nulls = column.is_null()
        if column is is_priced or pc.any(pc.and_(nulls, is_priced)).as_py():
            raise ValueError(f"{name}: a row to be priced is null")


def _view(buffer: pa.Buffer | None, code: Literal["q", "i", "b", "B"]) -> memoryview:
    raw = memoryview(b"" if buffer is None else buffer)
    return raw.cast("B").cast(code)


def _values(column: pa.Array, code: Literal["q", "i", "b"]) -> memoryview:
    return _view(column.buffers()[1], code)[column.offset : column.offset + len(column)]


def _bitmap(column: pa.BooleanArray) -> memoryview:
    return _view(column.buffers()[1], "B")


def _array(
    arrow_type: pa.DataType, row_count: int, validity: pa.Buffer | None, values: pa.Buffer
) -> pa.Array:
    return pa.Array.from_buffers(arrow_type, row_count, [validity, values])


def _empty_text(row_count: int, validity: pa.Buffer) -> pa.StringArray:
    """Give "" where the bit is set and null elsewhere."""
    offsets = pa.py_buffer(bytes(4 * (row_count + 1)))
    return pa.StringArray.from_buffers(row_count, offsets, pa.py_buffer(b""), validity)
