"""The native form in messages: JSON, CSV or Arrow, told apart message by message."""

from collections.abc import Sequence

from cdrpipe.mediation.native_arrow import FILE_START, STREAM_START, read_native_arrow
from cdrpipe.mediation.native_csv import is_native_csv, read_native_csv
from cdrpipe.mediation.native_fields import NATIVE_FIELDS
from cdrpipe.mediation.native_json import read_native_json
from cdrpipe.mediation.native_lines import decode_messages
from cdrpipe.mediation.payload import DecodedBatch, Payload, SourceOptions
from cdrpipe.mediation.read_records import decoded_batch, unreadable_messages

_BLANKS = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_CAME_BYTES_MAX = 16


def decode_native(payloads: Sequence[Payload], options: SourceOptions) -> DecodedBatch:
    """Read native messages of any form.

    A message begins with ``{`` or ``[`` (JSON), with an Arrow stream's or file's first bytes, or
    with a CSV line of the native header or of as many columns; any other is unreadable.
    """
    return decode_messages(payloads, options, plain=decode_plainly)


def decode_plainly(payloads: Sequence[Payload], options: SourceOptions) -> DecodedBatch:
    """Read native messages record by record: the meaning of ``decode_native``."""
    chosen: dict[str, list[int]] = {"json": [], "arrow": [], "csv": []}
    faults: dict[int, str] = {}
    for index, payload in enumerate(payloads):
        form = _form_of(payload.data)
        if form is None:
            faults[index] = _fault_of(payload.data)
        else:
            chosen[form].append(index)
    parts = []
    if chosen["json"] or not payloads:
        parts += read_native_json(payloads, chosen["json"], options)
    if chosen["arrow"]:
        parts += read_native_arrow(payloads, chosen["arrow"], options)
    if chosen["csv"]:
        parts += read_native_csv(payloads, chosen["csv"], options)
    if faults:
        parts.append(unreadable_messages(payloads, faults))
    return decoded_batch(parts, payloads, options)


def _form_of(data: bytes) -> str | None:
    if data[:1] == b"{":
        return "json"
    if data.startswith((STREAM_START, FILE_START)):
        return "arrow"
    text = data.removeprefix(_BOM).lstrip(_BLANKS)
    if text[:1] in {b"{", b"["}:
        return "json"
    return "csv" if is_native_csv(text) else None


def _fault_of(data: bytes) -> str:
    text = data.strip(_BLANKS)
    came = f"{text[:_CAME_BYTES_MAX]!r}" if text else "an empty message"
    return f"expected JSON, an Arrow stream or CSV of {len(NATIVE_FIELDS)} columns, came {came}"
