from zoneinfo import ZoneInfo

import pytest

from cdrpipe.mediation.formats import FORMATS, is_torn
from cdrpipe.mediation.freeswitch_csv import COLUMNS
from cdrpipe.mediation.payload import Payload, SourceOptions


def test_the_formats_are_those_that_settings_may_name() -> None:
    assert set(FORMATS) == {
        "native",
        "native_json",
        "native_csv",
        "native_arrow",
        "freeswitch_csv",
        "freeswitch_json",
        "asterisk_csv",
        "asterisk_custom",
        "cucm",
    }
    assert all(name == form.name for name, form in FORMATS.items())


def test_files_are_cut_at_newlines_where_a_line_is_a_record() -> None:
    cuts = {name: form.cut for name, form in FORMATS.items()}
    assert {name for name, cut in cuts.items() if cut == "whole"} == {"native"}
    assert {name for name, cut in cuts.items() if cut == "stream"} == {"native_arrow"}
    assert {name for name, cut in cuts.items() if cut == "documents"} == {"freeswitch_json"}


def test_only_formats_of_comma_separated_lines_have_headers() -> None:
    with_header = {name for name, form in FORMATS.items() if form.header is not None}
    assert with_header == {
        "native_csv", "cucm", "freeswitch_csv", "asterisk_csv", "asterisk_custom",
    }  # fmt: skip
    header = FORMATS["native_csv"].header
    assert header is not None
    assert header(b"call_id,service_number\nc-1,400\n") == b"call_id,service_number\n"


def payload(data: bytes, first_row: int) -> Payload:
    return Payload(data=data, first_row=first_row, file="day.cdr", file_id="ab" * 32)


@pytest.mark.parametrize("cut", range(1, 6))
def test_how_a_file_is_cut_into_payloads_changes_nothing(cut: int) -> None:
    lines = [
        f'"Li",1,4008001234,in,2026-03-01 09:30:0{at},,,9,0,NO_ANSWER,u{at},,,,\n'
        for at in range(5)
    ]
    lines.insert(2, '"broken\n')
    source = SourceOptions(source="pbx", tz=ZoneInfo("Asia/Shanghai"))
    decode = FORMATS["freeswitch_csv"].decode
    head, tail = ("".join(part).encode() for part in (lines[:cut], lines[cut:]))
    whole = decode([payload(head + tail, 1)], source)
    parts = decode([payload(head, 1), payload(tail, 1 + cut)], source)
    assert parts.cdrs.equals(whole.cdrs)
    assert parts.unreadable.equals(whole.unreadable)


LINE = b",".join([b"x"] * len(COLUMNS))


@pytest.mark.parametrize(
    ("name", "line", "header", "previous"),
    [
        ("freeswitch_csv", LINE[:-4], None, None),
        ("freeswitch_csv", LINE + b',"PCM', None, None),
        ("asterisk_csv", b",".join([b"x"] * 17), None, b",".join([b"x"] * 21)),
        ("native_csv", b"c-1", b"call_id,service_number\n", None),
        ("native_json", b'{"call_id": "c-1", "serv', None, None),
    ],
)
def test_a_line_that_breaks_off_is_torn(name, line, header, previous) -> None:
    assert str(is_torn(name, line, header, previous)).startswith("the last line has no newline")


@pytest.mark.parametrize(
    ("name", "line", "header"),
    [
        ("freeswitch_csv", LINE, None),
        ("asterisk_csv", b",".join([b"x"] * 17), None),
        ("native_csv", b"c-1,400", b"call_id,service_number\n"),
        ("native_json", b'{"call_id": "c-1"}', None),
        ("native_json", b"  ", None),
        ("freeswitch_json", b"}", None),
        ("native_arrow", b"\x00", None),
    ],
)
def test_a_line_that_can_be_whole_is_not_torn(name, line, header) -> None:
    assert is_torn(name, line, header) is None
