"""Records frame by frame: parts of calls become calls, and all are rated.

The plain way, which knows every rule. Records that are no parts of calls go by ``rate_columns.py``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from cdrpipe.cdr.correlate import Correlated, correlate
from cdrpipe.cdr.duplicate import SeenWindow, Verdict
from cdrpipe.cdr.normalize import normalize_batch, service_number_batch
from cdrpipe.cdr.schema import (
    BILLING_ZONE,
    NUMBER_KINDS,
    PROCESSED_SCHEMA,
    RELATIONS,
    plain_texts,
)
from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.cdr.validate import validation_reason
from cdrpipe.guiding.guide import GuideTable
from cdrpipe.numbering.region import RegionTable
from cdrpipe.rating.clock import first_stamp
from cdrpipe.rating.rate_calls import guide_calls, name_plans, price_calls, start_clocks, suspend
from cdrpipe.tariff.rate_plan import RatePlanVersion
from cdrpipe.tariff.rate_table import RateTable


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedFrame:
    """(n,) rows of PROCESSED_SCHEMA, ``raw`` null, in the records' order; and their parts."""

    rows: pa.Table
    parts: Correlated


def rate_frame(
    cdrs: pa.Table,
    *,
    verdict: pa.UInt8Array,
    content: pa.UInt64Array,
    seen: SeenWindow,
    regions: RegionTable,
    trunk_area: str,
    guide: GuideTable,
    rates: RateTable,
    plan_versions: Sequence[RatePlanVersion],
    received_at_us: int,
    rating_version: int,
) -> RatedFrame:
    """Rate records.

    Parameters
    ----------
    cdrs
        (n,) rows of CDR_SCHEMA.
    verdict, content
        (n,) as of ``SeenWindow.judge``.
    """
    arrived = _frame(plain_texts(cdrs)).with_row_index("_arrival")
    judged = _normalize(arrived, regions, trunk_area).with_columns(
        _series("_verdict", verdict), _series("_content", content)
    )
    is_new = pl.col("_verdict") == Verdict.NEW
    parts = correlate(judged.filter(is_new), seen)
    # A second leg or earlier parts may have told more of a call's numbers.
    is_changed = parts.cdrs["is_changed"].any()
    calls = _normalize(parts.cdrs, regions, trunk_area) if is_changed else parts.cdrs
    is_call = pl.col("belongs_to").is_null()
    calls = suspend(calls, validation_reason(now_us=received_at_us), where=is_call)
    calls = guide_calls(calls, guide, is_open=is_call)
    calls = start_clocks(calls)
    calls = price_calls(calls, rates, is_priced=is_call & pl.col("_is_answered"))
    calls = name_plans(calls, plan_versions)
    rows = _rows(calls, judged.filter(~is_new), received_at_us, rating_version)
    return RatedFrame(rows=rows, parts=parts)


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


def _rows(
    calls: pl.DataFrame, repeated: pl.DataFrame, received_at_us: int, rating_version: int
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
    readable = pl.concat([calls, repeated], how="diagonal_relaxed").sort("_arrival")
    rows = _named(readable).with_columns(
        *(
            pl.when(~pl.col(f"_{party}_is_display")).then(f"{party}_number_raw")
            for party in ("calling", "answering")
        ),
        kind=pl.when(pl.col("outcome").is_in(["rated", "unanswered"]))
        .then(pl.lit("usage"))
        .otherwise(pl.lit("aside")),
        billing_date=pl.coalesce("billing_started_at", received)
        .dt.convert_time_zone(BILLING_ZONE)
        .dt.date(),
        received_at=received,
        raw=pl.lit(None, pl.Binary),
    )
    return rows.select(PROCESSED_SCHEMA.names).to_arrow().cast(PROCESSED_SCHEMA)


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
