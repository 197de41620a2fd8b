"""cli/output.py: one result in four forms."""

import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import click
import pyarrow as pa
import pytest

from cdrpipe.cli.frame import Flags
from cdrpipe.cli.output import TABLE_ROWS_MAX, cell, emit_rows, emit_table, form_of

FLAGS = {
    "config_file": None,
    "assignments": (),
    "output": None,
    "columns": (),
    "limit": None,
    "quiet": False,
    "verbose": 0,
    "progress": "auto",
    "color": "auto",
}
ROWS = [{"a": 1, "b": "x,y"}, {"a": 2, "b": None}]


def flags(**given):
    return Flags(**(FLAGS | given))


def printed(capsys, rows=ROWS, **given):
    emit_rows(flags(**given), rows, kind="things")
    return capsys.readouterr().out


def test_a_pipe_gets_csv_and_a_terminal_a_table(monkeypatch):
    assert form_of(flags()) == "csv"
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr("sys.stdout", terminal)
    assert form_of(flags()) == "table"
    assert form_of(flags(output="json")) == "json"


def test_csv_has_a_header_and_quotes_commas(capsys):
    assert printed(capsys) == 'a,b\n1,"x,y"\n2,\n'


def test_json_is_one_document_with_its_version(capsys):
    assert json.loads(printed(capsys, output="json")) == {
        "schema_version": 1,
        "kind": "things",
        "rows": ROWS,
    }


def test_ndjson_is_one_object_a_line(capsys):
    lines = printed(capsys, output="ndjson").splitlines()
    assert [json.loads(line) for line in lines] == ROWS


def test_a_table_has_every_cell(capsys):
    words = printed(capsys, output="table").split()
    assert [word for word in words if "─" not in word] == ["a", "b", "1", "x,y", "2"]


def test_markup_in_data_is_printed_as_it_is(capsys):
    assert "[red]x[/]" in printed(capsys, rows=[{"a": "[red]x[/]"}], output="table")


@pytest.mark.parametrize("form", ["csv", "ndjson", "json", "table"])
def test_columns_are_chosen_in_the_order_asked_for_and_rows_cut(capsys, form):
    out = printed(capsys, output=form, columns=("b", "a"), limit=1)
    assert out.rindex("x,y") < out.rindex("1")
    assert "2" not in out


def test_an_unknown_column_names_the_known_ones():
    with pytest.raises(click.BadParameter, match="no column c; there are: a, b"):
        emit_rows(flags(columns=("c",)), ROWS, kind="things")


def test_a_long_table_is_cut_and_says_so(capsys):
    emit_rows(flags(output="table"), ({"a": n} for n in range(TABLE_ROWS_MAX + 1)), kind="things",
              columns=["a"])  # fmt: skip
    said = capsys.readouterr()
    assert str(TABLE_ROWS_MAX - 1) in said.out
    assert f"the first {TABLE_ROWS_MAX} rows" in said.err


def test_an_arrow_stream_is_printed_batch_by_batch(capsys):
    table = pa.table({"at": pa.array([0], pa.timestamp("us", "Asia/Shanghai")), "n": [7]})
    emit_table(flags(), table.to_reader(), kind="things")
    assert capsys.readouterr().out == "at,n\n1970-01-01T08:00:00+08:00,7\n"


@pytest.mark.parametrize(("form", "out"), [("csv", "a\n"), ("ndjson", ""), ("table", "a\n─\n")])
def test_an_empty_result_says_so_beside_its_header(capsys, form, out):
    emit_table(flags(output=form), pa.table({"a": pa.array([], pa.int64())}), kind="things")
    assert capsys.readouterr() == (out, "no rows\n")


def test_a_result_that_is_not_empty_or_not_to_be_talked_about_says_nothing(capsys):
    emit_rows(flags(limit=0), ROWS, kind="things")
    emit_rows(flags(quiet=True), [], kind="things", columns=["a"])
    assert capsys.readouterr().err == ""


def test_a_table_wider_than_the_terminal_is_printed_as_blocks(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "18")
    rows = [{"number": "4009555123", "charge": Decimal("34.050000"), "note": None}]
    lines = printed(capsys, rows=rows, output="table").splitlines()
    assert [line.split() for line in lines] == [
        ["number", "4009555123"],
        ["charge", "34.050000"],
    ]


def test_sentences_fold_before_a_table_becomes_blocks(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "48")
    rows = [{"name": "RATE_NOT_FOUND", "meaning": "The plan has no rate for this share of a call."}]
    out = printed(capsys, rows=rows, output="table")
    assert out.split()[:2] == ["name", "meaning"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (False, "false"),
        (Decimal("1E-6"), "0.000001"),
        (Decimal("1234567.100000"), "1234567.100000"),
        (datetime(2026, 10, 1, tzinfo=UTC), "2026-10-01T00:00:00+00:00"),
        (date(2026, 10, 1), "2026-10-01"),
        (b"a\xff", "a\\xff"),
        (["x", 1], '["x",1]'),
    ],
)
def test_a_cell_is_plain_text(value, text):
    assert cell(value) == text


def test_money_in_json_is_text(capsys):
    out = printed(capsys, rows=[{"charge": Decimal("0.120000")}], output="json")
    assert json.loads(out)["rows"] == [{"charge": "0.120000"}]


@pytest.mark.parametrize("form", ["json", "ndjson"])
def test_json_holds_no_number_that_json_has_not(capsys, form):
    rows = [{"x": [float("inf"), {"y": float("nan")}, 0.5], "z": float("-inf")}]
    out = printed(capsys, rows=rows, output=form)

    def refuse(word):
        raise AssertionError(word)

    document = json.loads(out, parse_constant=refuse)
    row = document["rows"][0] if form == "json" else document
    assert row == {"x": [None, {"y": None}, 0.5], "z": None}
