"""FreeSWITCH mod_cdr_csv, template ``example``: 15 columns, no header, local time of the box.

States setup, answer and end at whole seconds and ``billsec`` from the answer. It does not state
when, whether, or by whom a person answered. A file may hold the second legs as rows of their own;
the first leg names them in ``bleg_uuid``.
"""

import re
from collections.abc import Sequence

import polars as pl

from cdrpipe.mediation.csv_lines import (
    CsvForm,
    first_lines,
    layout_of_columns,
    no_header,
    read_lines,
    split_line,
)
from cdrpipe.mediation.fields import (
    STAMP_EXPECTED,
    instant_field,
    read_field,
    require_field,
    seconds_field,
    text_field,
)
from cdrpipe.mediation.hangup_cause import Q850_OF_NAME, causes_of_names
from cdrpipe.mediation.payload import DecodedBatch, Payload, SourceOptions
from cdrpipe.mediation.read_records import ReadRecords, decoded_batch, each_raw

COLUMNS = (
    "caller_id_name",
    "caller_id_number",
    "destination_number",
    "context",
    "start_stamp",
    "answer_stamp",
    "end_stamp",
    "duration",
    "billsec",
    "hangup_cause",
    "uuid",
    "bleg_uuid",
    "accountcode",
    "read_codec",
    "write_codec",
)
NEEDED = (
    "caller_id_number",
    "destination_number",
    "start_stamp",
    "answer_stamp",
    "end_stamp",
    "billsec",
    "hangup_cause",
    "uuid",
    "bleg_uuid",
)
FORM = CsvForm(columns=NEEDED, layout=layout_of_columns(NEEDED, COLUMNS), header_layout=no_header)

_UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
_STAMP = re.compile(r"^\d{4}[-/]\d{1,2}[-/]\d{1,2} \d{1,2}:\d{2}")


def decode_freeswitch_csv(payloads: Sequence[Payload], options: SourceOptions) -> DecodedBatch:
    """Read mod_cdr_csv lines, one record a line."""
    frame, raw = read_lines(payloads, FORM)
    for name in ("start_stamp", "answer_stamp", "end_stamp"):
        frame = read_field(frame, name, instant_field(options.tz), expected=STAMP_EXPECTED)
    frame = read_field(frame, "billsec", seconds_field, expected="whole seconds")
    for name in ("uuid", "bleg_uuid", "caller_id_number", "destination_number"):
        frame = read_field(frame, name, text_field, expected="text")
    frame = require_field(frame, "uuid", expected="the call's id")
    causes = causes_of_names(frame.get_column("hangup_cause"), Q850_OF_NAME)
    # No answer stamp and 0 s: the platform never answered, and no length is stated.
    unanswered = pl.col("answer_stamp").is_null() & (pl.col("billsec") == 0)
    frame = frame.with_columns(
        call_id="uuid",
        calling_number_raw="caller_id_number",
        service_number_raw="destination_number",
        setup_at="start_stamp",
        answered_at="answer_stamp",
        released_at="end_stamp",
        billable_ms=pl.when(~unanswered).then("billsec"),
        cause=causes,
        second_leg_id="bleg_uuid",
    )
    return decoded_batch(
        [ReadRecords(frame=frame, raw_of=each_raw(raw.__getitem__))], payloads, options
    )


def sniff_freeswitch_csv(head: bytes) -> str | None:
    """Say why a file begins like mod_cdr_csv; None where it does not."""
    lines = [split_line(line) for line in first_lines(head)]
    fitting = [
        fields
        for fields in lines
        if len(fields) == len(COLUMNS) and _UUID.match(fields[10]) and _STAMP.match(fields[4])
    ]
    if 2 * len(fitting) <= len(lines):
        return None
    return "15 columns, uuid in column 11, start stamp in column 5"
