"""When each party's clock starts, and how long the call is on it (domain §3)."""

import polars as pl

from cdrpipe.cdr.suspense import SuspenseReason

MS = 1000  # microseconds


def clock_columns() -> list[pl.Expr]:
    """Give the instants that decide about a call's money.

    Reads the canonical stamps, ``bill_from`` (answered | bridged, of the number) and
    ``bridged_is_answered`` (the number takes the answer for the bridge from this source).

    Returns
    -------
    ``_billed_from``: the enterprise's instant, null where it did not happen.
    ``billing_started_at``: that, else answered_at, else setup_at, else any stamp: the instant that
    owner, plan version, month and order are read at; null only where the record has no stamp.
    ``_is_answered``: the platform answered.
    """
    bridged = (
        pl.when(~pl.col("bridged_stated") & pl.col("bridged_is_answered"))
        .then("answered_at")
        .otherwise("bridged_at")
    )
    billed_from = pl.when(pl.col("bill_from") == "bridged").then(bridged).otherwise("answered_at")
    return [
        billed_from.alias("_billed_from"),
        pl.coalesce(billed_from, "answered_at", first_stamp()).alias("billing_started_at"),
        pl.col("answered_at").is_not_null().alias("_is_answered"),
    ]


def first_stamp() -> pl.Expr:
    """Give setup_at, where it is absent the first stamp there is."""
    return pl.coalesce("setup_at", pl.min_horizontal("answered_at", "bridged_at", "released_at"))


def clock_reason() -> pl.Expr:
    """Give the number of the reason why the clock of an answered call is not known, else 0."""
    answered = pl.col("_is_answered")
    unstated = (
        answered
        & (pl.col("bill_from") == "bridged")
        & ~pl.col("bridged_stated")
        & ~pl.col("bridged_is_answered")
    )
    endless = answered & (
        (pl.col("_billed_from").is_not_null() & _enterprise_ms().is_null()) | _caller_ms().is_null()
    )
    return (
        pl.when(unstated)
        .then(pl.lit(int(SuspenseReason.BRIDGE_NOT_STATED_BY_SOURCE), pl.UInt8))
        .when(endless)
        .then(pl.lit(int(SuspenseReason.RELEASED_AT_MISSING), pl.UInt8))
        .otherwise(pl.lit(0, pl.UInt8))
    )


def billable_columns() -> list[pl.Expr]:
    """Give each party's billable milliseconds; an instant that did not happen bills nothing.

    Returns
    -------
    ``enterprise_billable_ms``, ``caller_billable_ms``: int64, null where the length is not known.
    """
    return [
        pl.when(pl.col("_billed_from").is_null())
        .then(pl.lit(0, pl.Int64))
        .otherwise(_enterprise_ms())
        .alias("enterprise_billable_ms"),
        pl.when(pl.col("answered_at").is_null())
        .then(pl.lit(0, pl.Int64))
        .otherwise(_caller_ms())
        .alias("caller_billable_ms"),
    ]


def _enterprise_ms() -> pl.Expr:
    """Take the source's own length if it counts from the instant asked for."""
    from_bridge = (pl.col("bill_from") == "bridged") & ~(
        ~pl.col("bridged_stated") & pl.col("bridged_is_answered")
    )
    counted_from = pl.when(from_bridge).then(pl.lit("bridged")).otherwise(pl.lit("answered"))
    return _length_ms("_billed_from", counted_from)


def _caller_ms() -> pl.Expr:
    return _length_ms("answered_at", pl.lit("answered"))


def _length_ms(instant: str, counted_from: pl.Expr) -> pl.Expr:
    """Take the stated length where it counts from that instant, else subtract the stamps.

    Microseconds below a whole millisecond are dropped, as the rates' clock runs in milliseconds.
    """
    stamped = (pl.col("released_at") - pl.col(instant)).dt.total_microseconds() // MS
    return (
        pl.when(pl.col("billable_from") == counted_from)
        .then(pl.coalesce("billable_ms", stamped))
        .otherwise(stamped)
    )
