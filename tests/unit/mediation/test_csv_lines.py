from cdrpipe.mediation.csv_lines import (
    CsvForm,
    first_lines,
    header_of,
    layout_of_columns,
    no_header,
    read_lines,
    split_line,
    torn_line,
)
from cdrpipe.mediation.payload import Payload


def header_layout(fields):
    return layout_of_columns(("b", "c"), fields) if "b" in fields else None


FORM = CsvForm(
    columns=("b", "c"),
    layout=layout_of_columns(("b", "c"), ("a", "b", "c")),
    header_layout=header_layout,
    is_type_line=lambda fields: fields[0] == "INTEGER",
)
PLAIN = CsvForm(columns=("b", "c"), layout=FORM.layout, header_layout=no_header)


def read(data: bytes, *, first_row: int = 1, header: bytes | None = None, form: CsvForm = FORM):
    frame, raw = read_lines([Payload(data=data, first_row=first_row, header=header)], form)
    return frame.select("row", "fault", "b", "c").rows(), raw


def test_each_physical_line_is_a_record_even_behind_an_unbalanced_quote() -> None:
    rows, raw = read(b'1,"x,3\n1,2,3\n4,"5",6\n')
    assert rows == [
        (1, "expected 3 columns, came 2", None, None),
        (2, None, "2", "3"),
        (3, None, "5", "6"),
    ]
    assert raw == [b'1,"x,3', b"1,2,3", b'4,"5",6']


def test_blank_lines_and_line_ends_are_no_records() -> None:
    rows, raw = read(b"\n1,2,3\r\n   \n4,5,6")
    assert [row[0] for row in rows] == [1, 2]
    assert raw == [b"1,2,3", b"4,5,6"]


def test_a_header_and_a_line_of_types_are_no_records() -> None:
    rows, _raw = read(b"c,b\nINTEGER,VARCHAR\n3,2\n")
    assert rows == [(1, None, "2", "3")]


def test_a_header_beside_the_payload_lays_out_its_lines() -> None:
    rows, _raw = read(b"3,2\n9,8\n", first_row=41, header=b"c,b\n")
    assert rows == [(41, None, "2", "3"), (42, None, "8", "9")]


def test_a_column_that_the_header_lacks_is_null_and_an_empty_one_is_empty() -> None:
    assert read(b"b,x\n,1\n")[0] == [(1, None, "", None)]


def test_a_byte_order_mark_belongs_to_no_field() -> None:
    assert read(b"\xef\xbb\xbf2,x,y\n", form=PLAIN)[0] == [(1, None, "x", "y")]


def test_wrong_utf8_and_control_bytes_stay_in_the_raw_line_alone() -> None:
    rows, raw = read(b"\xc3\x28\x01\r,2,3\n")
    assert rows == [(1, None, "2", "3")]
    assert raw == [b"\xc3\x28\x01\r,2,3"]


def test_a_field_longer_than_the_csv_module_takes_is_cut_at_commas() -> None:
    assert split_line('"' + "x" * 200_000 + '",2')[1] == "2"


def test_doubled_quotes_and_commas_inside_quotes_are_one_field() -> None:
    assert split_line('"""Li"" <1>","a,b",c') == ['"Li" <1>', "a,b", "c"]


def test_the_header_of_a_file_is_its_leading_lines_that_are_no_records() -> None:
    assert header_of(b"b,c\nINTEGER,VARCHAR\n1,2\n", FORM) == b"b,c\nINTEGER,VARCHAR\n"
    assert header_of(b"1,2,3\n4,5,6\n", FORM) == b""
    assert header_of(b"b,c\n1,2\n", PLAIN) == b""


def test_the_cut_last_line_of_a_head_is_not_looked_at() -> None:
    assert first_lines(b"1,2\r\n\n3,4\n5,") == ["1,2", "3,4"]
    assert first_lines(b"1,2") == ["1,2"]
    assert first_lines(b"") == []


def test_a_last_line_with_fewer_columns_is_torn() -> None:
    assert torn_line(PLAIN, b"1,2", header=None, previous=None) == (
        "the last line has no newline and 2 columns where 3 were expected"
    )
    assert torn_line(FORM, b"1", header=b"c,b\n", previous=None) is not None
    assert torn_line(PLAIN, b"1,2,3", header=None, previous=b"1,2,3,4") is not None
    assert torn_line(PLAIN, b"1,2,3", header=None, previous=b"1,2,3") is None


def test_a_last_line_that_ends_inside_quotes_is_torn() -> None:
    assert torn_line(PLAIN, b'1,2,"3', header=None, previous=None) == (
        "the last line has no newline and ends inside a quoted column"
    )
