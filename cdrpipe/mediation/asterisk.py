"""Asterisk: cdr_csv (``Master.csv``), cdr_custom, and tables such as FreePBX's with a header.

States setup, answer and end at whole seconds (local time unless ``usegmtime=yes``) and ``billsec``
from the answer. It does not state when a person answered. One call is several rows: a row's key is
(uniqueid, linkedid, sequence), and rows of one linkedid are one group. The disposition decides
nothing where an answer stamp can be had.
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
    STAMP_EXPECTED,
    instant_field,
    read_field,
    require_field,
    seconds_field,
    text_field,
    whole_field,
)
from cdrpipe.mediation.hangup_cause import Q850_OF_DISPOSITION, causes_of_names
from cdrpipe.mediation.payload import DecodedBatch, Payload, SourceOptions
from cdrpipe.mediation.read_records import ReadRecords, decoded_batch, each_raw

_CSV_FIRST = (
    *("accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp"),
    *("lastdata", "start", "answer", "end", "duration", "billsec", "disposition", "amaflags"),
)
# What cdr.conf adds: loguniqueid, then loguserfield, then newcdrcolumns. A line of 19 columns has
# the last three without an id, so every record of it is unreadable, as of one of 16 columns.
_CSV_ADDED = {
    16: (),
    17: ("uniqueid",),
    18: ("uniqueid", "userfield"),
    19: ("peeraccount", "linkedid", "sequence"),
    20: ("uniqueid", "peeraccount", "linkedid", "sequence"),
    21: ("uniqueid", "userfield", "peeraccount", "linkedid", "sequence"),
}
_CUSTOM_FIRST = (
    *("clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata"),
    *("start", "answer", "end", "duration", "billsec", "disposition", "amaflags"),
    *("accountcode", "uniqueid", "userfield"),
)
_CUSTOM_ADDED = {18: (), 19: ("sequence",), 20: ("linkedid", "sequence")}

NEEDED = (
    "src",
    "dst",
    "dstchannel",
    "lastapp",
    "lastdata",
    "start",
    "answer",
    "end",
    "duration",
    "billsec",
    "disposition",
    "uniqueid",
    "linkedid",
    "sequence",
    "did",
)
_OTHER_NAMES = {"calldate": "start"}

# The peer of a channel or dial string where it is a number: SIP/301-0000002a, Local/301@queue-…,
# SIP/13800138000@trunk, PJSIP/trunk/13800138000. A DAHDI channel number is none.
_PEER = r"^(?:SIP|PJSIP|IAX2|Local|SCCP|Skinny|H323|OOH323)/(\+?[0-9]{2,18})(?:[@,/:-][^&]*)?$"
_PEER_BEHIND_TRUNK = r"^[A-Za-z0-9]+/[^/&,@]+/(\+?[0-9]{2,18})(?:[@,:-][^&]*)?$"

_STAMP = re.compile(r"^\d{4}[-/]\d{1,2}[-/]\d{1,2} \d{1,2}:\d{2}")


def _layout_of_counts(first: tuple[str, ...], added: dict[int, tuple[str, ...]]) -> Layout:
    layouts = [layout_of_columns(NEEDED, first + more) for more in added.values()]
    positions = {count: at for layout in layouts for count, at in layout.positions.items()}
    return Layout(positions=positions, expected=f"{min(positions)} to {max(positions)} columns")


def _header_layout(fields: Sequence[str]) -> Layout | None:
    names = [name.strip().lower() for name in fields]
    names = [_OTHER_NAMES.get(name, name) for name in names]
    is_header = {"src", "dst", "start", "billsec"} <= set(names)
    return layout_of_columns(NEEDED, names) if is_header else None


CSV_FORM = CsvForm(
    columns=NEEDED,
    layout=_layout_of_counts(_CSV_FIRST, _CSV_ADDED),
    header_layout=_header_layout,
)
CUSTOM_FORM = CsvForm(
    columns=NEEDED,
    layout=_layout_of_counts(_CUSTOM_FIRST, _CUSTOM_ADDED),
    header_layout=_header_layout,
)


def decode_asterisk_csv(payloads: Sequence[Payload], options: SourceOptions) -> DecodedBatch:
    """Read lines of cdr_csv: account code first, 16 to 21 columns, or any with a header."""
    return _decode(payloads, options, CSV_FORM)


def decode_asterisk_custom(payloads: Sequence[Payload], options: SourceOptions) -> DecodedBatch:
    """Read lines of cdr_custom: caller id first, 18 to 20 columns, or any with a header."""
    return _decode(payloads, options, CUSTOM_FORM)


def sniff_asterisk_csv(head: bytes) -> str | None:
    """Say why a file begins like cdr_csv; None where it does not."""
    return _sniff(head, CSV_FORM, first_header="accountcode", stamps=(9, 11), disposition=14)


def sniff_asterisk_custom(head: bytes) -> str | None:
    """Say why a file begins like cdr_custom or a table with a header; None where it does not."""
    return _sniff(head, CUSTOM_FORM, first_header=None, stamps=(8, 10), disposition=13)


def _decode(payloads: Sequence[Payload], options: SourceOptions, form: CsvForm) -> DecodedBatch:
    frame, raw = read_lines(payloads, form)
    # An absent column is null, an empty one is empty text: a table without an answer column states
    # the answer by its disposition.
    frame = frame.with_columns(
        answer_is_stated=pl.col("answer").is_not_null(), end_is_stated=pl.col("end").is_not_null()
    )
    for name in ("start", "answer", "end"):
        frame = read_field(frame, name, instant_field(options.tz), expected=STAMP_EXPECTED)
    for name in ("duration", "billsec"):
        frame = read_field(frame, name, seconds_field, expected="seconds")
    frame = read_field(frame, "sequence", whole_field, expected="a whole number")
    for name in ("uniqueid", "linkedid", "src", "dst", "did"):
        frame = read_field(frame, name, text_field, expected="text")
    frame = require_field(frame, "uniqueid", expected="the call's id (loguniqueid=yes)")
    frame = _with_answer_and_end(frame)
    frame = frame.with_columns(
        call_id="uniqueid",
        leg=_leg(),
        calling_number_raw="src",
        service_number_raw=pl.coalesce("did", "dst"),
        answering_number_raw=pl.when(pl.col("answer").is_not_null()).then(_dialled_peer()),
        setup_at="start",
        answered_at="answer",
        released_at="end",
        billable_ms=pl.when(~(pl.col("answer").is_null() & (pl.col("billsec") == 0))).then(
            "billsec"
        ),
        cause=causes_of_names(frame.get_column("disposition"), Q850_OF_DISPOSITION),
        group_id=pl.coalesce("linkedid", "uniqueid"),
    )
    return decoded_batch(
        [ReadRecords(frame=frame, raw_of=each_raw(raw.__getitem__))], payloads, options
    )


def _with_answer_and_end(frame: pl.DataFrame) -> pl.DataFrame:
    """Work out the answer and the end of a table that has no such columns."""
    start, duration, billsec = pl.col("start"), pl.col("duration"), pl.col("billsec")
    end = start + pl.duration(milliseconds=duration, time_unit="us")
    answer = start + pl.duration(milliseconds=duration - billsec, time_unit="us")
    is_answered = (billsec > 0) | (pl.col("disposition").str.strip_chars() == "ANSWERED")
    return frame.with_columns(
        answer=pl.when("answer_is_stated").then("answer").when(is_answered).then(answer),
        end=pl.when("end_is_stated").then("end").otherwise(end),
    )


def _leg() -> pl.Expr:
    # Rows that carry no sequence are told apart by where and when they rang, so that two attempts
    # of one call do not pass for two versions of one record.
    attempt = pl.concat_str(
        pl.col("dstchannel").fill_null(""),
        pl.col("start").dt.epoch("us").cast(pl.String).fill_null(""),
        pl.col("end").dt.epoch("us").cast(pl.String).fill_null(""),
        separator="|",
    )
    sequence = pl.col("sequence").cast(pl.String).fill_null(attempt)
    is_first = pl.col("linkedid").is_null() | (pl.col("linkedid") == pl.col("uniqueid"))
    return pl.when(is_first).then(sequence).otherwise(pl.format("{}#{}", "linkedid", sequence))


def _dialled_peer() -> pl.Expr:
    """Give who was dialled where that is a number: from a dial string of one, else the channel."""
    dialled = pl.when(pl.col("lastapp").str.to_lowercase() == "dial").then(pl.col("lastdata"))
    # Behind the first comma stand the time-out and the options.
    target = dialled.str.splitn(",", 2).struct.field("field_0")
    channel = pl.col("dstchannel")
    return pl.coalesce(
        target.str.extract(_PEER_BEHIND_TRUNK),
        target.str.extract(_PEER),
        channel.str.extract(_PEER_BEHIND_TRUNK),
        channel.str.extract(_PEER),
    )


def _sniff(
    head: bytes,
    form: CsvForm,
    *,
    first_header: str | None,
    stamps: tuple[int, int],
    disposition: int,
) -> str | None:
    lines = [split_line(line) for line in first_lines(head)]
    if lines and (layout := form.header_layout(lines[0])) is not None:
        fits = first_header in {None, lines[0][0].strip().lower()}
        return f"a header of {layout.expected} names src, dst and billsec" if fits else None
    fitting = [
        len(fields)
        for fields in lines
        if len(fields) in form.layout.positions
        and all(_STAMP.match(fields[position]) for position in stamps)
        and fields[disposition].strip().replace(" ", "").isalpha()
    ]
    if 2 * len(fitting) <= len(lines):
        return None
    start, end = stamps
    return (
        f"{max(fitting)} columns, start and end in columns {start + 1} and {end + 1},"
        f" disposition in column {disposition + 1}"
    )
