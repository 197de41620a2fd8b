"""Data files: where rows lie, what every reader finds in them, and what a failure leaves."""

import datetime as dt
import errno
import os
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cdrpipe.cdr.schema import PROCESSED_SCHEMA, RATED_SCHEMA, plain_texts
from cdrpipe.lake.data_file import write_data_file, write_data_files
from cdrpipe.lake.layout import create_table
from cdrpipe.lake.publish import Publisher

NOON = dt.datetime(2026, 10, 5, 4, tzinfo=dt.UTC)
FIFTH, SIXTH = dt.date(2026, 10, 5), dt.date(2026, 10, 6)


def row(call_id: str, *, kind: str = "usage", day: dt.date = FIFTH, **columns: object) -> dict:
    plain = {
        "outcome": "rated",
        "source": "native",
        "row": 0,
        "billing_started_at": NOON,
        "received_at": NOON,
    }
    return {**plain, "call_id": call_id, "kind": kind, "billing_date": day, **columns}


def words(*rows: dict) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=RATED_SCHEMA).cast(PROCESSED_SCHEMA)


def stored(table_path: Path, rows: pa.Table) -> dict[str, list[str]]:
    """Write rows, and give the call ids of each file by its folder."""
    return {
        str(Path(action.path).parent): pq.read_table(table_path / action.path, partitioning=None)[
            "call_id"
        ].to_pylist()
        for action in write_data_files(table_path, rows)
    }


def test_each_kind_and_date_has_a_file_with_its_rows_in_order(tmp_path: Path) -> None:
    rows = words(
        row("c", day=SIXTH),
        row("a"),
        row("d", kind="aside", outcome="duplicate"),
        row("b"),
        row("e", day=SIXTH),
    )
    assert stored(tmp_path, rows) == {
        "kind=usage/billing_date=2026-10-05": ["a", "b"],
        "kind=usage/billing_date=2026-10-06": ["c", "e"],
        "kind=aside/billing_date=2026-10-05": ["d"],
    }


def test_rows_in_chunks_with_words_of_their_own_are_one_file(tmp_path: Path) -> None:
    rows = pa.concat_tables([words(row("a", account_id="A1")), words(row("b", account_id="A2"))])
    assert stored(tmp_path, rows) == {"kind=usage/billing_date=2026-10-05": ["a", "b"]}
    (file,) = tmp_path.rglob("*.parquet")
    assert pq.read_table(file, partitioning=None)["account_id"].to_pylist() == ["A1", "A2"]


def test_no_rows_are_no_file(tmp_path: Path) -> None:
    assert write_data_files(tmp_path, PROCESSED_SCHEMA.empty_table()) == []
    assert not list(tmp_path.iterdir())


def test_a_column_may_say_one_thing_of_all_rows_or_nothing(tmp_path: Path) -> None:
    rows = words(*(row(f"c{day}", day=dt.date(2026, 10, day), leg="") for day in (7, 5, 6)))
    write_data_files(tmp_path, rows)
    found = pl.read_parquet(tmp_path / "*/*/*.parquet", hive_partitioning=True).sort("billing_date")
    assert found["leg"].to_list() == ["", "", ""]
    assert found["zone"].to_list() == [None, None, None]
    assert found["call_id"].to_list() == ["c5", "c6", "c7"]


def test_every_reader_finds_the_rows_and_types_that_were_stored(tmp_path: Path) -> None:
    rows = words(
        row("a", zone="", calling_number=8613800138000, enterprise_charge_micros=-5, raw=None),
        row("b", zone="home", setup_at=NOON, cause=16, is_final=True, raw=b"\x00\xff"),
    )
    publisher = Publisher(tmp_path)
    publisher.publish(rows, moves=[], judged_at=publisher.refreshed().version(), summary={})
    expected = plain_texts(rows).to_pylist()
    table = create_table(tmp_path)
    by_library = table.to_pyarrow_table().select(RATED_SCHEMA.names)
    assert by_library.to_pylist() == expected
    assert by_library.schema.types == RATED_SCHEMA.types
    files = table.file_uris()
    columns = [name for name in RATED_SCHEMA.names if name not in {"kind", "billing_date"}]
    by_polars = (
        pl.read_parquet(files, columns=columns)
        .to_arrow()
        .cast(pa.schema([RATED_SCHEMA.field(name) for name in columns]))
    )
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    quoted = ", ".join('"' + name + '"' for name in columns)
    by_duckdb = connection.sql(f"SELECT {quoted} FROM read_parquet({files})").to_arrow_table()
    of_columns = [{name: each[name] for name in columns} for each in expected]
    assert by_polars.to_pylist() == of_columns
    assert by_duckdb.to_pylist() == of_columns


def test_many_words_are_not_carried_into_a_file_of_few_rows(tmp_path: Path) -> None:
    place = PROCESSED_SCHEMA.get_field_index("service_number")
    many = pa.array([f"400{number:07}" for number in range(10_000)])
    few = pa.DictionaryArray.from_arrays(pa.array([7], pa.int32()), many)
    rows = words(row("a")).set_column(place, PROCESSED_SCHEMA.field(place), few)
    write_data_file(tmp_path / "few.parquet", rows)
    assert (tmp_path / "few.parquet").stat().st_size < 30_000
    found = pq.read_table(tmp_path / "few.parquet", columns=["service_number"])
    assert found["service_number"].to_pylist() == ["4000000007"]


def test_a_disk_that_will_not_keep_a_file_is_left_without_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, asked = os.fsync, []

    def fsync(descriptor: int) -> None:
        asked.append(descriptor)
        if len(asked) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        plain(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="No space left"):
        write_data_files(tmp_path, words(row("a"), row("b", day=SIXTH)))
    assert len(asked) == 2
    assert not list(tmp_path.rglob("*.parquet"))
