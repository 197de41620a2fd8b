"""Lines read by the kernel are what the plain readers make of them, whatever they say."""

import json
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdrpipe._fast import decode
from cdrpipe.mediation.native import decode_native, decode_plainly
from cdrpipe.mediation.native_columns import read_lines
from cdrpipe.mediation.native_csv import FORM, decode_csv_plainly, decode_native_csv
from cdrpipe.mediation.native_fields import NATIVE_FIELDS
from cdrpipe.mediation.native_json import decode_json_plainly, decode_native_json
from cdrpipe.mediation.payload import DecodedBatch, Payload, SourceOptions

# A zone whose clock jumped in the days that the stamps are of, and one whose did not.
ZONES = [ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")]

TEXTS = st.sampled_from(
    ["", " ", "a", "c-1", "4008001234", "+86 138", "0", "007", "null", "ä", "\t"]
)
STAMPS = st.sampled_from(
    [
        "",
        "0",
        "0000-00-00 00:00:00",
        "2026-10-05 12:00:00",
        "2026-10-05T12:00:00",
        "2026-10-05T04:00:00Z",
        "2026-10-05T04:00:00.123Z",
        "2026-10-05 12:00:00.123456",
        "2026-10-05T12:00:00.1234567+08:00",
        "2026-10-05T12:00:00+0800",
        "2026-10-05T12:00:00+15:00",
        "2026/10/05 12:00:00",
        "2026-03-08 02:30:00",
        "2026-11-01 01:30:00",
        "2024-02-29 00:00:00",
        "2025-02-29 00:00:00",
        "2026-10-05 24:00:00",
        "2026-10-05 12:00:60",
        "1969-12-31T23:59:59Z",
        "1970-01-01 00:00:00",
        "2200-01-01T00:00:00Z",
        "1790000000",
        "1790000000000",
        "1790000000000000",
        "01790000000",
        "99999999999999999999",
        "-5",
        "noon",
    ]
)
WHOLES = st.sampled_from(
    [
        "",
        "0",
        "1",
        "2147483647",
        "2147483648",
        "60000",
        "-1",
        "1.5",
        "1e3",
        "007",
        "9" * 15,
        "9" * 16,
    ]
)
FLAGS = st.sampled_from(["", "true", "false", "1", "0", "True", "yes", " true "])
VALUES = {
    "setup_at": STAMPS,
    "answered_at": STAMPS,
    "bridged_at": STAMPS,
    "released_at": STAMPS,
    "partial_no": WHOLES,
    "billable_ms": WHOLES,
    "is_final": FLAGS,
    "is_continuation": FLAGS,
    "billable_from": st.sampled_from(["", "answered", "bridged", "setup"]),
    "cause": st.sampled_from(["", "16", "0", "128", "016", "NORMAL_CLEARING", "9" * 18]),
}
RECORDS = st.fixed_dictionaries(
    {"call_id": st.sampled_from(["c1", "c1", "c2", ""]), "service_number": TEXTS},
    optional={
        name: VALUES.get(name, TEXTS)
        for name in NATIVE_FIELDS
        if name not in {"call_id", "service_number"}
    },
)


def as_json_value(name: str, text: str, how: int) -> object:
    """Write some of the texts as the numbers, flags and nulls that JSON has for them."""
    if how == 1 and text.isdigit() and (text == "0" or not text.startswith("0")):
        return int(text)
    if how == 1 and text in {"true", "false"}:
        return text == "true"
    if how == 2 and not text:
        return None
    return {"a": [text]} if how == 3 and name == "extension" else text


@st.composite
def json_lines(draw: st.DrawFn) -> bytes:
    """Draw a line: mostly a record as it should be written, else one that is not."""
    record = draw(RECORDS)
    line = json.dumps(
        {name: as_json_value(name, text, draw(st.integers(0, 3))) for name, text in record.items()}
        | draw(st.sampled_from([{}, {}, {"more": 1.5}, {"call_id ": "x"}])),
        ensure_ascii=draw(st.booleans()),
        separators=draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", " : ")])),
    ).encode()
    match draw(st.integers(0, 19)):
        case 0:
            return line[: draw(st.integers(0, len(line)))]
        case 1:
            return line + draw(st.sampled_from([b" ", b"\r", b"}", b",", b"\x00", b"\xff"]))
        case 2:
            return line.replace(b'"call_id"', b'"call_id": "twice", "call_id"')
        case 3:
            return draw(
                st.sampled_from([b"", b" ", b"null", b"[]", b"7", b"\xc2\xa0", b"\xef\xbb\xbf"])
            )
        case 4:
            return b"[" + line + b"]"
    return line


@st.composite
def csv_lines(draw: st.DrawFn, names: tuple[str, ...]) -> bytes:
    record = draw(RECORDS)
    cells = []
    for name in names:
        text = record.get(name, "")
        quoted = draw(st.sampled_from([text, text, f'"{text}"', f'"{text}', f'{text}"x']))
        cells.append(quoted)
    line = ",".join(cells).encode()
    match draw(st.integers(0, 19)):
        case 0:
            return line[: draw(st.integers(0, len(line)))]
        case 1:
            return line + draw(st.sampled_from([b"\r", b",", b"\xff", b"\x1c", b" "]))
        case 2:
            return draw(
                st.sampled_from([b"", b" ", b"\x1c", b"\xe3\x80\x80", ",".join(names).encode()])
            )
    return line


def same(found: DecodedBatch, expected: DecodedBatch) -> None:
    for name in expected.cdrs.column_names:
        assert found.cdrs[name].to_pylist() == expected.cdrs[name].to_pylist(), name
    assert found.unreadable.to_pylist() == expected.unreadable.to_pylist()
    every = range(expected.cdrs.num_rows)
    assert found.raw_of(every) == expected.raw_of(every)
    found.cdrs.validate(full=True)


def of_file(data: bytes, *, header: bytes | None = None) -> Payload:
    return Payload(data=data, first_row=5, file="calls", file_id="f" * 64, header=header)


@given(lines=st.lists(json_lines(), max_size=12), zone=st.sampled_from(ZONES))
@settings(deadline=None, max_examples=150)
def test_lines_of_json_files(lines: list[bytes], zone: ZoneInfo) -> None:
    payload, options = of_file(b"\n".join(lines)), SourceOptions(source="s", tz=zone)
    same(decode_native_json([payload], options), decode_json_plainly([payload], options))


@given(data=st.data(), zone=st.sampled_from(ZONES))
@settings(deadline=None, max_examples=150)
def test_lines_of_csv_files(data: st.DataObject, zone: ZoneInfo) -> None:
    names = data.draw(
        st.one_of(
            st.just(NATIVE_FIELDS),
            st.permutations(NATIVE_FIELDS).map(
                lambda each: (*each[:8], "call_id", "service_number")
            ),
        )
    )
    lines = data.draw(st.lists(csv_lines(names), max_size=12))
    header = ",".join(names).encode() + data.draw(st.sampled_from([b"\n", b"\r\n"]))
    options = SourceOptions(source="s", tz=zone)
    if data.draw(st.booleans()):
        payload = of_file(b"\n".join(lines), header=header)
    else:
        bom = data.draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
        payload = of_file(bom + header + b"\n".join(lines))
    same(decode_native_csv([payload], options), decode_csv_plainly([payload], options))


@given(lines=st.lists(st.one_of(json_lines(), csv_lines(NATIVE_FIELDS)), max_size=12))
@settings(deadline=None, max_examples=100)
def test_messages(lines: list[bytes]) -> None:
    payloads = [
        Payload(data=line, first_row=0, topic="cdr", partition=offset % 3, offset=offset)
        for offset, line in enumerate(lines)
    ]
    options = SourceOptions(source="s", tz=ZONES[0])
    same(decode_native(payloads, options), decode_plainly(payloads, options))


def test_records_as_documented_are_all_taken() -> None:
    record = {
        "call_id": "c1",
        "calling_number": "13800138000",
        "service_number": "4008001234",
        "setup_at": "2026-10-05T12:00:00.250+08:00",
        "released_at": "2026-10-05 12:01:10",
        "billable_ms": 60_000,
        "is_final": True,
        "first_leg_id": None,
    }
    options = SourceOptions(source="s", tz=ZONES[0])
    lines = (json.dumps(record).encode() + b"\n") * 3
    read = read_lines(lines, options, first_row=1, form=None, header=None)
    assert read is not None
    assert (read.row.to_pylist(), read.left) == ([1, 2, 3], [])
    header = ",".join(record).encode() + b"\n"
    texts = {None: "", True: "true"}
    cells = ",".join(str(texts.get(value, value)) for value in record.values())
    read = read_lines(header + cells.encode(), options, first_row=1, form=FORM, header=None)
    assert read is not None
    assert (read.row.to_pylist(), read.left) == ([1], [])
    assert read.columns["setup_at"].cast(pa.int64()).to_pylist() == [1_791_172_800_250_000]


def test_the_kernel_knows_the_fields_by_their_places() -> None:
    assert [getattr(decode, name.upper()) for name in NATIVE_FIELDS] == [*range(20)]


def test_buffers_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        decode.copy_texts(
            b"abc",
            memoryview(bytes(4)).cast("i"),
            memoryview(bytes(8)).cast("i"),
            memoryview(bytearray(8)).cast("i"),
            memoryview(bytearray(1)),
            None,
        )
