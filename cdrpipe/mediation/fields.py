"""One column of a source's words -> one typed column, and a sentence where it cannot be read.

Every reader holds its records in a frame: one row a record in order of arrival, with the columns
``payload_index``, ``row``, ``fault`` and ``message_fault`` (sentences; null where none) and one
column a field. ``read_field`` turns a field's words into values and notes the first fault of a row.
"""

from collections.abc import Callable
from zoneinfo import ZoneInfo

import polars as pl

from cdrpipe.mediation.instants import (
    INSTANT,
    in_range,
    instants_of_counts,
    instants_of_local,
    instants_of_text,
)

STAMP_EXPECTED = "YYYY-MM-DD HH:MM:SS or a count since 1970, within 1970 to 2199"

# 15 digits of milliseconds are 31,000 years; a longer text is no length of a call.
WHOLE_DIGITS_MAX = 15
# 12 digits of seconds, so that the milliseconds keep within WHOLE_DIGITS_MAX.
SECONDS_DIGITS_MAX = 12
CAME_CHARACTERS_MAX = 60

# A reader of one column: (values, where the words cannot be read).
FieldReader = Callable[[pl.Series], tuple[pl.Series, pl.Series]]


def read_field(frame: pl.DataFrame, name: str, read: FieldReader, *, expected: str) -> pl.DataFrame:
    """Replace a column's words by its values and note a fault where they cannot be read."""
    words = frame.get_column(name)
    values, bad = read(words)
    frame = frame.with_columns(values.alias(name))
    if not bad.any():
        return frame
    came = words.cast(pl.String).str.slice(0, CAME_CHARACTERS_MAX)
    fault = pl.format("expected {} as {}, came '{}'", pl.lit(name), pl.lit(expected), came)
    return _note(frame, bad, fault)


def require_field(frame: pl.DataFrame, name: str, *, expected: str) -> pl.DataFrame:
    """Note a fault where a column that every record needs is empty."""
    missing = frame.get_column(name).is_null()
    if not missing.any():
        return frame
    return _note(frame, missing, pl.lit(f"expected {name}: {expected}, came none"))


def text_field(words: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Take text as it stands; empty and blank text is null."""
    text = words.cast(pl.String)
    blank = text.str.strip_chars() == ""
    return (text.set(blank, None) if blank.any() else text), _never(words)


def instant_field(tz: ZoneInfo) -> FieldReader:
    """Read stamps: text, counts since 1970, or Arrow timestamps.

    Empty text, ``0`` and ``0000-00-00 …`` say that it did not happen: null and no fault.
    """

    def read(words: pl.Series) -> tuple[pl.Series, pl.Series]:
        if isinstance(words.dtype, pl.Datetime):
            stamps, instants = words, in_range(_instants_of_timestamps(words, tz))
        elif words.dtype.is_integer():
            stamps = words.set(words == 0, None)
            instants = instants_of_counts(stamps)
        else:
            stamps = _told(words)
            stamps = stamps.set((stamps == "0") | stamps.str.starts_with("0000-00-00"), None)
            instants = instants_of_text(stamps, tz)
        return instants, stamps.is_not_null() & instants.is_null()

    return read


def whole_field(words: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Read whole numbers, 0 or more, of at most 15 digits."""
    if words.dtype.is_integer():
        outside = (words < 0) | (words >= 10**WHOLE_DIGITS_MAX)
        return words.set(outside, None).cast(pl.Int64), outside.fill_null(value=False)
    told = _told(words)
    fits = told.str.contains(rf"^[0-9]{{1,{WHOLE_DIGITS_MAX}}}$").fill_null(value=True)
    return told.set(~fits, None).str.to_integer(dtype=pl.Int64), ~fits


def seconds_field(words: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Read seconds into milliseconds; digits behind the third decimal are dropped.

    Asterisk writes decimals where ``CDR(billsec,f)`` is asked for; whole seconds otherwise.
    """
    told = _told(words)
    fits = told.str.contains(rf"^[0-9]{{1,{SECONDS_DIGITS_MAX}}}(\.[0-9]*)?$").fill_null(value=True)
    told = told.set(~fits, None)
    if not told.str.contains(".", literal=True).any():
        return told.str.to_integer(dtype=pl.Int64) * 1_000, ~fits
    parts = told.str.splitn(".", 2).struct.unnest()
    whole = parts.get_column("field_0").str.to_integer(dtype=pl.Int64)
    decimals = parts.get_column("field_1").fill_null("").str.pad_end(3, "0").str.slice(0, 3)
    return whole * 1_000 + decimals.str.to_integer(dtype=pl.Int64), ~fits


def flag_field(words: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Read true and false, as booleans, as text and as 1 and 0."""
    if words.dtype == pl.Boolean:
        return words, _never(words)
    told = _told(words).str.to_lowercase()
    flags = told.replace_strict(
        {"true": True, "1": True, "false": False, "0": False}, default=None, return_dtype=pl.Boolean
    )
    return flags, told.is_not_null() & flags.is_null()


def _told(words: pl.Series) -> pl.Series:
    """Strip blanks; what is empty then is null."""
    told = words.cast(pl.String).str.strip_chars()
    empty = told == ""
    return told.set(empty, None) if empty.any() else told


def _instants_of_timestamps(stamps: pl.Series, tz: ZoneInfo) -> pl.Series:
    micros = stamps.dt.cast_time_unit("us")
    if isinstance(stamps.dtype, pl.Datetime) and stamps.dtype.time_zone is not None:
        return micros.dt.convert_time_zone("UTC").cast(INSTANT)
    return instants_of_local(micros, tz)


def _never(words: pl.Series) -> pl.Series:
    return pl.repeat(value=False, n=len(words), eager=True, dtype=pl.Boolean)


def _note(frame: pl.DataFrame, bad: pl.Series, fault: pl.Expr) -> pl.DataFrame:
    first = pl.lit(bad) & pl.col("fault").is_null() & pl.col("message_fault").is_null()
    return frame.with_columns(fault=pl.when(first).then(fault).otherwise(pl.col("fault")))
