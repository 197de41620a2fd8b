"""Whose call it is, over a batch: number and instant to account, subscription and plan version.

The plain rule stands in ``guiding/ownership.py``; a batch is answered by one as-of join to the
stretches of ``guiding/guide_table.py``.
"""

from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from cdrpipe.guiding.guide_table import GuideTable, build_guide_table
from cdrpipe.guiding.ownership import NO_PLAN_VERSION

__all__ = [
    "BillFrom",
    "GuideTable",
    "Guided",
    "bill_from_batch",
    "build_guide_table",
    "guide_batch",
]

_UNKNOWN_US = -(2**63)  # before every interval: matches none


@dataclass(frozen=True, slots=True, kw_only=True)
class BillFrom:
    """Where the enterprise's clock starts, row by row.

    ``bill_from`` is ``answered`` or ``bridged``, null where nobody owned the number then;
    ``bridged_is_answered`` is never null.
    """

    bill_from: pa.StringArray
    bridged_is_answered: pa.BooleanArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Guided:
    """Whose each call is, row by row.

    ``account_id`` is null where nobody owned the number, ``subscription_id`` where the owner had
    none; ``plan_version_index`` is -1 where no version is in force, ``home_region_id`` 0 where the
    number has no home. The last two are never null.
    """

    account_id: pa.StringArray
    subscription_id: pa.StringArray
    plan_version_index: pa.Int32Array
    home_region_id: pa.Int32Array


def bill_from_batch(
    service_number: pa.StringArray,
    source: pa.StringArray,
    at_us: pa.Int64Array,
    table: GuideTable,
) -> BillFrom:
    """Read where the enterprise's clock starts for each call.

    Parameters
    ----------
    service_number
        (n,) as the register writes it; null is owned by nobody.
    source
        (n,) configured name of the source the record came from.
    at_us
        (n,) the instant at which the setting is read: setup, where that lacks the first stamp
        (domain §3); null finds no owner.
    """
    found = _as_of(service_number, at_us, table.ownerships).with_columns(source=_series(source))
    answered = (
        found.lazy()
        .join(
            table.answered_for.lazy().with_columns(is_listed=pl.lit(True)),  # noqa: FBT003 - a column
            on=["ownership_index", "source"],
            how="left",
            maintain_order="left",
        )
        .select(pl.col("is_listed").fill_null(False))  # noqa: FBT003 - a value of the column
        .collect()
    )
    return BillFrom(
        bill_from=_arrow(found["bill_from"], pa.string()),
        bridged_is_answered=_arrow(answered["is_listed"], pa.bool_()),
    )


def guide_batch(
    service_number: pa.StringArray, billing_started_at_us: pa.Int64Array, table: GuideTable
) -> Guided:
    """Find the account, subscription and plan version of each call.

    Parameters
    ----------
    service_number
        (n,) as the register writes it; null is owned by nobody.
    billing_started_at_us
        (n,) billing start (domain §3); null finds no owner.

    Returns
    -------
    Columns of n rows, in the order of the input.
    """
    found = _as_of(service_number, billing_started_at_us, table.stretches)
    return Guided(
        account_id=_arrow(found["account_id"], pa.string()),
        subscription_id=_arrow(found["subscription_id"], pa.string()),
        plan_version_index=_arrow(
            found["plan_version_index"].fill_null(NO_PLAN_VERSION), pa.int32()
        ),
        home_region_id=_arrow(found["home_region_id"].fill_null(0), pa.int32()),
    )


def _as_of(
    service_number: pa.StringArray, at_us: pa.Int64Array, intervals: pl.DataFrame
) -> pl.DataFrame:
    """Join each row, in order, to the interval of its number that holds at its instant."""
    assert len(service_number) == len(at_us)
    calls = pl.DataFrame(
        {"service_number": _series(service_number), "at_us": _series(at_us)},
        schema={"service_number": pl.String, "at_us": pl.Int64},
    )
    found = (
        calls.with_row_index("row")
        .with_columns(pl.col("at_us").fill_null(_UNKNOWN_US))
        .sort("at_us")
        .join_asof(
            intervals,
            left_on="at_us",
            right_on="valid_from_us",
            by="service_number",
            check_sortedness=False,  # both sides are, so within each number too
        )
        .sort("row")
    )
    holds = pl.col("at_us") < pl.col("valid_until_us")
    answers = [
        name for name in intervals.columns if name not in {"service_number", "valid_from_us"}
    ]
    return found.select(pl.when(holds).then(pl.col(name)).alias(name) for name in answers)


def _series(column: pa.Array) -> pl.Series:
    series = pl.from_arrow(column)
    assert isinstance(series, pl.Series)
    return series


def _arrow(series: pl.Series, arrow_type: pa.DataType) -> pa.Array:
    column = series.to_arrow()
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    return column.cast(arrow_type)
