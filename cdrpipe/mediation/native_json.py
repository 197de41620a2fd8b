"""The native form in JSON: an object a record; in files one a line, in messages also an array."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
import polars as pl
import pyarrow as pa

from cdrpipe.mediation.csv_lines import first_lines
from cdrpipe.mediation.json_documents import json_bytes, load_lenient
from cdrpipe.mediation.native_fields import NATIVE_FIELDS, REQUIRED_FIELDS, read_native_fields
from cdrpipe.mediation.native_lines import decode_file_lines, decode_messages
from cdrpipe.mediation.payload import DecodedBatch, Payload, SourceOptions
from cdrpipe.mediation.read_records import (
    ReadRecords,
    decoded_batch,
    each_raw,
    places_frame,
    unreadable_messages,
)

# A whole number beyond this is read as a float by the parser and has lost digits.
_FLOAT_WHOLE_MAX = 2**53

_COLUMN_TYPES = {pa.string(), pa.int64(), pa.bool_()}


def decode_native_json(payloads: Sequence[Payload], options: SourceOptions) -> DecodedBatch:
    """Read native JSON: messages of an object, an array or lines; files of lines."""
    if len(payloads) == 1 and payloads[0].file is not None:
        return decode_file_lines(payloads[0], options, form=None, plain=decode_json_plainly)
    return decode_messages(payloads, options, plain=decode_json_plainly)


def decode_json_plainly(payloads: Sequence[Payload], options: SourceOptions) -> DecodedBatch:
    """Read native JSON record by record: the meaning of ``decode_native_json``."""
    return decoded_batch(
        read_native_json(payloads, range(len(payloads)), options), payloads, options
    )


def read_native_json(
    payloads: Sequence[Payload], chosen: Sequence[int], options: SourceOptions
) -> list[ReadRecords]:
    """Read the chosen payloads: their records, and the messages that cannot be read."""
    records = _Records(payload_index=[], row=[], values=[], raw=[], fault=[])
    faults: dict[int, str] = {}
    for index in chosen:
        payload = payloads[index]
        try:
            value = orjson.loads(payload.data)
        except orjson.JSONDecodeError:
            value = None
        is_line = payload.file is not None and b"\n" not in payload.data.strip()
        if type(value) is dict and not is_line:
            records.add(index, payload.first_row, value, payload.data)
        elif payload.file is not None:
            _add_lines(records, index, payload)
        else:
            fault = _add_message(records, index, payload)
            if fault is not None:
                faults[index] = fault
    frame = read_native_fields(_words(records), options)
    read = ReadRecords(frame=frame, raw_of=each_raw(records.raw_of))
    return [read, unreadable_messages(payloads, faults)] if faults else [read]


def sniff_native_json(head: bytes) -> str | None:
    """Say why a file begins like native JSON, one object a line; None where it does not."""
    lines = first_lines(head)
    fitting = 0
    for line in lines:
        try:
            value = load_lenient(line.encode())
        except ValueError:
            continue
        fitting += isinstance(value, dict) and set(REQUIRED_FIELDS) <= value.keys()
    if 2 * fitting <= len(lines):
        return None
    return "one JSON object a line, with call_id and service_number"


def torn_json(line: bytes) -> str | None:
    """Say why a last line without a newline cannot be a whole record; None where it can."""
    try:
        load_lenient(line)
    except ValueError as error:
        return f"the last line has no newline and is no whole JSON document: {error}"
    return None


@dataclass(slots=True, kw_only=True)
class _Records:
    payload_index: list[int]
    row: list[int]
    values: list[dict[str, object]]
    raw: list[bytes | None]  # None: an array's element, written again when asked for
    fault: list[str | None]

    def add(self, payload_index: int, row: int, value: object, raw: bytes | None) -> None:
        is_object = isinstance(value, dict)
        self.payload_index.append(payload_index)
        self.row.append(row)
        self.values.append(value if isinstance(value, dict) else {})
        self.raw.append(json_bytes(value) if raw is None and not is_object else raw)
        self.fault.append(None if is_object else f"expected a JSON object, came {_kind(value)}")

    def add_unreadable(self, payload_index: int, row: int, raw: bytes, fault: str) -> None:
        self.add(payload_index, row, {}, raw)
        self.fault[-1] = fault

    def raw_of(self, record: int) -> bytes:
        raw = self.raw[record]
        return json_bytes(self.values[record]) if raw is None else raw


def _add_message(records: _Records, index: int, payload: Payload) -> str | None:
    """Add a message that is no plain object; say why it cannot be read, or None."""
    try:
        value = load_lenient(payload.data)
    except ValueError as error:
        lines = [line for line in payload.data.split(b"\n") if line.strip()]
        if len(lines) > 1 and any(_is_object(line) for line in lines):
            _add_lines(records, index, payload)
            return None
        came = f"{len(payload.data)} bytes that are none: {error}" if lines else "an empty message"
        return f"expected a JSON object, an array or lines of objects, came {came}"
    if isinstance(value, list):
        for row, element in enumerate(value, payload.first_row):
            records.add(index, row, element, None)
        return None
    if isinstance(value, dict):
        records.add(index, payload.first_row, value, payload.data)
        return None
    return f"expected a JSON object, an array or lines of objects, came {_kind(value)}"


def _add_lines(records: _Records, index: int, payload: Payload) -> None:
    row = payload.first_row
    for line in payload.data.split(b"\n"):
        if not line.strip():
            continue
        raw = line.removesuffix(b"\r")
        try:
            records.add(index, row, load_lenient(raw), raw)
        except ValueError as error:
            fault = f"expected a JSON object on a line, came a line that is none: {error}"
            records.add_unreadable(index, row, raw, fault)
        row += 1


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(load_lenient(line), dict)
    except ValueError:
        return False


def _kind(value: object) -> str:
    kinds = {dict: "an object", list: "an array", str: "a text", bool: "a boolean"}
    return "null" if value is None else kinds.get(type(value), "a number")


def _words(records: _Records) -> pl.DataFrame:
    values = records.values
    columns = {
        name: _column([value.get(name) for value in values], records.fault, name)
        for name in NATIVE_FIELDS
    }
    frame = places_frame(payload_index=records.payload_index, row=records.row, fault=records.fault)
    bridged_stated = pl.Series(["bridged_at" in value for value in values], dtype=pl.Boolean)
    return frame.with_columns(
        *(column.alias(name) for name, column in columns.items()),
        bridged_stated=bridged_stated,
    )


def _column(values: list[object], faults: list[str | None], name: str) -> pl.Series:
    """Make one column of a field; numbers and text in one batch become text."""
    try:
        array = pa.array(values)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        array = None
    if array is not None and array.type == pa.null():
        return pl.Series(values, dtype=pl.String)
    if array is None or array.type not in _COLUMN_TYPES:
        array = pa.array(_texts(values, faults, name), pa.string())
    return pl.Series(pl.from_arrow(array))


def _texts(values: list[object], faults: list[str | None], name: str) -> list[str | None]:
    texts = [_text(value) for value in values]
    for record, value in enumerate(values):
        if texts[record] is None and value is not None and faults[record] is None:
            faults[record] = f"expected {name} as text or a whole number, came {_kind(value)}"
    return texts


def _text(value: object) -> str | None:
    """Give a text or a whole number as text; None for what is neither."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < _FLOAT_WHOLE_MAX:
        return str(int(value))
    return None
