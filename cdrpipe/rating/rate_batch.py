"""Price a batch of calls: the rule of ``charge.py`` over whole columns, by its kernels."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from cdrpipe._fast import charge
from cdrpipe.rating.batch_columns import (
    bitmap,
    checked,
    column_of,
    filled,
    refuse_nulls,
    values,
    view,
)
from cdrpipe.rating.destination import destination_texts, longest_prefixes
from cdrpipe.tariff.band_clock import SPAN_US, Timelines
from cdrpipe.tariff.rate_table import RateTable

_US_PER_MS = 1_000

# A quarter of a year of bands is quicker to lay out than to ask which months of it are needed.
_SPANS_IN_A_ROW = 3

_NO_TIMELINES = Timelines(
    start=memoryview(array("i", [0])),
    change_us=memoryview(array("q")),
    state=memoryview(array("i")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedCharges:
    """What a batch of calls costs, row by row.

    Attributes
    ----------
    enterprise_charge_micros, caller_charge_micros
        int64; null where the row was not to be priced, or is suspended.
    enterprise_rate_id, caller_rate_id
        string, of the rate at the party's start; null where no rate was needed or none matches. A
        suspended row keeps those found.
    zone, band
        string, what that rate of the enterprise names, "" where it names none; null where the row
        is not priced.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RateIndices:
    """What a batch of calls costs, row by row, with rates as positions.

    Attributes
    ----------
    enterprise_charge_micros, caller_charge_micros
        int64; null where the row was not to be priced, or is suspended.
    enterprise_rate_index, caller_rate_index
        int32, never null: position in ``RateTable.rate_ids``, where null stands for no rate.
    reason
        uint8, never null: 0, or the number of the ``SuspenseReason``.
    """

    enterprise_charge_micros: pa.Int64Array
    caller_charge_micros: pa.Int64Array
    enterprise_rate_index: pa.Int32Array
    caller_rate_index: pa.Int32Array
    reason: pa.UInt8Array


def rate_batch(rate_table: RateTable, **columns: pa.Array | None) -> RatedCharges:
    """Price as ``rate_indices`` does, with rates, zones and bands by name."""
    found = rate_indices(rate_table=rate_table, **columns)
    charged_rate = pc.if_else(
        found.enterprise_charge_micros.is_valid(), found.enterprise_rate_index, None
    )
    return RatedCharges(
        enterprise_charge_micros=found.enterprise_charge_micros,
        caller_charge_micros=found.caller_charge_micros,
        enterprise_rate_id=rate_table.rate_ids.take(found.enterprise_rate_index),
        caller_rate_id=rate_table.rate_ids.take(found.caller_rate_index),
        zone=_named(rate_table.zones, rate_table.zone_of_rate, charged_rate),
        band=_named(rate_table.bands, rate_table.band_of_rate, charged_rate),
        reason=found.reason,
    )


def rate_indices(
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
    enterprise_start_us: pa.Int64Array | None = None,
    caller_start_us: pa.Int64Array | None = None,
    calling_region_id: pa.Int32Array | None = None,
    answering_region_id: pa.Int32Array | None = None,
    calling_number: pa.Int64Array | None = None,
    answering_number: pa.Int64Array | None = None,
    service_number: pa.StringArray | None = None,
    destination: pa.StringArray | None = None,
) -> RateIndices:
    """Price both parties' shares of every row that ``is_priced``.

    Parameters
    ----------
    plan_version_index
        (n,) position in the versions of ``rate_table``.
    relation, calling_kind, answering_kind
        (n,) positions in ``RELATIONS`` and ``NUMBER_KINDS``.
    enterprise_billable_ms, caller_billable_ms
        (n,) each party's time by its own clock, or thousandths of a unit.
    is_priced
        (n,) false where the call owes nothing, or is suspended already; never null. In such rows
        the other columns are not looked at and may be null; elsewhere those above never are.
    enterprise_start_us, caller_start_us
        (n,) where each party's clock starts, UTC, from 1970 to 2199; null or left out: a quantity
        without a clock, which knows no bands.
    calling_region_id, answering_region_id
        (n,) null or left out: 0, not known.
    calling_number, answering_number
        (n,) E.164 digits; null or left out: not known.
    service_number
        (n,) as dialled; null or left out: "".
    destination
        (n,) what prefixes match, null: ""; left out: the number that the plan version names.

    Raises
    ------
    ValueError
        A column has another type or length, or a null or a value out of bounds in a priced row.

    Notes
    -----
    Source: domain rules 2 to 6. The GIL is released.
    """
    count = len(is_priced)
    for name, column, arrow_type in (
        ("plan_version_index", plan_version_index, pa.int32()),
        ("relation", relation, pa.int8()),
        ("calling_kind", calling_kind, pa.int8()),
        ("answering_kind", answering_kind, pa.int8()),
        ("enterprise_billable_ms", enterprise_billable_ms, pa.int64()),
        ("caller_billable_ms", caller_billable_ms, pa.int64()),
        ("is_continuation", is_continuation, pa.bool_()),
        ("is_priced", is_priced, pa.bool_()),
    ):
        refuse_nulls(name, checked(name, column, arrow_type, count), is_priced)
    start = filled("enterprise_start_us", enterprise_start_us, pa.int64(), count, charge.NO_CLOCK)
    caller_start = filled("caller_start_us", caller_start_us, pa.int64(), count, charge.NO_CLOCK)
    if destination is None:
        text = destination_texts(
            plan_version_index=plan_version_index,
            answering_kind=answering_kind,
            calling_number=calling_number,
            answering_number=answering_number,
            service_number=service_number,
            rate_table=rate_table,
        )
    else:
        text = filled("destination", destination, pa.string(), count, "")
    times = _timelines(
        rate_table,
        is_priced,
        [(start, enterprise_billable_ms), (caller_start, caller_billable_ms)],
    )
    outputs = _Outputs.of(count)
    charge.charge_batch(
        values(plan_version_index, "i"),
        values(relation, "b"),
        values(calling_kind, "b"),
        values(answering_kind, "b"),
        values(filled("calling_region_id", calling_region_id, pa.int32(), count, 0), "i"),
        values(filled("answering_region_id", answering_region_id, pa.int32(), count, 0), "i"),
        values(filled("calling_number", calling_number, pa.int64(), count, 0), "q"),
        longest_prefixes(plan_version_index, text, rate_table),
        values(start, "q"),
        values(caller_start, "q"),
        values(enterprise_billable_ms, "q"),
        values(caller_billable_ms, "q"),
        bitmap(is_continuation),
        is_continuation.offset,
        bitmap(is_priced),
        is_priced.offset,
        rate_table.versions,
        rate_table.leaves,
        rate_table.blocks,
        rate_table.cells,
        rate_table.groups,
        rate_table.members,
        rate_table.price_of_rate,
        rate_table.prices,
        rate_table.steps,
        rate_table.region_slots,
        rate_table.region_classes,
        rate_table.free_numbers,
        times.start,
        times.change_us,
        times.state,
        view(outputs.enterprise_charge_micros, "q"),
        view(outputs.caller_charge_micros, "q"),
        view(outputs.enterprise_rate_index, "i"),
        view(outputs.caller_rate_index, "i"),
        view(outputs.is_charged, "B"),
        view(outputs.reason, "B"),
    )
    return outputs.found()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outputs:
    """What the kernel writes."""

    row_count: int
    enterprise_charge_micros: pa.Buffer
    caller_charge_micros: pa.Buffer
    enterprise_rate_index: pa.Buffer
    caller_rate_index: pa.Buffer
    is_charged: pa.Buffer
    reason: pa.Buffer

    @classmethod
    def of(cls, row_count: int) -> "_Outputs":
        return cls(
            row_count=row_count,
            enterprise_charge_micros=pa.allocate_buffer(row_count * 8),
            caller_charge_micros=pa.allocate_buffer(row_count * 8),
            enterprise_rate_index=pa.allocate_buffer(row_count * 4),
            caller_rate_index=pa.allocate_buffer(row_count * 4),
            is_charged=pa.allocate_buffer((row_count + 7) // 8),
            reason=pa.allocate_buffer(row_count),
        )

    def found(self) -> RateIndices:
        """Give the columns."""
        charges = [
            column_of(pa.int64(), self.row_count, self.is_charged, data)
            for data in (self.enterprise_charge_micros, self.caller_charge_micros)
        ]
        rates = [
            column_of(pa.int32(), self.row_count, None, data)
            for data in (self.enterprise_rate_index, self.caller_rate_index)
        ]
        return RateIndices(
            enterprise_charge_micros=charges[0],
            caller_charge_micros=charges[1],
            enterprise_rate_index=rates[0],
            caller_rate_index=rates[1],
            reason=column_of(pa.uint8(), self.row_count, None, self.reason),
        )


def _named(
    names: pa.StringArray, position_of_rate: pa.Int32Array, rate: pa.Int32Array
) -> pa.StringArray:
    """Give the name that each rate bears, null where there is no rate."""
    if len(names) == 1:
        # All are "": no offset but 0, under the rates' own nulls.
        offsets = pa.py_buffer(bytes(4 * (len(rate) + 1)))
        return pa.StringArray.from_buffers(len(rate), offsets, pa.py_buffer(b""), rate.buffers()[0])
    return names.take(position_of_rate.take(rate))


def _timelines(
    rate_table: RateTable,
    is_priced: pa.BooleanArray,
    clocks: Sequence[tuple[pa.Int64Array, pa.Int64Array]],
) -> Timelines:
    """Give the timelines that cover every clock of the batch: its start and its length in ms."""
    if not rate_table.clock.band_sets:
        return _NO_TIMELINES
    spans: set[int] = set()
    for start_us, billable_ms in clocks:
        if len(start_us):
            is_clocked = pc.and_(is_priced, pc.not_equal(start_us, charge.NO_CLOCK))
            spans |= _spans(
                pc.if_else(is_clocked, start_us, None), pc.if_else(is_clocked, billable_ms, None)
            )
    return rate_table.clock.timelines(tuple(sorted(spans)))


def _spans(start_us: pa.Int64Array, billable_ms: pa.Int64Array) -> set[int]:
    """Give the spans of time that the calls touch."""
    bounds_us = pc.min_max(start_us).as_py()
    if bounds_us["min"] is None:
        return set()
    # Instants and lengths beyond the bounds are the kernel's to refuse.
    first_us = max(bounds_us["min"], 0)
    last_us = min(bounds_us["max"], charge.INSTANT_US_LIMIT)
    longest_us = min(pc.max(billable_ms).as_py(), charge.CLOCKED_MS_MAX) * _US_PER_MS
    first, last = first_us // SPAN_US, (last_us + longest_us) // SPAN_US
    if last - first <= _SPANS_IN_A_ROW or longest_us > SPAN_US:
        return set(range(first, last + 1))
    begun = pc.unique(pc.divide(start_us, SPAN_US)).drop_null().to_pylist()
    return {each for span in begun for each in (span, span + 1) if first <= each <= last}
