"""When a call detail record cannot be believed (domain §4)."""

import polars as pl

from cdrpipe.cdr.suspense import SuspenseReason

CALL_MS_MAX = 24 * 3_600_000
FUTURE_TOLERANCE_US = 3_600_000_000

_STARTS = ("setup_at", "answered_at", "bridged_at")


def validation_reason(*, now_us: int) -> pl.Expr:
    """Give the number of the first reason for which a record cannot be believed, else 0.

    Reads the columns setup_at, answered_at, bridged_at, released_at (UTC µs, nulls allowed) and
    billable_ms.

    Parameters
    ----------
    now_us
        When the record was received; what lies more than an hour behind it is the future.
    """
    released = pl.col("released_at")
    starts = [pl.col(name) for name in _STARTS]
    first = pl.min_horizontal(starts)
    stated_ms = pl.col("billable_ms").fill_null(0)
    stamped_us = (released - first).dt.total_microseconds().fill_null(0)
    latest_us = pl.max_horizontal([*starts, released]).dt.epoch("us")
    claims = {
        SuspenseReason.NO_INSTANT_STATED: pl.coalesce(*starts, released).is_null(),
        SuspenseReason.RELEASED_AT_MISSING: (
            pl.col("answered_at").is_not_null()
            & released.is_null()
            & pl.col("billable_ms").is_null()
        ),
        SuspenseReason.RELEASED_BEFORE_STARTED: (
            (released < pl.max_horizontal(starts)).fill_null(value=False) | (stated_ms < 0)
        ),
        SuspenseReason.LONGER_THAN_24_HOURS: (
            (stamped_us > CALL_MS_MAX * 1000) | (stated_ms > CALL_MS_MAX)
        ),
        SuspenseReason.STARTS_IN_THE_FUTURE: latest_us > now_us + FUTURE_TOLERANCE_US,
        SuspenseReason.BILLABLE_WITHOUT_ANSWER: (pl.col("answered_at").is_null() & (stated_ms > 0)),
    }
    return pl.coalesce(
        *(
            pl.when(claims[reason]).then(pl.lit(int(reason), pl.UInt8))
            for reason in SuspenseReason
            if reason in claims
        ),
        pl.lit(0, pl.UInt8),
    )
