"""lake/query.py: the views, their columns, and that a statement can do no more than read."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest

from cdrpipe.cdr.schema import RATED_SCHEMA
from cdrpipe.errors import CorruptLake, InputError, Refused, Unavailable
from cdrpipe.lake.query import Stored, open_query, run_file, run_statement

UTC = ZoneInfo("UTC")

CALLS = [
    {
        "call_id": "c1",
        "calling_number": 8613800138000,
        "calling_region_id": 110010,
        "answering_number": 8675522345678,
        "answering_region_id": 440755,
        "service_number": "4008001234",
        "billing_started_at": datetime(2026, 9, 30, 16, 0, tzinfo=UTC),
        "bridged_at": datetime(2026, 9, 30, 16, 0, tzinfo=UTC),
        "bridged_stated": True,
        "enterprise_charge_micros": 240_000,
        "caller_charge_micros": 110_001,
    },
    {"call_id": "c2", "outcome": "unanswered", "bridged_stated": True},
    {"call_id": "c3", "outcome": "unanswered", "bridged_stated": False},
    {"call_id": "s1", "outcome": "suspended", "suspense_reason": "RATE_NOT_FOUND", "raw": b"\xff"},
    {"call_id": "m1", "outcome": "merged", "belongs_to": "c1"},
    {"call_id": "d1", "outcome": "duplicate", "belongs_to": "c1"},
]


def rows_of(connection, statement):
    return run_statement(connection, statement).read_all().to_pylist()


@pytest.fixture
def asked(lake_of, region):
    return open_query(lake_of(CALLS), {"region": region})


@pytest.fixture
def nothing(tmp_path, region):
    stored = Stored(folder=tmp_path, usage_files=[], aside_files=[])
    return open_query(stored, {"region": region})


@pytest.mark.parametrize(
    ("view", "call_ids"),
    [
        ("rated", ["c1", "c2", "c3"]),
        ("suspended", ["s1"]),
        ("merged", ["m1"]),
        ("duplicate", ["d1"]),
        ("record", ["c1", "c2", "c3", "d1", "m1", "s1"]),
    ],
)
def test_each_view_holds_its_outcomes(asked, view, call_ids):
    found = rows_of(asked, f"SELECT call_id FROM {view} ORDER BY call_id")
    assert [row["call_id"] for row in found] == call_ids


def test_a_rated_call_shows_money_in_yuan_and_places_by_name(asked):
    (call,) = rows_of(asked, "SELECT * FROM rated WHERE call_id = 'c1'")
    assert call["enterprise_charge"] == Decimal("0.240000")
    assert call["caller_charge"] == Decimal("0.110001")
    assert call["total_charge"] == Decimal("0.350001")
    assert (call["calling_province"], call["calling_area_code"]) == ("北京", "010")
    assert call["calling_number_text"] == "13800138000"
    assert call["answering_number_text"] == "075522345678"
    assert call["billing_date"] == date(2026, 10, 1)


def test_the_greatest_storable_charge_is_shown_to_the_micro(asked):
    (row,) = rows_of(asked, "SELECT yuan(999999999999999999) AS yuan")
    assert row["yuan"] == Decimal("999999999999.999999")


def test_instants_are_shown_in_shanghai_time(asked):
    (call,) = rows_of(asked, "SELECT billing_started_at FROM rated WHERE call_id = 'c1'")
    assert call["billing_started_at"].isoformat() == "2026-10-01T00:00:00+08:00"


def test_missed_is_unknown_where_the_source_cannot_tell(asked):
    found = rows_of(asked, "SELECT is_missed FROM rated ORDER BY call_id")
    assert [row["is_missed"] for row in found] == [False, True, None]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (8613800138000, "13800138000"),
        (862161234567, "02161234567"),
        (861061234567, "01061234567"),
        (8675522345678, "075522345678"),
        (864008001234, "4008001234"),
        (8695588, "95588"),
        (8610086, "10086"),
        (86700123456789, "700123456789"),
        (85291234567, "+85291234567"),
        (12125551234, "+12125551234"),
    ],
)
def test_numbers_are_shown_as_people_write_them(nothing, number, shown):
    (row,) = rows_of(nothing, f"SELECT display_number({number}) AS shown")
    assert row["shown"] == shown


def test_an_empty_lake_has_every_view_with_its_columns(nothing, asked):
    for view in ("rated", "suspended", "merged", "duplicate", "record"):
        assert rows_of(nothing, f"SELECT * FROM {view}") == []
        statement = f"SELECT * FROM {view} LIMIT 0"
        assert run_statement(nothing, statement).schema.equals(
            run_statement(asked, statement).schema
        )
    assert run_statement(nothing, "FROM record").schema.names == RATED_SCHEMA.names


@pytest.mark.parametrize(
    "statement",
    [
        "WITH a AS (SELECT 1 AS x) FROM a",
        "DESCRIBE rated",
        "SHOW ALL TABLES",
        "SUMMARIZE region",
        "EXPLAIN SELECT 1",
        "EXPLAIN /* 中 */ ANALYZE SELECT count(*) FROM rated",
    ],
)
def test_reading_statements_are_answered(asked, statement):
    assert run_statement(asked, statement).read_all().num_rows > 0


@pytest.mark.parametrize(
    "statement",
    [
        "COPY (SELECT 1) TO '{folder}/x.csv'",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{folder}/x.csv'",
        "EXPLAIN /* a */ ANALYZE -- b\n COPY (SELECT 1) TO '{folder}/x.csv'",
        "EXPLAIN (FORMAT json) COPY (SELECT 1) TO '{folder}/x.csv'",
        "EXPLAIN ANALYZE EXPLAIN ANALYZE COPY (SELECT 1) TO '{folder}/x.csv'",
        "WITH x AS (SELECT 1) INSERT INTO region SELECT * FROM x",
        "DELETE FROM region",
        "DROP VIEW rated",
        "CREATE TABLE x AS SELECT 1",
        "ATTACH '{folder}/x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET TimeZone = 'UTC'",
        "PRAGMA disable_profiling",
        "CALL pragma_version()",
        "EXPORT DATABASE '{folder}/x'",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_parquet('http://127.0.0.1:1/x.parquet')",
        "SELECT 1; SELECT 2",
        "-- nothing",
        "",
    ],
)
def test_whatever_does_more_than_read_is_refused_and_writes_nothing(lake_of, region, statement):
    stored = lake_of(CALLS)
    before = sorted(stored.folder.rglob("*"))
    connection = open_query(stored, {"region": region})
    with pytest.raises((Refused, InputError)):
        run_statement(connection, statement.format(folder=stored.folder)).read_all()
    assert sorted(stored.folder.rglob("*")) == before


@pytest.mark.parametrize(
    "statement", ["SELEC 1", "SELECT * FROM no_such_table", "SELECT * FROM '/etc/passwd'"]
)
def test_a_wrong_statement_is_wrong_input_with_the_reason(nothing, statement):
    with pytest.raises(InputError, match="Error"):
        run_statement(nothing, statement)


def test_a_variable_of_the_program_is_no_table(nothing):
    secret = pa.table({"a": [1]})  # noqa: F841 - DuckDB would find it by its name
    with pytest.raises(InputError, match="secret"):
        run_statement(nothing, "SELECT * FROM secret")


def cut(content):
    return content[: len(content) // 2]


def overwritten(content):
    return content[:4] + b"\xff" * 200 + content[204:]


@pytest.mark.parametrize(
    "damage",
    [None, lambda _content: b"", cut, overwritten, lambda content: b"x" * len(content)],
    ids=["missing", "empty", "cut", "overwritten", "garbage"],
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_damaged_data_file_is_named_whenever_it_is_found(lake_of, region, tmp_path, damage, when):
    stored = lake_of(CALLS)
    path = Path(stored.usage_files[0])
    content = path.read_bytes()
    by_file = tmp_path / "all.sql"
    by_file.write_text("SELECT * FROM rated", encoding="utf-8")

    def spoil():
        path.unlink()
        if damage is not None:
            path.write_bytes(damage(content))

    def ask(answer):
        path.write_bytes(content)
        if when == "before":
            spoil()
        connection = open_query(stored, {"region": region})
        spoil()
        answer(connection)

    for answer in (
        lambda connection: run_statement(connection, "SELECT * FROM rated").read_all(),
        lambda connection: run_file(connection, by_file, {}),
    ):
        with pytest.raises(CorruptLake, match="a stored file cannot be read") as raised:
            ask(answer)
        assert raised.value.where == str(path)
        assert "backup" in raised.value.hint


def test_a_wrong_value_met_late_is_no_damage(asked):
    with pytest.raises(InputError, match="Conversion"):
        rows_of(asked, "SELECT call_id::INTEGER FROM rated")
    with pytest.raises(InputError, match="so be it"):
        rows_of(asked, "SELECT error('so be it') FROM rated")


def test_lack_of_memory_is_said_to_be_that(tmp_path):
    class Exhausted:
        def sql(self, _text, *, params):
            raise duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate")

    path = tmp_path / "large.sql"
    path.touch()
    with pytest.raises(Unavailable, match="memory, or disk space in place of it, ran out"):
        run_file(Exhausted(), path, {})


def test_a_data_file_that_may_not_be_read_is_no_damage(lake_of, region, monkeypatch):
    stored = lake_of(CALLS)
    connection = open_query(stored, {"region": region})
    path = Path(stored.usage_files[0])
    path.write_bytes(b"")
    monkeypatch.setattr("os.access", lambda _path, _mode: False)
    with pytest.raises(Unavailable, match="may not be read by this user") as raised:
        run_statement(connection, "SELECT * FROM rated").read_all()
    assert raised.value.where == str(path)


def test_a_sql_file_takes_its_parameters_by_name(nothing, tmp_path):
    path = tmp_path / "double.sql"
    path.write_text("-- double\nSELECT 2 * $x AS y", encoding="utf-8")
    assert run_file(nothing, path, {"x": 21}).to_pylist() == [{"y": 42}]


def test_a_file_name_with_a_quote_is_read(lake_of, region, tmp_path):
    stored = lake_of(CALLS)
    quoted = tmp_path / "lake" / "kind=usage" / "billing_date=2026-10-01" / "it's.parquet"
    Path(stored.usage_files[0]).rename(quoted)
    connection = open_query(
        Stored(folder=stored.folder, usage_files=[str(quoted)], aside_files=[]), {"region": region}
    )
    assert rows_of(connection, "SELECT count(*) AS n FROM rated") == [{"n": 3}]
