"""The native form: its fields, and what their words mean, the same in JSON, CSV and Arrow."""

import polars as pl

from cdrpipe.mediation.fields import (
    STAMP_EXPECTED,
    FieldReader,
    flag_field,
    instant_field,
    read_field,
    require_field,
    text_field,
    whole_field,
)
from cdrpipe.mediation.hangup_cause import causes_of_numbers
from cdrpipe.mediation.instants import INSTANT
from cdrpipe.mediation.payload import SourceOptions

# The order is that of a CSV line without a header.
NATIVE_FIELDS = (
    "source",
    "call_id",
    "leg",
    "partial_no",
    "is_final",
    "is_continuation",
    "calling_number",
    "service_number",
    "answering_number",
    "setup_at",
    "answered_at",
    "bridged_at",
    "released_at",
    "billable_ms",
    "billable_from",
    "cause",
    "extension",
    "recording_url",
    "first_leg_id",
    "second_leg_id",
)
REQUIRED_FIELDS = ("call_id", "service_number")
INSTANT_FIELDS = ("setup_at", "answered_at", "bridged_at", "released_at")
FLAG_FIELDS = ("is_final", "is_continuation")

_TYPES: dict[str, pl.DataType] = {
    **dict.fromkeys(INSTANT_FIELDS, INSTANT),
    **dict.fromkeys(FLAG_FIELDS, pl.Boolean()),
    "partial_no": pl.Int64(),
    "billable_ms": pl.Int64(),
}

PARTIAL_NO_MAX = 2**31 - 1
_BILLABLE_FROM = ("answered", "bridged")


def read_native_fields(frame: pl.DataFrame, options: SourceOptions) -> pl.DataFrame:
    """Turn the words of native records into columns of a CDR.

    Parameters
    ----------
    frame
        See ``fields``; ``bridged_stated`` (boolean) and any of NATIVE_FIELDS, as text, whole
        numbers, booleans or timestamps. A field that is not there is null in every record.
    """
    told = {column.name for column in frame if column.null_count() < frame.height}
    absent = [name for name in NATIVE_FIELDS if name not in told]
    frame = frame.with_columns(
        pl.lit(None, dtype=_TYPES.get(name, pl.String())).alias(name) for name in absent
    )
    for name in NATIVE_FIELDS:
        if name != "cause" and name not in absent:
            read, expected = _reader_of(name, options)
            frame = read_field(frame, name, read, expected=expected)
    for name in REQUIRED_FIELDS:
        frame = require_field(frame, name, expected="a text or a whole number")
    return frame.with_columns(
        cause=causes_of_numbers(frame.get_column("cause").cast(pl.String)),
        # Which part is the last must be said where there are parts.
        is_final=pl.coalesce("is_final", pl.col("partial_no").fill_null(0) == 0),
        calling_number_raw="calling_number",
        service_number_raw="service_number",
        answering_number_raw="answering_number",
    )


def _reader_of(name: str, options: SourceOptions) -> tuple[FieldReader, str]:
    if name in INSTANT_FIELDS:
        return instant_field(options.tz), STAMP_EXPECTED
    if name in FLAG_FIELDS:
        return flag_field, "true or false"
    if name == "billable_ms":
        return whole_field, "whole milliseconds, 0 or more"
    if name == "partial_no":
        return _partial_no_field, "a whole number, 0 or more"
    if name == "billable_from":
        return _billable_from_field, "answered or bridged"
    return text_field, "text"


def _partial_no_field(words: pl.Series) -> tuple[pl.Series, pl.Series]:
    numbers, bad = whole_field(words)
    beyond = (numbers > PARTIAL_NO_MAX).fill_null(value=False)
    return numbers.set(beyond, None), bad | beyond


def _billable_from_field(words: pl.Series) -> tuple[pl.Series, pl.Series]:
    text, _bad = text_field(words)
    other = ~text.is_in(_BILLABLE_FROM).fill_null(value=True)
    return text.set(other, None), other
