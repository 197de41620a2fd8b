"""The native form in CSV: with a header of field names, or in the order of NATIVE_FIELDS."""

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
from cdrpipe.mediation.native_fields import NATIVE_FIELDS, REQUIRED_FIELDS, read_native_fields
from cdrpipe.mediation.native_lines import decode_file_lines
from cdrpipe.mediation.payload import DecodedBatch, Payload, SourceOptions
from cdrpipe.mediation.read_records import ReadRecords, decoded_batch, each_raw


def header_layout(fields: Sequence[str]) -> Layout | None:
    """Lay out the lines behind a header; None where the fields are no header."""
    names = [name.strip().lower() for name in fields]
    is_header = set(REQUIRED_FIELDS) <= set(names)
    return layout_of_columns(NATIVE_FIELDS, names) if is_header else None


FORM = CsvForm(
    columns=NATIVE_FIELDS,
    layout=layout_of_columns(NATIVE_FIELDS, NATIVE_FIELDS),
    header_layout=header_layout,
)


def decode_native_csv(payloads: Sequence[Payload], options: SourceOptions) -> DecodedBatch:
    """Read native CSV, one record a line."""
    if len(payloads) == 1 and payloads[0].file is not None:
        return decode_file_lines(payloads[0], options, form=FORM, plain=decode_csv_plainly)
    return decode_csv_plainly(payloads, options)


def decode_csv_plainly(payloads: Sequence[Payload], options: SourceOptions) -> DecodedBatch:
    """Read native CSV line by line: the meaning of ``decode_native_csv``."""
    return decoded_batch(
        read_native_csv(payloads, range(len(payloads)), options), payloads, options
    )


def read_native_csv(
    payloads: Sequence[Payload], chosen: Sequence[int], options: SourceOptions
) -> list[ReadRecords]:
    """Read the chosen payloads, one record a line."""
    frame, raw = read_lines([payloads[index] for index in chosen], FORM)
    frame = frame.with_columns(
        payload_index=pl.Series(list(chosen), dtype=pl.Int64).gather(
            frame.get_column("payload_index")
        ),
        # A column that is absent is null, one that is empty is empty text.
        bridged_stated=pl.col("bridged_at").is_not_null(),
    )
    frame = read_native_fields(frame, options)
    return [ReadRecords(frame=frame, raw_of=each_raw(raw.__getitem__))]


def is_native_csv(data: bytes) -> bool:
    """Tell whether a message's first line is a native header or has as many columns."""
    lines = first_lines(data)
    fields = split_line(lines[0]) if lines else []
    return len(fields) in FORM.layout.positions or header_layout(fields) is not None


def sniff_native_csv(head: bytes) -> str | None:
    """Say why a file begins like native CSV, with its header; None where it does not."""
    lines = first_lines(head)
    layout = header_layout(split_line(lines[0])) if lines else None
    if layout is None:
        return None
    return f"a header of {layout.expected} names call_id and service_number"
