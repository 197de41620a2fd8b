"""READ FIRST: one batch of call detail records through every stage, in order.

::

    decoded ─ 1 normalise ─ 2 duplicates ─ 3 parts of calls ─ 4 validate ─ 5 guide ─ 6 rate ─ rows

Each record leaves with one outcome, that of the first stage that has something to say (domain §4):
suspended as unreadable → duplicate or conflict → merged → suspended (validation, owner, rate) →
unanswered → rated. No stage does I/O: tables, the clock and what is stored already come in as
arguments, and nothing that was passed in is changed.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from cdrpipe._fast.duplicate import KeyTable
from cdrpipe.cdr.correlate import Correlated, correlate
from cdrpipe.cdr.duplicate import FreshRecords, SeenWindow, Verdict, held_legs, keys_of
from cdrpipe.cdr.fingerprint import CALL_COLUMNS
from cdrpipe.cdr.normalize import normalize_batch, service_number_batch
from cdrpipe.cdr.schema import (
    BILLING_ZONE,
    NUMBER_KINDS,
    OUTCOMES,
    RATED_SCHEMA,
    RELATIONS,
    plain_texts,
)
from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.cdr.validate import validation_reason
from cdrpipe.guiding.guide import GuideTable
from cdrpipe.mediation.payload import DecodedBatch
from cdrpipe.numbering.region import RegionTable
from cdrpipe.rating.clock import first_stamp
from cdrpipe.rating.rate_calls import guide_calls, name_plans, price_calls, start_clocks, suspend
from cdrpipe.tariff.rate_plan import RatePlanVersion
from cdrpipe.tariff.rate_table import RateTable

FIRST_RATING_VERSION = 1

_STAMPS = ["setup_at", "answered_at", "bridged_at", "released_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What the path looks things up in; one consistent state of the register.

    The position of a version in ``plan_versions`` is its index in ``guide`` and ``rates``; a
    version stands there once more for each prepaid class that was reached.
    """

    regions: RegionTable
    guide: GuideTable
    rates: RateTable
    plan_versions: tuple[RatePlanVersion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessedBatch:
    """A batch ready to be stored.

    ``rows`` follow RATED_SCHEMA; ``counts`` has every outcome and their sum is the number read;
    ``fresh`` goes to ``SeenWindow.admit`` once the rows are stored.
    """

    rows: pa.Table
    counts: Mapping[str, int]
    fresh: FreshRecords


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
    arrived = _frame(plain_texts(decoded.cdrs)).with_row_index("_arrival")
    normalized = _normalize(arrived, reference.regions, trunk_area)
    judged, keys = _judge(normalized, seen)
    parts = correlate(judged.filter(pl.col("_verdict") == Verdict.NEW), seen)
    calls = _normalize_changed(parts.cdrs, reference.regions, trunk_area)
    calls = name_plans(_rate(calls, reference, received_at_us), reference.plan_versions)
    rows = _rows(
        calls,
        judged.filter(pl.col("_verdict") != Verdict.NEW),
        decoded,
        received_at_us,
        rating_version,
    )
    counts = _counts(rows)
    assert sum(counts.values()) == decoded.read_count, (counts, decoded.read_count)
    return ProcessedBatch(rows=rows, counts=counts, fresh=_fresh(keys, parts, rows))


def billing_days(cdrs: pa.Table) -> frozenset[dt.date]:
    """Give the days (Asia/Shanghai) on which the records' first stamps lie."""
    days = _frame(cdrs.select(_STAMPS)).select(
        first_stamp().dt.convert_time_zone(BILLING_ZONE).dt.date()
    )
    return frozenset(days.to_series().drop_nulls().unique())


# 1. Normalise: numbers to E.164, with kind and region.


def _normalize(cdrs: pl.DataFrame, regions: RegionTable, trunk_area: str) -> pl.DataFrame:
    calling = normalize_batch(
        _texts(cdrs, "calling_number_raw"), trunk_area=trunk_area, regions=regions
    )
    answering = normalize_batch(
        _texts(cdrs, "answering_number_raw"), trunk_area=trunk_area, regions=regions
    )
    return cdrs.with_columns(
        _series("calling_number", calling.number),
        _series("calling_kind", calling.kind),
        _series("calling_region_id", calling.region_id),
        _series("_calling_is_display", calling.is_display),
        _series("service_number", service_number_batch(_texts(cdrs, "service_number_raw"))),
        _series("answering_number", answering.number),
        _series("answering_kind", answering.kind),
        _series("answering_region_id", answering.region_id),
        _series("_answering_is_display", answering.is_display),
    )


def _normalize_changed(calls: pl.DataFrame, regions: RegionTable, trunk_area: str) -> pl.DataFrame:
    """Look again where a second leg or earlier parts told more of a call's numbers."""
    if not calls["is_changed"].any():
        return calls
    return _normalize(calls, regions, trunk_area)


# 2. Duplicates and conflicts, by key and content.


def _judge(normalized: pl.DataFrame, seen: SeenWindow) -> tuple[pl.DataFrame, KeyTable]:
    judged = seen.judge(normalized.to_arrow())
    return normalized.with_columns(
        _series("_verdict", judged.verdict), _series("_content", judged.content)
    ), judged.fresh


# 4. to 6. What speaks against a call, whose it is and what it costs (rating/rate_calls.py).


def _rate(calls: pl.DataFrame, reference: Reference, received_at_us: int) -> pl.DataFrame:
    is_call = pl.col("belongs_to").is_null()
    calls = suspend(calls, validation_reason(now_us=received_at_us), where=is_call)
    calls = guide_calls(calls, reference.guide, is_open=is_call)
    calls = start_clocks(calls)
    return price_calls(calls, reference.rates, is_priced=is_call & pl.col("_is_answered"))


# Rows as they are stored.


def _rows(
    calls: pl.DataFrame,
    repeated: pl.DataFrame,
    decoded: DecodedBatch,
    received_at_us: int,
    rating_version: int,
) -> pa.Table:
    received = pl.lit(received_at_us, pl.Int64).cast(pl.Datetime("us", "UTC"))
    outcome = (
        pl.when(pl.col("reason") > 0)
        .then(pl.lit("suspended"))
        .when(pl.col("belongs_to").is_not_null())
        .then(pl.lit("merged"))
        .when(~pl.col("_is_answered"))
        .then(pl.lit("unanswered"))
        .otherwise(pl.lit("rated"))
    )
    calls = calls.with_columns(
        outcome=outcome,
        rating_version=pl.when(outcome == "rated").then(pl.lit(rating_version, pl.Int32)),
        content_fingerprint=pl.when("is_changed").then(pl.col("_content").reinterpret(signed=True)),
    )
    conflict = pl.col("_verdict") == Verdict.CONFLICT
    repeated = repeated.with_columns(
        outcome=pl.when(conflict).then(pl.lit("suspended")).otherwise(pl.lit("duplicate")),
        belongs_to=pl.col("call_id"),
        reason=pl.when(conflict)
        .then(pl.lit(int(SuspenseReason.CONFLICTS_WITH_COMMITTED_RECORD), pl.UInt8))
        .otherwise(pl.lit(0, pl.UInt8)),
        billing_started_at=first_stamp(),
    )
    unreadable = _frame(decoded.unreadable).with_columns(outcome=pl.lit("suspended"))
    readable = pl.concat([calls, repeated], how="diagonal_relaxed").sort("_arrival")
    readable = _named(readable).with_columns(
        _raw(readable, decoded),
        *(
            pl.when(~pl.col(f"_{party}_is_display")).then(f"{party}_number_raw")
            for party in ("calling", "answering")
        ),
    )
    rows = pl.concat([readable, unreadable], how="diagonal_relaxed").with_columns(
        kind=pl.when(pl.col("outcome").is_in(["rated", "unanswered"]))
        .then(pl.lit("usage"))
        .otherwise(pl.lit("aside")),
        billing_date=pl.coalesce("billing_started_at", received)
        .dt.convert_time_zone(BILLING_ZONE)
        .dt.date(),
        received_at=received,
    )
    missing = [name for name in RATED_SCHEMA.names if name not in rows.columns]
    rows = rows.with_columns(pl.lit(None).alias(name) for name in missing)
    return rows.select(RATED_SCHEMA.names).to_arrow().cast(RATED_SCHEMA)


def _named(readable: pl.DataFrame) -> pl.DataFrame:
    """Write codes as the words that people read."""
    reasons = {int(reason): reason.name for reason in SuspenseReason}
    details = {int(reason): reason.sentence for reason in SuspenseReason}
    kinds = dict(enumerate(NUMBER_KINDS))
    return readable.with_columns(
        suspense_reason=pl.col("reason").replace_strict(
            reasons, default=None, return_dtype=pl.String
        ),
        suspense_detail=pl.col("reason").replace_strict(
            details, default=None, return_dtype=pl.String
        ),
        calling_kind=pl.col("calling_kind").replace_strict(kinds, return_dtype=pl.String),
        answering_kind=pl.col("answering_kind").replace_strict(kinds, return_dtype=pl.String),
        relation=pl.col("_relation").replace_strict(
            dict(enumerate(RELATIONS)), default=None, return_dtype=pl.String
        ),
    )


def _raw(readable: pl.DataFrame, decoded: DecodedBatch) -> pl.Series:
    """Fetch the source's own bytes of suspended records."""
    held = readable.select("_arrival", _held=pl.col("outcome") == "suspended")
    positions = held.filter("_held")["_arrival"].to_list()
    raw: list[bytes | None] = [None] * readable.height
    for position, data in zip(positions, decoded.raw_of(positions), strict=True):
        raw[position] = data
    return pl.Series("raw", raw, dtype=pl.Binary)


def _counts(rows: pa.Table) -> dict[str, int]:
    found = {
        entry["values"]: entry["counts"] for entry in rows["outcome"].value_counts().to_pylist()
    }
    return {outcome: found.get(outcome, 0) for outcome in OUTCOMES}


def _fresh(keys: KeyTable, parts: Correlated, rows: pa.Table) -> FreshRecords:
    return FreshRecords(
        keys=keys,
        priced=keys_of(
            rows.select(CALL_COLUMNS).filter(pc.equal(rows["outcome"], "rated")), CALL_COLUMNS
        ),
        group_calls=parts.group_calls,
        legs=replace(parts.legs, held=held_legs(rows)),
    )


# Between Arrow and polars.


def _frame(table: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame


def _texts(frame: pl.DataFrame, name: str) -> pa.Array:
    return frame[name].to_arrow().cast(pa.string())


def _series(name: str, values: pa.Array) -> pl.Series:
    series = pl.from_arrow(values)
    assert isinstance(series, pl.Series)
    return series.alias(name)
