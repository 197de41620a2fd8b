import pytest

from cdrpipe.errors import TariffError
from cdrpipe.register.accounts import ACCOUNT_FILE, SUBSCRIPTION_FILE
from cdrpipe.register.fault_list import FaultList
from cdrpipe.register.master_file import read_master_files

KINDS = (ACCOUNT_FILE, SUBSCRIPTION_FILE)


def rows_of(path):
    faults = FaultList()
    rows = read_master_files([path], KINDS, faults)
    faults.raise_if_any()
    return rows


def faults_of(path):
    with pytest.raises(TariffError) as caught:
        rows_of(path)
    name = path.name
    return [
        (fault.code, fault.where[fault.where.index(name) + len(name) :].lstrip(":"), fault.message)
        for fault in caught.value.faults
    ]


def test_a_row_has_a_value_for_every_field_blank_or_not(write_file):
    (row,) = rows_of(write_file("a.csv", 'name,account_id\n"甲, 乙",A\n'))
    assert row.table is ACCOUNT_FILE.table
    assert row.values == {"account_id": "A", "name": "甲, 乙", "opened_on": None, "contact": None}
    assert row.is_whole


def test_lines_are_counted_through_blank_rows_and_quoted_line_ends(write_file):
    content = 'account_id,name\r\n\r\n,,\r\nA,"a\r\nb"\r\nB,b\r\n'
    path = write_file("a.csv", content)
    faults = FaultList()
    rows = read_master_files([path], KINDS, faults)
    assert [row.place.line for row in rows] == [4, 6]
    assert [row.is_whole for row in rows] == [False, True]


def test_empty_columns_that_excel_adds_at_the_end_are_nothing(write_file):
    (row,) = rows_of(write_file("a.csv", "account_id,name,,\nA,a,,\n"))
    assert row.values["account_id"] == "A"


def test_an_unknown_column_is_refused_with_the_near_name(write_file):
    assert faults_of(write_file("a.csv", "Account_ID,name\nA,a\n")) == [
        (
            "COLUMN_UNKNOWN",
            "1",
            "column Account_ID: account files have no such column; did you mean 'account_id'?",
        ),
        (
            "COLUMN_MISSING",
            "1",
            "column account_id: account files need it, and the header lacks it",
        ),
    ]


def test_a_column_that_stands_twice_is_refused(write_file):
    (fault,) = faults_of(write_file("a.csv", "account_id,name,name\nA,a,b\n"))
    assert fault == ("COLUMN_TWICE", "1", "column name: expected once in the header, got 2 times")


def test_a_file_without_a_header_is_shown_the_headers_that_fit(write_file):
    ((code, line, message),) = faults_of(write_file("a.csv", "A,甲有限公司\n"))
    assert (code, line) == ("HEADER_UNKNOWN", "1")
    assert "'account_id,name,opened_on,contact' or 'subscription_id,account_id" in message
    assert message.endswith("got 'A,甲有限公司'")


@pytest.mark.parametrize(
    ("separator", "name"), [(";", "semicolons"), ("\t", "tabs"), ("，", "Chinese commas")]
)
def test_another_separator_is_told_by_name(write_file, separator, name):
    path = write_file("a.csv", f"account_id{separator}name\nA{separator}a\n")
    assert faults_of(path) == [
        ("NOT_COMMA_SEPARATED", "1", f"expected commas between the cells, got {name}")
    ]


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_no_import(write_file, content):
    ((code, line, _),) = faults_of(write_file("a.csv", content))
    assert (code, line) == ("FILE_EMPTY", "")


def test_a_header_alone_is_a_file_of_no_rows(write_file):
    assert rows_of(write_file("a.csv", "account_id,name\n")) == []


def test_each_faulty_cell_of_each_row_is_reported(write_file):
    content = "account_id,name,opened_on\n,a,2026-13-01\nB C,,\nD,d,,,x\n"
    assert [
        (code, line, text.split(":")[0])
        for code, line, text in faults_of(write_file("a.csv", content))
    ] == [
        ("CELL_BLANK", "2", "column account_id"),
        ("CELL_WRONG", "2", "column opened_on"),
        ("CELL_WRONG", "3", "column account_id"),
        ("CELL_BLANK", "3", "column name"),
        ("CELLS_TOO_MANY", "4", "expected 3 cells as in the header, got 5"),
    ]


def test_a_quote_left_open_is_a_fault_of_the_record_it_opens_in(write_file):
    path = write_file("a.csv", 'account_id,name\nA,a\nB,"b\nC,c\n')
    ((code, line, _),) = faults_of(path)
    assert (code, line) == ("RECORD_BROKEN", "3")


@pytest.mark.parametrize("valid_until", ["2026-01-01", "2025-12-31"])
def test_an_interval_that_ends_where_it_begins_or_before_is_refused(write_file, valid_until):
    header = "subscription_id,account_id,plan_id,valid_from,valid_until"
    path = write_file("s.csv", f"{header}\nS,A,P,2026-01-01,{valid_until}\n")
    ((code, line, _),) = faults_of(path)
    assert (code, line) == ("INTERVAL_EMPTY", "2")
