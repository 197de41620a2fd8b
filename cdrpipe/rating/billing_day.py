"""The days on which instants lie in the zone that months and billing dates are counted in."""

import datetime as dt
from array import array
from functools import cache

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from cdrpipe._fast import clock, columns
from cdrpipe.cdr.schema import BILLING_ZONE
from cdrpipe.rating.batch_columns import values, view

_FIRST_US, _LAST_US = 0, 7_258_118_400_000_000  # 1970 to 2199
_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US


def billing_days_of(at_us: memoryview, *, instead_us: int) -> pa.Date32Array:
    """Give the billing day of each instant.

    Parameters
    ----------
    at_us
        (n,) int64, UTC µs; ``instead_us`` stands for one that is ``clock.ABSENT``.
    """
    day = pa.allocate_buffer(4 * len(at_us))
    columns.days_of(at_us, clock.ABSENT, instead_us, *_offsets(), view(day, "i"))
    return pa.Array.from_buffers(pa.date32(), len(at_us), [None, day], 0)


def billing_days(cdrs: pa.Table) -> frozenset[dt.date]:
    """Give the days on which the records' first stamps lie: setup_at, else the earliest.

    Parameters
    ----------
    cdrs
        (n,) rows of CDR_SCHEMA.
    """
    first = cdrs["setup_at"].cast(pa.int64())
    if first.null_count:
        others = ("answered_at", "bridged_at", "released_at")
        earliest = pc.min_element_wise(*(cdrs[name].cast(pa.int64()) for name in others))
        first = pc.coalesce(first, earliest).drop_null()
    found: set[dt.date] = set()
    for stamps in first.chunks:
        found.update(billing_days_of(values(stamps, "q"), instead_us=0).unique().to_pylist())
    return frozenset(found)


@cache
def _offsets() -> tuple[memoryview, memoryview]:
    """Give the instants at which the zone's distance from UTC changes, and the distances, in µs.

    A zone changes at most once a day, and with an hour of UTC.
    """
    days = _changes(pl.int_range(_FIRST_US, _LAST_US, _DAY_US, eager=True))
    hours = [hour for day in days["us"] for hour in range(max(day - _DAY_US, 0), day + 1, _HOUR_US)]
    changes = _changes(pl.Series(hours, dtype=pl.Int64))
    return memoryview(array("q", changes["us"])), memoryview(array("q", changes["distance"]))


def _changes(us: pl.Series) -> pl.DataFrame:
    """Give those of some instants that are at another distance than the one before them."""
    local = pl.col("us").cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(BILLING_ZONE)
    distance = local.dt.replace_time_zone(None).cast(pl.Int64) - pl.col("us")
    return (
        pl.DataFrame({"us": us})
        .with_columns(distance=distance)
        .filter((pl.col("distance") != pl.col("distance").shift(1)).fill_null(value=True))
    )
