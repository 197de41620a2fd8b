"""Stamps as sources write them -> instants in UTC microseconds, a column at a time.

Owns every clock a source can state: text with and without an offset, and counts since 1970. It
does not decide what an absent stamp means: that is the reader's.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

INSTANT = pl.Datetime("us", "UTC")

# A call before 1970 or after 2199 is a broken clock. The bound also keeps every difference of two
# instants, and a count read in a wrong unit, far from the limits of 64 bits.
INSTANT_US_MIN = 0
INSTANT_US_LIMIT = 7_258_118_400_000_000  # 2200-01-01T00:00:00Z

# Counts since 1970 are told apart by magnitude: 10^11 s lies in the year 5138 and 10^11 ms in 1973,
# 10^14 ms in the year 5138 and 10^14 us in 1973.
SECONDS_LIMIT = 10**11
MILLISECONDS_LIMIT = 10**14

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 on the clock of any zone
_DAY_US = 86_400_000_000
_DAYS_LOOKED_AT_MAX = 100

# "%.f" takes no fraction as well; "%#z" takes Z, +08, +0800 and +08:00. The commonest come first.
_LOCAL_FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
)
_OFFSET_FORMATS = (
    "%Y-%m-%dT%H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M:%S%.f %#z",
)


def instants_of_text(text: pl.Series, tz: ZoneInfo) -> pl.Series:
    """Read stamps written as text or as counts since 1970.

    Parameters
    ----------
    text
        (n,) stamps without blanks around them; null where there is none.
    tz
        Zone of stamps that carry no offset. Of a local time that occurs twice the earlier
        instant is taken.

    Returns
    -------
    (n,) instants; null where there is no stamp, or none that can be read, where the local time
    does not exist in ``tz``, and outside 1970 to 2199.
    """
    instants = _with_offset_or_local(text, tz)
    left = instants.is_null() & text.is_not_null()
    if left.any():
        counts = text.set(~left, None).str.to_integer(strict=False, dtype=pl.Int64)
        instants = instants.zip_with(instants.is_not_null(), instants_of_counts(counts))
    return in_range(instants)


def instants_of_counts(counts: pl.Series) -> pl.Series:
    """Read whole seconds, milliseconds or microseconds since 1970, told apart by magnitude."""
    column = pl.col(counts.name)
    magnitude = column.abs()
    frame = counts.cast(pl.Int64).to_frame()
    micros = (
        pl.when(magnitude < SECONDS_LIMIT)
        .then(column * 1_000_000)
        .when(magnitude < MILLISECONDS_LIMIT)
        .then(column * 1_000)
        .otherwise(column)
    )
    instants = frame.select(micros.cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))
    return in_range(instants.to_series())


def instants_of_local(stamps: pl.Series, tz: ZoneInfo) -> pl.Series:
    """Place local times in ``tz``; null where that local time does not exist there."""
    placed = stamps.dt.replace_time_zone(tz.key, ambiguous="earliest", non_existent="null")
    return placed.dt.convert_time_zone("UTC").cast(INSTANT)


def utc_of_local(local_us: pa.Int64Array, tz: ZoneInfo) -> pa.Int64Array:
    """Place local times in ``tz`` as ``instants_of_local`` does.

    Parameters
    ----------
    local_us
        (n,) microseconds since 1970 on the zone's clock; null where there is none.

    Returns
    -------
    (n,) UTC µs; null where there is none, or that local time does not exist.

    Notes
    -----
    A zone that keeps one distance from UTC over the whole of them costs a subtraction.
    """
    bounds = pc.min_max(local_us).as_py()
    if bounds["min"] is None:
        return local_us
    distance_us = _distance_us(bounds["min"], bounds["max"], tz)
    if distance_us is not None:
        return pc.subtract(local_us, distance_us)
    stamps = pl.Series(pl.from_arrow(local_us)).cast(pl.Datetime("us"))
    return instants_of_local(stamps, tz).to_physical().to_arrow()


def _distance_us(first_us: int, last_us: int, tz: ZoneInfo) -> int | None:
    """Give a zone's distance from UTC, or None where it changes; no zone does so twice a day."""
    days = range(first_us // _DAY_US - 2, last_us // _DAY_US + 3)
    if len(days) > _DAYS_LOOKED_AT_MAX:
        return None
    found = {(_EPOCH + timedelta(days=day)).replace(tzinfo=tz).utcoffset() for day in days}
    (distance, *others) = found
    if others or distance is None:
        return None
    return distance // timedelta(microseconds=1)


def in_range(instants: pl.Series) -> pl.Series:
    """Turn instants before 1970 and after 2199 into nulls."""
    micros = instants.cast(pl.Int64)
    outside = (micros < INSTANT_US_MIN) | (micros >= INSTANT_US_LIMIT)
    return instants.set(outside, None) if outside.any() else instants


def _with_offset_or_local(text: pl.Series, tz: ZoneInfo) -> pl.Series:
    instants = pl.Series(text.name, [None], dtype=INSTANT).new_from_index(0, len(text))
    for form in _formats_for(text.drop_nulls().head(1)):
        left = instants.is_null() & text.is_not_null()
        if not left.any():
            break
        rest = text if left.all() else text.set(~left, None)
        instants = instants.zip_with(instants.is_not_null(), _parsed(rest, form, tz))
    return instants


def _formats_for(sample: pl.Series) -> list[str]:
    """Put the formats that fit the first stamp before the others: a source keeps to one."""
    return sorted(
        (*_LOCAL_FORMATS, *_OFFSET_FORMATS),
        key=lambda form: sample.str.to_datetime(form, strict=False).null_count(),
    )


def _parsed(text: pl.Series, form: str, tz: ZoneInfo) -> pl.Series:
    parsed = text.str.to_datetime(form, strict=False, time_unit="us")
    return instants_of_local(parsed, tz) if form in _LOCAL_FORMATS else parsed.cast(INSTANT)
