from datetime import UTC, datetime

from cdrpipe.mediation.native_fields import NATIVE_FIELDS

HEADER = "call_id,calling_number,service_number,answered_at,billable_ms\n"
LINE = "c-1,13912340001,4008001234,2026-03-01 09:30:04,60540\n"


def test_a_file_s_header_names_its_columns(decode_file) -> None:
    (cdr,) = decode_file("native_csv", (HEADER + LINE).encode()).cdrs
    assert (cdr["call_id"], cdr["service_number_raw"], cdr["row"]) == ("c-1", "4008001234", 1)
    assert cdr["answered_at"] == datetime(2026, 3, 1, 1, 30, 4, tzinfo=UTC)
    assert (cdr["billable_ms"], cdr["is_final"]) == (60_540, True)


def test_a_line_without_a_header_has_the_20_columns_in_their_order(decode_messages) -> None:
    given = {
        "source": "cloud",
        "call_id": "c-1",
        "partial_no": "1",
        "is_final": "false",
        "service_number": "4008001234",
        "bridged_at": "1772328609",
        "billable_ms": "60540",
        "billable_from": "bridged",
        "second_leg_id": "c-2",
    }
    line = ",".join(given.get(name, "") for name in NATIVE_FIELDS).encode()
    (cdr,) = decode_messages("native_csv", line).cdrs
    assert (cdr["source"], cdr["call_id"], cdr["second_leg_id"]) == ("cloud", "c-1", "c-2")
    assert (cdr["partial_no"], cdr["is_final"], cdr["billable_from"]) == (1, False, "bridged")
    assert cdr["bridged_at"] == datetime(2026, 3, 1, 1, 30, 9, tzinfo=UTC)
    assert (cdr["calling_number_raw"], cdr["setup_at"], cdr["cause"]) == (None, None, None)


def test_a_bridge_is_stated_where_its_column_is_there(decode_file) -> None:
    with_column = HEADER.replace("answered_at", "bridged_at") + LINE.replace(
        "2026-03-01 09:30:04", ""
    )
    (cdr,) = decode_file("native_csv", with_column.encode()).cdrs
    assert (cdr["bridged_at"], cdr["bridged_stated"]) == (None, True)
    (cdr,) = decode_file("native_csv", (HEADER + LINE).encode()).cdrs
    assert (cdr["bridged_at"], cdr["bridged_stated"]) == (None, False)


def test_lines_that_cannot_be_read_say_why(decode_file) -> None:
    lines = [LINE, "c-2,1,2\n", LINE.replace("c-1", ""), LINE.replace("60540", "a minute")]
    decoded = decode_file("native_csv", (HEADER + "".join(lines)).encode())
    assert [cdr["row"] for cdr in decoded.cdrs] == [1]
    assert decoded.details == [
        "expected 5 columns, came 3",
        "expected call_id: a text or a whole number, came none",
        "expected billable_ms as whole milliseconds, 0 or more, came 'a minute'",
    ]


def test_text_that_is_no_utf8_is_read_as_switches_in_china_write_it(decode_file) -> None:
    header = b"call_id,service_number,extension,setup_at\n"
    line = "c{},4008001234,{},2026-10-05 10:00:00\n"
    data = header + line.format(1, "售后").encode() + line.format(2, "销售").encode("gb18030")
    cdrs = decode_file("native_csv", data).cdrs
    assert [cdr["extension"] for cdr in cdrs] == ["售后", "销售"]
