"""Cisco CUCM: comma-separated lines with a header of 123 names and, often, a line of SQL types.

States origination, connect and disconnect in epoch seconds UTC (0: never) and ``duration`` from
the connect. It does not state whether a person answered. Columns are found by their names, so a
version with more or fewer of them is read too.
"""

import re
from collections.abc import Sequence

import polars as pl

from cdrpipe.mediation.csv_lines import (
    CsvForm,
    Layout,
    first_lines,
    layout_of_columns,
    read_lines,
    split_line,
)
from cdrpipe.mediation.fields import (
    instant_field,
    read_field,
    require_field,
    seconds_field,
    text_field,
    whole_field,
)
from cdrpipe.mediation.hangup_cause import causes_of_numbers
from cdrpipe.mediation.payload import DecodedBatch, Payload, SourceOptions
from cdrpipe.mediation.read_records import ReadRecords, decoded_batch, each_raw

# Name, in lower case, -> position in the 123 columns of a line that came without its header.
_POSITION = {
    "globalcallid_callmanagerid": 1,
    "globalcallid_callid": 2,
    "origlegcallidentifier": 3,
    "datetimeorigination": 4,
    "callingpartynumber": 8,
    "origcause_value": 11,
    "originalcalledpartynumber": 29,
    "finalcalledpartynumber": 30,
    "destcause_value": 33,
    "datetimeconnect": 47,
    "datetimedisconnect": 48,
    "pkid": 50,
    "duration": 55,
    "globalcallid_clusterid": 65,
}
NEEDED = tuple(_POSITION)

_SIDES = ("orig", "dest")
_CALLED = ("originalcalledpartynumber", "finalcalledpartynumber")
_GROUP = ("globalcallid_clusterid", "globalcallid_callmanagerid", "globalcallid_callid")

_SQL_TYPE = re.compile(r"^(INTEGER|VARCHAR|UNIQUEIDENTIFIER|BIGINT|SMALLINT)\b", re.IGNORECASE)


def _header_layout(fields: Sequence[str]) -> Layout | None:
    names = [name.strip().lower() for name in fields]
    is_header = {"pkid", "datetimeorigination", "finalcalledpartynumber"} <= set(names)
    return layout_of_columns(NEEDED, names) if is_header else None


def _is_type_line(fields: Sequence[str]) -> bool:
    return bool(_SQL_TYPE.match(fields[0].strip())) and bool(_SQL_TYPE.match(fields[-1].strip()))


FORM = CsvForm(
    columns=NEEDED,
    layout=Layout(positions={123: tuple(_POSITION.values())}, expected="123 columns"),
    header_layout=_header_layout,
    is_type_line=_is_type_line,
)


def decode_cucm(payloads: Sequence[Payload], options: SourceOptions) -> DecodedBatch:
    """Read CUCM lines, one record a line."""
    frame, raw = read_lines(payloads, FORM)
    for name in ("datetimeorigination", "datetimeconnect", "datetimedisconnect"):
        frame = read_field(frame, name, instant_field(options.tz), expected="epoch seconds")
    frame = read_field(frame, "duration", seconds_field, expected="whole seconds")
    frame = read_field(frame, "origlegcallidentifier", whole_field, expected="a whole number")
    for name in ("pkid", "callingpartynumber", *_CALLED, *_GROUP):
        frame = read_field(frame, name, text_field, expected="text")
    frame = require_field(frame, "pkid", expected="the record's id")
    is_connected = pl.col("datetimeconnect").is_not_null()
    causes = [causes_of_numbers(frame.get_column(f"{side}cause_value")) for side in _SIDES]
    frame = frame.with_columns(
        call_id="pkid",
        calling_number_raw="callingpartynumber",
        service_number_raw="originalcalledpartynumber",
        answering_number_raw=pl.when(is_connected).then("finalcalledpartynumber"),
        setup_at="datetimeorigination",
        answered_at="datetimeconnect",
        released_at="datetimedisconnect",
        billable_ms=pl.when(is_connected | (pl.col("duration") != 0)).then("duration"),
        cause=causes[0].zip_with(causes[0].is_not_null(), causes[1]),
        # Without the call's own number there is nothing to tell calls apart by.
        group_id=pl.when(pl.col("globalcallid_callid").is_not_null()).then(
            pl.concat_str(*(pl.col(name).fill_null("") for name in _GROUP), separator=":")
        ),
        sequence="origlegcallidentifier",
    )
    return decoded_batch(
        [ReadRecords(frame=frame, raw_of=each_raw(raw.__getitem__))], payloads, options
    )


def sniff_cucm(head: bytes) -> str | None:
    """Say why a file begins like CUCM's; None where it does not."""
    lines = first_lines(head)
    layout = _header_layout(split_line(lines[0])) if lines else None
    if layout is None:
        return None
    return f"a header of {layout.expected} names pkid and finalCalledPartyNumber"
