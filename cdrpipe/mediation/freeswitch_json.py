"""FreeSWITCH mod_json_cdr: one document a leg, every value text, perhaps URL-encoded.

States setup, answer, bridge and end in microseconds since 1970 and ``billmsec`` from the answer,
and so knows whether a person answered. The same document may come by POST and, after a retry, in a
file: both give the same record.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import polars as pl

from cdrpipe.mediation.fields import (
    instant_field,
    read_field,
    require_field,
    seconds_field,
    text_field,
    whole_field,
)
from cdrpipe.mediation.hangup_cause import Q850_OF_NAME, causes_of_names, causes_of_numbers
from cdrpipe.mediation.json_documents import Document, documents_of
from cdrpipe.mediation.payload import DecodedBatch, Payload, SourceOptions
from cdrpipe.mediation.read_records import ReadRecords, decoded_batch, each_raw, places_frame

_VARIABLES = (
    "uuid",
    "direction",
    "start_uepoch",
    "start_epoch",
    "answer_uepoch",
    "answer_epoch",
    "bridge_uepoch",
    "bridge_epoch",
    "end_uepoch",
    "end_epoch",
    "billmsec",
    "billsec",
    "hangup_cause_q850",
    "hangup_cause",
    "originating_leg_uuid",
    "bridge_uuid",
    "last_bridge_to",
)
_NUMBERS = ("calling_number", "dialled_number", "answering_number")
_INSTANTS = {
    "start": "setup_at",
    "answer": "answered_at",
    "bridge": "bridged_at",
    "end": "released_at",
}
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_FORM_FIELD = b"cdr="


def decode_freeswitch_json(payloads: Sequence[Payload], options: SourceOptions) -> DecodedBatch:
    """Read mod_json_cdr documents: one a payload or many, on lines, in a row or in an array."""
    index: list[int] = []
    row: list[int] = []
    documents: list[Document] = []
    for position, payload in enumerate(payloads):
        found = _documents(payload.data)
        documents.extend(found)
        index.extend([position] * len(found))
        row.extend(range(payload.first_row, payload.first_row + len(found)))
    facts = [_facts(document) for document in documents]
    frame = places_frame(payload_index=index, row=row, fault=[fact["fault"] for fact in facts])
    names = (*_VARIABLES, *_NUMBERS)
    frame = frame.with_columns(
        pl.Series(name, [fact[name] for fact in facts], dtype=pl.String) for name in names
    )
    records = ReadRecords(
        frame=_read_fields(frame, options), raw_of=each_raw(lambda record: documents[record].raw)
    )
    return decoded_batch([records], payloads, options)


def sniff_freeswitch_json(head: bytes) -> str | None:
    """Say why a file begins like mod_json_cdr; None where it does not."""
    text = _form_field(head).lstrip().removeprefix(b"\xef\xbb\xbf")
    if text[:3].upper() in {b"%7B", b"%5B"}:
        text = _url_decoded(text)
    if text[:1] not in {b"{", b"["}:
        return None
    if b'"variables"' not in text and b'"callflow"' not in text and b'"channel_data"' not in text:
        return None
    if b'"core-uuid"' not in text and b'"switchname"' not in text:
        return None
    return "JSON documents with core-uuid or switchname, and variables or channel data"


def _documents(data: bytes) -> list[Document]:
    """Cut a payload into documents; one that is URL-encoded as a whole stands on a line."""
    text = _form_field(data.strip())
    if text[:3].upper() not in {b"%7B", b"%5B"}:
        return documents_of(text)
    lines = [_form_field(line.strip()) for line in text.split(b"\n") if line.strip()]
    return [document for line in lines for document in _decoded_documents(line)]


def _decoded_documents(line: bytes) -> list[Document]:
    # Encoders of forms write a blank as "+" and a plus as %2B.
    documents = documents_of(_url_decoded(line.replace(b"+", b" ")))
    return [replace(documents[0], raw=line)] if len(documents) == 1 else documents


def _form_field(data: bytes) -> bytes:
    """Strip the name of the form's field that mod_json_cdr posts the document in."""
    return data.removeprefix(_FORM_FIELD)


def _facts(document: Document) -> dict[str, str | None]:
    facts: dict[str, str | None] = dict.fromkeys((*_VARIABLES, *_NUMBERS, "fault"))
    facts["fault"] = document.fault
    if document.fault is not None:
        return facts
    variables = _mapping(_mapping(document.value).get("variables"))
    if not variables:
        facts["fault"] = "expected a JSON document with variables, came one without"
        return facts
    facts.update({name: _text(variables.get(name)) for name in _VARIABLES})
    profile = _first_profile(document.value)
    facts["uuid"] = facts["uuid"] or _text(profile.get("uuid"))
    facts["calling_number"] = _first_of(profile, "caller_id_number") or _first_of(
        variables, "caller_id_number", "sip_from_user"
    )
    facts["dialled_number"] = _first_of(profile, "destination_number") or _first_of(
        variables, "destination_number", "sip_req_user", "sip_to_user"
    )
    facts["answering_number"] = _bridged_number(document.value, variables)
    return facts


def _flows(value: object) -> list[Mapping[str, object]]:
    entries = _mapping(value).get("callflow")
    return [_mapping(entry) for entry in (entries if isinstance(entries, list) else [entries])]


def _first_profile(value: object) -> Mapping[str, object]:
    """Give the caller profile the call came in with: a transfer puts a later one before it."""
    flows = enumerate(_flows(value))
    first = min(flows, key=lambda entry: (_index(entry[1]), -entry[0]), default=(0, {}))
    return _mapping(first[1].get("caller_profile"))


def _index(flow: Mapping[str, object]) -> int:
    text = _text(flow.get("profile_index")) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _bridged_number(value: object, variables: Mapping[str, object]) -> str | None:
    """Give the number of the leg the call was bridged to, else the one last shown to the caller."""
    bridged_to = _first_of(variables, "bridge_uuid", "last_bridge_to")
    numbers = (
        _first_of(profile, "destination_number")
        for profile in _originatees(value)
        if bridged_to is not None and _first_of(profile, "uuid") == bridged_to
    )
    stated = next((number for number in numbers if number), None)
    return stated or _first_of(variables, "last_sent_callee_id_number", "dialed_user")


def _originatees(value: object) -> Iterator[Mapping[str, object]]:
    for flow in _flows(value):
        originatee = _mapping(_mapping(flow.get("caller_profile")).get("originatee"))
        profiles = originatee.get("originatee_caller_profiles")
        yield from map(_mapping, profiles if isinstance(profiles, list) else [])


def _read_fields(frame: pl.DataFrame, options: SourceOptions) -> pl.DataFrame:
    for name in (*_VARIABLES, *_NUMBERS):
        if name.endswith("epoch"):
            read, expected = instant_field(options.tz), "a count since 1970"
        elif name == "billmsec":
            read, expected = whole_field, "whole milliseconds"
        elif name == "billsec":
            read, expected = seconds_field, "whole seconds"
        else:
            read, expected = text_field, "text"
        frame = read_field(frame, name, read, expected=expected)
    frame = require_field(frame, "uuid", expected="the leg's id")
    frame = frame.with_columns(
        pl.coalesce(f"{name}_uepoch", f"{name}_epoch").alias(column)
        for name, column in _INSTANTS.items()
    )
    causes = causes_of_numbers(frame.get_column("hangup_cause_q850"))
    named = causes_of_names(frame.get_column("hangup_cause"), Q850_OF_NAME)
    is_second_leg = pl.col("direction").eq_missing("outbound")
    stated = pl.coalesce("billmsec", "billsec")
    return frame.with_columns(
        call_id="uuid",
        calling_number_raw="calling_number",
        service_number_raw="dialled_number",
        answering_number_raw=pl.when(pl.col("bridged_at").is_not_null()).then("answering_number"),
        billable_ms=pl.when(pl.col("answered_at").is_not_null() | (stated != 0)).then(stated),
        bridged_stated=pl.lit(value=True),
        cause=causes.zip_with(causes.is_not_null(), named),
        first_leg_id=pl.when(is_second_leg).then("originating_leg_uuid"),
        second_leg_id=pl.when(~is_second_leg).then(pl.coalesce("bridge_uuid", "last_bridge_to")),
    )


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _first_of(values: Mapping[str, object], *names: str) -> str | None:
    return next((text for name in names if (text := _text(values.get(name)))), None)


def _text(value: object) -> str | None:
    """Give a value as text, URL-decoded, with wrong UTF-8 replaced; null where it is none."""
    if value is None or isinstance(value, dict | list):
        return None
    text = value if isinstance(value, str) else str(value)
    if "%" not in text and text.isascii():
        return text
    return _url_decoded(text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")


def _url_decoded(data: bytes) -> bytes:
    """Turn %XX into its byte; any other percent sign stands for itself (RFC 3986 section 2.1)."""
    return _ESCAPE.sub(lambda escape: bytes([int(escape[1], 16)]), data)
