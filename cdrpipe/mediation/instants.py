"""Stamps as sources write them -> instants in UTC microseconds, a column at a time.

Owns every clock a source can state: text with and without an offset, and counts since 1970. It
does not decide what an absent stamp means: that is the reader's.
"""

from zoneinfo import ZoneInfo

import polars as pl

INSTANT = pl.Datetime("us", "UTC")

# A call before 1970 or after 2199 is a broken clock. The bound also keeps every difference of two
# instants, and a count read in a wrong unit, far from the limits of 64 bits.
INSTANT_US_MIN = 0
INSTANT_US_LIMIT = 7_258_118_400_000_000  # 2200-01-01T00:00:00Z

# Counts since 1970 are told apart by magnitude: 10^11 s lies in the year 5138 and 10^11 ms in 1973,
# 10^14 ms in the year 5138 and 10^14 us in 1973.
SECONDS_LIMIT = 10**11
MILLISECONDS_LIMIT = 10**14

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
