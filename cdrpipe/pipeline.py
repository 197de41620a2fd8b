"""READ FIRST: one batch of call detail records through every stage, in order.

::

    decoded ─ 1 normalise ─ 2 duplicates ─ 3 parts of calls ─ 4 validate ─ 5 guide ─ 6 rate ─ rows

Each record leaves with one outcome, that of the first stage that has something to say (domain §4):
suspended as unreadable → duplicate or conflict → merged → suspended (validation, owner, rate) →
unanswered → rated. No stage does I/O: tables, the clock and what is stored already come in as
arguments, and nothing that was passed in is changed.
"""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from cdrpipe.cdr.duplicate import FreshRecords, JudgedRecords, SeenWindow, held_legs, keys_of
from cdrpipe.cdr.fingerprint import CALL_COLUMNS
from cdrpipe.cdr.parts import may_be_parts
from cdrpipe.cdr.record_numbers import RecordNumbers, normalize_records
from cdrpipe.cdr.schema import INSTANT, OUTCOMES, PROCESSED_SCHEMA
from cdrpipe.guiding.guide import GuideTable
from cdrpipe.mediation.payload import DecodedBatch
from cdrpipe.numbering.region import RegionTable
from cdrpipe.rating.billing_day import billing_days_of
from cdrpipe.rating.rate_columns import rate_columns
from cdrpipe.rating.rate_frame import RatedFrame, rate_frame
from cdrpipe.tariff.rate_plan import RatePlanVersion
from cdrpipe.tariff.rate_table import RateTable
from cdrpipe.tariff.tariff_names import TariffNames, name_tariff

FIRST_RATING_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What the path looks things up in; one consistent state of the register.

    The position of a version in ``plan_versions`` is its index in ``guide`` and ``rates``; a
    version stands there once more for each prepaid class that was reached. ``names`` is made of
    the others.
    """

    regions: RegionTable
    guide: GuideTable
    rates: RateTable
    plan_versions: tuple[RatePlanVersion, ...]
    names: TariffNames = field(init=False)

    def __post_init__(self) -> None:
        """Collect the names."""
        object.__setattr__(self, "names", name_tariff(self.rates, self.plan_versions))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessedBatch:
    """A batch ready to be stored.

    ``rows`` follow PROCESSED_SCHEMA: whole calls in order of arrival, then parts of calls, then
    what was unreadable. ``counts`` has every outcome and their sum is the number read; ``fresh``
    goes to ``SeenWindow.admit`` once the rows are stored.
    """

    rows: pa.Table
    counts: Mapping[str, int]
    fresh: FreshRecords


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Records normalised and judged, and what they are rated by."""

    decoded: DecodedBatch
    cdrs: pa.Table
    numbers: RecordNumbers
    judged: JudgedRecords
    reference: Reference
    seen: SeenWindow
    received_at_us: int
    trunk_area: str
    rating_version: int


def process_batch(
    decoded: DecodedBatch,
    *,
    reference: Reference,
    seen: SeenWindow,
    received_at_us: int,
    trunk_area: str = "",
    rating_version: int = FIRST_RATING_VERSION,
) -> ProcessedBatch:
    """Rate one batch.

    Parameters
    ----------
    decoded
        Records as a reader gave them, in order of arrival.
    reference
        Regions, owners, plans.
    seen
        What is stored already; not changed.
    received_at_us
        The instant of receipt, UTC µs.
    trunk_area
        Area code of local numbers that carry none; empty where not known.
    rating_version
        Written to every row that is rated.
    """
    cdrs = in_one_chunk(decoded.cdrs)
    numbers = normalize_records(cdrs, regions=reference.regions, trunk_area=trunk_area)
    judged = seen.judge(cdrs.append_column("service_number", numbers.service_number))
    batch = _Batch(
        decoded=decoded,
        cdrs=cdrs,
        numbers=numbers,
        judged=judged,
        reference=reference,
        seen=seen,
        received_at_us=received_at_us,
        trunk_area=trunk_area,
        rating_version=rating_version,
    )
    is_part = may_be_parts(cdrs, judged.verdict, seen)
    parts = None if is_part is None else _rated_parts(batch, is_part)
    tables = [_rated_calls(batch, None if is_part is None else pc.invert(is_part))]
    if parts is not None and is_part is not None:
        tables.append(_with_raw(parts.rows, decoded, is_part))
    if decoded.unreadable.num_rows:
        tables.append(_unreadable_rows(decoded.unreadable, received_at_us))
    rows = tables[0] if len(tables) == 1 else pa.concat_tables(tables).unify_dictionaries()
    counts = _counts(rows)
    assert sum(counts.values()) == decoded.read_count, (counts, decoded.read_count)
    return ProcessedBatch(rows=rows, counts=counts, fresh=_fresh(judged, parts, rows))


def in_one_chunk(cdrs: pa.Table) -> pa.Table:
    """Give the same records, each column one chunk."""
    if all(column.num_chunks == 1 for column in cdrs.columns):
        return cdrs
    whole = cdrs.unify_dictionaries().combine_chunks()
    if whole.num_rows:
        return whole
    nothing = [pa.array([], field.type) for field in cdrs.schema]
    return pa.Table.from_arrays(nothing, schema=cdrs.schema)


# 3. to 6.: whole calls by the kernels, parts of calls frame by frame.


def _rated_calls(batch: _Batch, is_whole: pa.BooleanArray | None) -> pa.Table:
    cdrs, numbers, verdict = batch.cdrs, batch.numbers, batch.judged.verdict
    if is_whole is not None:
        cdrs, numbers = in_one_chunk(cdrs.filter(is_whole)), numbers.filter(is_whole)
        verdict = verdict.filter(is_whole)
    columns = rate_columns(
        cdrs,
        numbers=numbers,
        verdict=verdict,
        guide=batch.reference.guide,
        rates=batch.reference.rates,
        names=batch.reference.names,
        received_at_us=batch.received_at_us,
        rating_version=batch.rating_version,
    )
    columns["raw"] = pa.nulls(cdrs.num_rows, pa.binary())
    ordered = [columns[name] for name in PROCESSED_SCHEMA.names]
    rows = pa.Table.from_arrays(ordered, schema=PROCESSED_SCHEMA)
    return _with_raw(rows, batch.decoded, is_whole)


def _rated_parts(batch: _Batch, is_part: pa.BooleanArray) -> RatedFrame:
    return rate_frame(
        batch.cdrs.filter(is_part),
        verdict=batch.judged.verdict.filter(is_part),
        content=batch.judged.content.filter(is_part),
        seen=batch.seen,
        regions=batch.reference.regions,
        trunk_area=batch.trunk_area,
        guide=batch.reference.guide,
        rates=batch.reference.rates,
        plan_versions=batch.reference.plan_versions,
        received_at_us=batch.received_at_us,
        rating_version=batch.rating_version,
    )


def _with_raw(rows: pa.Table, decoded: DecodedBatch, is_taken: pa.BooleanArray | None) -> pa.Table:
    """Fetch the source's own bytes of suspended records.

    Parameters
    ----------
    rows
        Those of the batch's records that were taken; None: all.
    """
    is_suspended = rows["suspense_reason"].combine_chunks().is_valid()
    if not is_suspended.true_count:
        return rows
    positions = pc.indices_nonzero(is_suspended)
    if is_taken is not None:
        positions = pc.indices_nonzero(is_taken).take(positions)
    held = pa.array(decoded.raw_of(positions.to_pylist()), pa.binary())
    raw = pc.replace_with_mask(pa.nulls(rows.num_rows, pa.binary()), is_suspended, held)
    return rows.set_column(rows.schema.get_field_index("raw"), "raw", raw)


def _counts(rows: pa.Table) -> dict[str, int]:
    counts = dict.fromkeys(OUTCOMES, 0)
    for chunk in rows["outcome"].chunks:
        words = chunk.dictionary.to_pylist()
        for found in chunk.indices.value_counts().to_pylist():
            counts[words[found["values"]]] += found["counts"]
    return counts


def _unreadable_rows(unreadable: pa.Table, received_at_us: int) -> pa.Table:
    count = unreadable.num_rows
    day = billing_days_of(memoryview(array("q", [received_at_us])), instead_us=0)
    told = {
        **{name: unreadable[name] for name in unreadable.column_names},
        "kind": pa.repeat("aside", count),
        "outcome": pa.repeat("suspended", count),
        "billing_date": pa.repeat(day[0], count),
        "received_at": pa.repeat(pa.scalar(received_at_us, pa.int64()), count).cast(INSTANT),
    }
    rows = [
        told[field.name].cast(field.type) if field.name in told else pa.nulls(count, field.type)
        for field in PROCESSED_SCHEMA
    ]
    return pa.Table.from_arrays(rows, schema=PROCESSED_SCHEMA)


def _fresh(judged: JudgedRecords, parts: RatedFrame | None, rows: pa.Table) -> FreshRecords:
    priced = rows.select(CALL_COLUMNS).filter(rows["rating_version"].is_valid())
    fresh = FreshRecords(keys=judged.fresh, priced=keys_of(priced, CALL_COLUMNS))
    legs = fresh.legs if parts is None else parts.parts.legs
    return replace(
        fresh,
        group_calls={} if parts is None else parts.parts.group_calls,
        legs=replace(legs, held=held_legs(rows)),
    )
