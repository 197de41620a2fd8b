"""Records that are parts of one call: ring-group rows, second legs, partial records (domain §4).

One row of the call stays; every other one is *merged* into it. A part that comes after its call
was stored is merged if the stored call would have won anyway, else it is held back: an amount that
was stored is never changed behind the operator's back.
"""

from dataclasses import dataclass

import polars as pl

from cdrpipe.cdr.duplicate import GroupCall, SeenWindow
from cdrpipe.cdr.suspense import SuspenseReason

# Longest chain of legs of legs that is followed; a longer one ends there.
LEG_CHAIN_MAX = 8

_PARTIAL_KEY = ["source", "call_id", "leg"]


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
    second_legs: dict[tuple[str, str], str]
    merged_legs: set[tuple[str, str]]


def correlate(cdrs: pl.DataFrame, seen: SeenWindow) -> Correlated:
    """Find the parts of calls among records that are neither duplicates nor conflicts.

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
    second_legs: dict[tuple[str, str], str] = {}
    if marked["group_id"].null_count() < marked.height:
        marked, group_calls = _merge_groups(marked, seen)
    merged_legs: set[tuple[str, str]] = set()
    if marked["first_leg_id"].null_count() < marked.height:
        marked = marked.with_columns(belongs_to=pl.coalesce("belongs_to", "first_leg_id"))
        declared = marked.filter(pl.col("first_leg_id").is_not_null())
        merged_legs = set(declared.select("source", "call_id").iter_rows())
    if marked["second_leg_id"].null_count() < marked.height or seen.names_second_legs:
        marked, second_legs = _merge_second_legs(marked, seen)
    if not marked["is_final"].all() or (marked["partial_no"] > 0).any():
        marked = _merge_partials(marked)
    return Correlated(
        cdrs=marked.drop("_row"),
        group_calls=group_calls,
        second_legs=second_legs,
        merged_legs=merged_legs,
    )


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


# 2. Second legs: a record whose call id another record names as its second leg.


def _merge_second_legs(
    cdrs: pl.DataFrame, seen: SeenWindow
) -> tuple[pl.DataFrame, dict[tuple[str, str], str]]:
    parent_of = _parents(cdrs, seen)
    roots = {row: _root(cdrs, row, parent_of) for row in parent_of}
    judged = pl.DataFrame(
        {"_row": list(roots), "_call": list(roots.values()), "_late": [False] * len(roots)},
        schema={"_row": pl.UInt32, "_call": pl.String, "_late": pl.Boolean},
    )
    marked = _mark_parts(cdrs, judged)
    marked = _take_answer_of_leg(marked, parent_of)
    named = marked.filter(pl.col("second_leg_id").is_not_null())
    marked = _hold_calls_of_stored_legs(marked, named, seen)
    second_legs = {
        (source, leg): belongs_to or call_id
        for source, leg, call_id, belongs_to in named.select(
            "source", "second_leg_id", "call_id", "belongs_to"
        ).iter_rows()
    }
    return marked, second_legs


def _parents(cdrs: pl.DataFrame, seen: SeenWindow) -> dict[int, int | str]:
    """Give for each second leg the row that names it, or the stored call's id."""
    columns = cdrs.select("_row", "source", "call_id", "second_leg_id", "setup_at", "belongs_to")
    naming = {
        (source, leg): (row, setup_at, call_id)
        for row, source, call_id, leg, setup_at, _ in columns.iter_rows()
        if leg is not None and leg != call_id
    }
    parents: dict[int, int | str] = {}
    for row, source, call_id, leg, setup_at, belongs_to in columns.iter_rows():
        if belongs_to is not None:
            continue
        parent = naming.get((source, call_id))
        if parent is not None and not (
            # Two records that name each other: the one that was set up first is the call.
            parent[2] == leg and (setup_at, row) < (parent[1], parent[0])
        ):
            parents[row] = parent[0]
        elif parent is None and (stored := seen.call_of_second_leg(source, call_id)) is not None:
            parents[row] = stored
    return parents


def _root(cdrs: pl.DataFrame, row: int, parent_of: dict[int, int | str]) -> str:
    """Follow legs of legs to the call that stays."""
    for _ in range(LEG_CHAIN_MAX):
        parent = parent_of[row]
        if isinstance(parent, str):
            return parent
        row = parent
        if row not in parent_of:
            break
    call_id: str = cdrs["call_id"][row]
    return call_id


def _take_answer_of_leg(cdrs: pl.DataFrame, parent_of: dict[int, int | str]) -> pl.DataFrame:
    """Let the answer of a second leg be the bridge of a call whose source cannot state it."""
    legs = (
        pl.DataFrame(
            {
                "_leg": [leg for leg, row in parent_of.items() if isinstance(row, int)],
                "_row": [row for row in parent_of.values() if isinstance(row, int)],
            },
            schema={"_leg": pl.UInt32, "_row": pl.UInt32},
        )
        .join(
            cdrs.select(_leg="_row", _answered_at="answered_at", _dialled="service_number_raw"),
            on="_leg",
        )
        .sort("_leg")
        .unique("_row", keep="first", maintain_order=True)
        .drop("_leg")
    )
    unstated = pl.col("_dialled").is_not_null() & ~pl.col("bridged_stated")
    return (
        cdrs.join(legs, on="_row", how="left", maintain_order="left")
        .with_columns(
            bridged_at=pl.when(unstated).then("_answered_at").otherwise("bridged_at"),
            answering_number_raw=pl.when(unstated & pl.col("answering_number_raw").is_null())
            .then("_dialled")
            .otherwise("answering_number_raw"),
            bridged_stated=pl.col("bridged_stated") | unstated,
            is_changed=pl.col("is_changed") | unstated,
        )
        .drop("_answered_at", "_dialled")
    )


def _hold_calls_of_stored_legs(
    cdrs: pl.DataFrame, named: pl.DataFrame, seen: SeenWindow
) -> pl.DataFrame:
    """Hold back a call whose second leg was stored before as a call of its own.

    Both would be priced otherwise. It happens only where the legs came in two commits, the second
    leg first.
    """
    keys = named.select(
        "source",
        call_id="second_leg_id",
        leg=pl.lit(""),
        partial_no=pl.lit(0, pl.Int32),
    )
    known = seen.knows(keys.to_arrow()).to_pylist()
    legs = named.select("_row", "source", "second_leg_id").iter_rows()
    rows = [
        row
        for is_known, (row, source, leg) in zip(known, legs, strict=True)
        if is_known and not seen.is_merged_leg(source, leg)
    ]
    is_held = pl.col("_row").is_in(rows) & pl.col("belongs_to").is_null()
    return cdrs.with_columns(
        belongs_to=pl.when(is_held).then("second_leg_id").otherwise("belongs_to"),
        reason=pl.when(is_held)
        .then(pl.lit(int(SuspenseReason.BELONGS_TO_COMMITTED_CALL), pl.UInt8))
        .otherwise("reason"),
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
            _billable_ms=pl.when(pl.col("billable_ms").null_count() == 0).then(
                pl.col("billable_ms").sum()
            ),
            _setup_at=pl.col("setup_at").min(),
            _answered_at=pl.col("answered_at").min(),
            _bridged_at=pl.col("bridged_at").min(),
            _released_at=pl.col("released_at").max(),
        )
    )
    is_whole = pl.col("_is_whole").fill_null(value=False)
    is_last = is_whole & pl.col("is_final")
    return (
        cdrs.join(whole, on=_PARTIAL_KEY, how="left", maintain_order="left")
        .with_columns(
            *(
                pl.when(is_last).then(f"_{name}").otherwise(name).alias(name)
                for name in ("billable_ms", "setup_at", "answered_at", "bridged_at", "released_at")
            ),
            belongs_to=pl.when(is_whole & ~pl.col("is_final"))
            .then("call_id")
            .otherwise("belongs_to"),
            is_changed=pl.col("is_changed") | is_last,
            reason=pl.when(is_part & ~is_whole & (pl.col("reason") == 0))
            .then(pl.lit(int(SuspenseReason.PARTIALS_INCOMPLETE), pl.UInt8))
            .otherwise("reason"),
        )
        .drop(
            "_is_whole",
            *(
                f"_{name}"
                for name in ("billable_ms", "setup_at", "answered_at", "bridged_at", "released_at")
            ),
        )
    )
