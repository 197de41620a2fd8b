"""Every format a source can have, by the name used in settings and on the command line."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from cdrpipe.mediation import (
    asterisk,
    cucm,
    freeswitch_csv,
    freeswitch_json,
    native,
    native_arrow,
    native_csv,
    native_json,
)
from cdrpipe.mediation.csv_lines import CsvForm, header_of, torn_line
from cdrpipe.mediation.payload import DecodedBatch, Payload, SourceOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format.

    ``cut`` says where a file may be cut into payloads: behind any newline (``lines``), between its
    documents, which no newline tells apart (``documents``), between records of an Arrow stream
    (``stream``), or nowhere (``whole``).
    ``sniff`` takes a file's first bytes and says why they fit, or None; it is None for a format
    of messages alone. ``header`` gives the lines at the start of a file's head that are no
    records, b"" where there are none; it is None where the format never has any. ``form`` is what
    lines of comma-separated text look like; None for other formats.
    """

    name: str
    title: str
    decode: Callable[[Sequence[Payload], SourceOptions], DecodedBatch]
    sniff: Callable[[bytes], str | None] | None
    cut: Literal["lines", "documents", "stream", "whole"]
    header: Callable[[bytes], bytes] | None = None
    form: CsvForm | None = None


def is_torn(
    name: str, last_line: bytes, header: bytes | None, previous_line: bytes | None = None
) -> str | None:
    """Say why a file's last line, that has no newline, cannot be a whole record.

    Parameters
    ----------
    name
        Name of a format in FORMATS.
    previous_line
        The record before it, where there is one; it tells the number of columns in a format
        that has several.

    Returns
    -------
    A sentence; None where the line can be whole, and for formats that are not cut at newlines.
    """
    form = FORMATS[name]
    if form.cut != "lines" or not last_line.strip():
        return None
    if form.form is None:
        return native_json.torn_json(last_line)
    return torn_line(form.form, last_line, header=header, previous=previous_line)


def _of_lines(
    name: str,
    title: str,
    decode: Callable[[Sequence[Payload], SourceOptions], DecodedBatch],
    sniff: Callable[[bytes], str | None],
    form: CsvForm,
) -> Format:
    header = partial(header_of, form=form)
    return Format(
        name=name, title=title, decode=decode, sniff=sniff, cut="lines", header=header, form=form
    )


# In the order in which a file is tried: the most telling first.
_ALL = (
    Format(
        name="native_arrow",
        title="native form, Arrow IPC stream",
        decode=native_arrow.decode_native_arrow,
        sniff=native_arrow.sniff_native_arrow,
        cut="stream",
    ),
    Format(
        name="freeswitch_json",
        title="FreeSWITCH mod_json_cdr",
        decode=freeswitch_json.decode_freeswitch_json,
        sniff=freeswitch_json.sniff_freeswitch_json,
        cut="documents",
    ),
    Format(
        name="native_json",
        title="native form, JSON lines",
        decode=native_json.decode_native_json,
        sniff=native_json.sniff_native_json,
        cut="lines",
    ),
    _of_lines(
        "native_csv",
        "native form, CSV",
        native_csv.decode_native_csv,
        native_csv.sniff_native_csv,
        native_csv.FORM,
    ),
    _of_lines("cucm", "Cisco CUCM", cucm.decode_cucm, cucm.sniff_cucm, cucm.FORM),
    _of_lines(
        "freeswitch_csv",
        "FreeSWITCH mod_cdr_csv",
        freeswitch_csv.decode_freeswitch_csv,
        freeswitch_csv.sniff_freeswitch_csv,
        freeswitch_csv.FORM,
    ),
    _of_lines(
        "asterisk_csv",
        "Asterisk cdr_csv",
        asterisk.decode_asterisk_csv,
        asterisk.sniff_asterisk_csv,
        asterisk.CSV_FORM,
    ),
    _of_lines(
        "asterisk_custom",
        "Asterisk cdr_custom, or a table with a header",
        asterisk.decode_asterisk_custom,
        asterisk.sniff_asterisk_custom,
        asterisk.CUSTOM_FORM,
    ),
    Format(
        name="native",
        title="native form, told apart message by message",
        decode=native.decode_native,
        sniff=None,
        cut="whole",
    ),
)

FORMATS: dict[str, Format] = {form.name: form for form in _ALL}
assert len(FORMATS) == len(_ALL)
