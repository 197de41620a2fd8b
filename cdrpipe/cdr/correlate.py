"""Records that are parts of one call: ring-group rows, second legs, partial records (domain §4).

One row of the call stays; every other one is *merged* into it. A part that comes after its call
was stored is merged if the stored call would have won anyway, else it is held back: an amount that
was stored is never changed behind the operator's back.
"""

from dataclasses import dataclass

import polars as pl

from cdrpipe.cdr.duplicate import GroupCall, LegRecords, SeenWindow
from cdrpipe.cdr.legs import merge_second_legs
from cdrpipe.cdr.suspense import SuspenseReason

_PARTIAL_KEY = ["source", "call_id", "leg"]
_LEG_NAMES = ("first_leg_id", "second_leg_id")

# What the record of a long call takes from its parts.
_OF_PARTS = {
    "billable_ms": pl.when(pl.col("billable_ms").null_count() == 0).then(
        pl.col("billable_ms").sum()
    ),
    "setup_at": pl.col("setup_at").min(),
    "answered_at": pl.col("answered_at").min(),
    "bridged_at": pl.col("bridged_at").min(),
    "released_at": pl.col("released_at").max(),
    # A later part is a continuation of the first; the whole is one only if the first is.
    "is_continuation": pl.col("is_continuation").sort_by("partial_no").first(),
    "calling_number_raw": pl.col("calling_number_raw").sort_by("partial_no").drop_nulls().first(),
    "service_number_raw": pl.col("service_number_raw").sort_by("partial_no").drop_nulls().first(),
    "answering_number_raw": pl.col("answering_number_raw")
    .sort_by("partial_no")
    .drop_nulls()
    .first(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlated:
    """Records after correlation.

    ``cdrs`` has the input's rows and order, with the columns ``belongs_to`` (call_id of the call a
    merged record is part of, else null), ``reason`` (uint8, 0 none) and ``is_changed`` (a second
    leg or earlier parts changed the row) added. The others are what the window learns when the
    rows are stored (``FreshRecords``).
    """

    cdrs: pl.DataFrame
    group_calls: dict[tuple[str, str], GroupCall]
    legs: LegRecords


def correlate(cdrs: pl.DataFrame, seen: SeenWindow) -> Correlated:
    """Find the parts of calls among records that are neither duplicates nor conflicts.

    1. ring groups, 2. second legs (``legs.py``), 3. partial records.

    Parameters
    ----------
    cdrs
        (n,) rows with the columns of CDR_SCHEMA, in order of arrival.
    seen
        What is stored already.
    """
    marked = cdrs.with_columns(
        belongs_to=pl.lit(None, pl.String),
        reason=pl.lit(0, pl.UInt8),
        is_changed=pl.lit(value=False),
    ).with_row_index("_row")
    group_calls: dict[tuple[str, str], GroupCall] = {}
    legs = LegRecords()
    if marked["group_id"].null_count() < marked.height:  # 1.
        marked, group_calls = _merge_groups(marked, seen)
    named = [marked[name].null_count() < marked.height for name in _LEG_NAMES]
    if any(named) or seen.knows_legs:  # 2.
        marked, legs = merge_second_legs(marked, seen)
    if not marked["is_final"].all() or (marked["partial_no"] > 0).any():  # 3.
        marked = _merge_partials(marked)
    return Correlated(cdrs=marked.drop("_row"), group_calls=group_calls, legs=legs)


# 1. Ring groups: the row with the greatest billable time, then the lowest sequence, is the call.


def _merge_groups(
    cdrs: pl.DataFrame, seen: SeenWindow
) -> tuple[pl.DataFrame, dict[tuple[str, str], GroupCall]]:
    rows = cdrs.filter(pl.col("group_id").is_not_null()).select(
        "_row",
        "source",
        "group_id",
        "call_id",
        pl.col("billable_ms").fill_null(0),
        pl.col("sequence").fill_null(0),
    )
    best = rows.sort("billable_ms", "sequence", "_row", descending=[True, False, False]).unique(
        ["source", "group_id"], keep="first", maintain_order=True
    )
    winners: dict[tuple[str, str], GroupCall] = {}
    kept: set[int] = set()
    for row in best.iter_rows(named=True):
        key = (row["source"], row["group_id"])
        winners[key] = seen.group_call(*key) or GroupCall(
            call_id=row["call_id"], billable_ms=row["billable_ms"], sequence=row["sequence"]
        )
        if seen.group_call(*key) is None:
            kept.add(row["_row"])
    stored = pl.DataFrame(
        {
            "source": [source for source, _ in winners],
            "group_id": [group_id for _, group_id in winners],
            "_call": [winner.call_id for winner in winners.values()],
            "_ms": [winner.billable_ms for winner in winners.values()],
            "_sequence": [winner.sequence for winner in winners.values()],
        },
        schema={
            "source": pl.String,
            "group_id": pl.String,
            "_call": pl.String,
            "_ms": pl.Int64,
            "_sequence": pl.Int64,
        },
    )
    would_win = (pl.col("billable_ms") > pl.col("_ms")) | (
        (pl.col("billable_ms") == pl.col("_ms")) & (pl.col("sequence") < pl.col("_sequence"))
    )
    judged = (
        rows.filter(~pl.col("_row").is_in(list(kept)))
        .join(stored, on=["source", "group_id"], how="left", maintain_order="left")
        .select("_row", "_call", _late=would_win)
    )
    return _mark_parts(cdrs, judged), {
        key: winner for key, winner in winners.items() if seen.group_call(*key) is None
    }


def _mark_parts(cdrs: pl.DataFrame, judged: pl.DataFrame) -> pl.DataFrame:
    """Merge the judged rows into ``_call``; hold back those that come ``_late`` and would win."""
    late = pl.col("_late").fill_null(value=False)
    return (
        cdrs.join(judged, on="_row", how="left", maintain_order="left")
        .with_columns(
            belongs_to=pl.coalesce("belongs_to", "_call"),
            reason=pl.when(late)
            .then(pl.lit(int(SuspenseReason.BELONGS_TO_COMMITTED_CALL), pl.UInt8))
            .otherwise("reason"),
        )
        .drop("_call", "_late")
    )


# 3. Partial records: parts 1..n of one call, the last marked final, become one before any rounding.


def _merge_partials(cdrs: pl.DataFrame) -> pl.DataFrame:
    is_part = (pl.col("partial_no") > 0) | ~pl.col("is_final")
    whole = (
        cdrs.filter(is_part)
        .group_by(_PARTIAL_KEY)
        .agg(
            _is_whole=(pl.col("partial_no").max() == pl.len())
            & (pl.col("partial_no").min() == 1)
            & (pl.col("partial_no").n_unique() == pl.len())
            & (pl.col("is_final").sum() == 1)
            & (pl.col("is_final") == (pl.col("partial_no") == pl.col("partial_no").max())).all(),
            **{f"_{name}": value for name, value in _OF_PARTS.items()},
        )
    )
    is_whole = pl.col("_is_whole").fill_null(value=False)
    is_last = is_whole & pl.col("is_final")
    return (
        cdrs.join(whole, on=_PARTIAL_KEY, how="left", maintain_order="left")
        .with_columns(
            *(pl.when(is_last).then(f"_{name}").otherwise(name).alias(name) for name in _OF_PARTS),
            belongs_to=pl.when(is_whole & ~pl.col("is_final"))
            .then("call_id")
            .otherwise("belongs_to"),
            is_changed=pl.col("is_changed") | is_last,
            reason=pl.when(is_part & ~is_whole & (pl.col("reason") == 0))
            .then(pl.lit(int(SuspenseReason.PARTIALS_INCOMPLETE), pl.UInt8))
            .otherwise("reason"),
        )
        .drop("_is_whole", *(f"_{name}" for name in _OF_PARTS))
    )
