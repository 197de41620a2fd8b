"""Rows and positions move together, once, and survive on the disk."""

import datetime as dt
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cdrpipe.cdr.schema import RATED_SCHEMA
from cdrpipe.errors import ConfigError, CorruptLake, Unavailable
from cdrpipe.lake.publish import Fenced, Move, Overtaken, Publisher, Stored
from cdrpipe.lake.scan import live_files

DAY = dt.date(2026, 10, 5)


def rows(*call_ids: str, **columns: Any) -> pa.Table:
    plain = {
        "kind": "usage",
        "billing_date": DAY,
        "outcome": "rated",
        "source": "native",
        "leg": "",
        "row": 0,
        "received_at": dt.datetime(2026, 10, 5, tzinfo=dt.UTC),
    }
    return pa.Table.from_pylist(
        [{**plain, "call_id": call_id, **columns} for call_id in call_ids], schema=RATED_SCHEMA
    )


def stored_calls(lake: Path, kind: str | None = None) -> list[str]:
    found: list[str] = []
    for file in live_files(lake, kind):
        found += pq.ParquetFile(file).read(["call_id"])["call_id"].to_pylist()
    return sorted(found)


def move(expected: int | None, following: int, app_id: str = "job:cdr:0") -> Move:
    return Move(app_id=app_id, expected=expected, next=following)


def publish(publisher: Publisher, batch: pa.Table, **more: Any) -> Stored:
    """Publish rows that were judged against the newest version."""
    return publisher.publish(batch, judged_at=publisher.refreshed().version(), **more)


def test_a_batch_and_its_position_are_one_commit(tmp_path: Path) -> None:
    publisher = Publisher(tmp_path)
    assert publisher.position("job:cdr:0") is None
    stored = publish(publisher, rows("a", "b"), moves=[move(None, 2)], summary={"read": "2"})
    assert Publisher(tmp_path).position("job:cdr:0") == 2
    assert stored_calls(tmp_path) == ["a", "b"]
    assert list(stored.files) == live_files(tmp_path)


def test_a_position_moves_without_rows(tmp_path: Path) -> None:
    publisher = Publisher(tmp_path)
    publish(publisher, rows(), moves=[move(None, 9)], summary={})
    assert publisher.position("job:cdr:0") == 9
    publish(publisher, rows("a"), moves=[move(9, 10)], summary={})
    assert stored_calls(tmp_path) == ["a"]


def test_usage_and_asides_lie_apart(tmp_path: Path) -> None:
    both = pa.concat_tables([rows("a"), rows("b", kind="aside", outcome="merged")])
    publish(Publisher(tmp_path), both, moves=[], summary={})
    assert stored_calls(tmp_path, "usage") == ["a"]
    assert stored_calls(tmp_path, "aside") == ["b"]


@pytest.mark.parametrize("expected", [None, 1, 3])
def test_another_position_than_expected_stores_nothing(
    tmp_path: Path, expected: int | None
) -> None:
    publish(Publisher(tmp_path), rows("a"), moves=[move(None, 2)], summary={})
    with pytest.raises(Fenced, match="the lake has 2"):
        publish(Publisher(tmp_path), rows("b"), moves=[move(expected, 5)], summary={})
    assert stored_calls(tmp_path) == ["a"]


def test_a_writer_that_slept_through_anothers_commit_is_fenced(tmp_path: Path) -> None:
    sleeper, other = Publisher(tmp_path), Publisher(tmp_path)
    assert sleeper.position("job:cdr:0") is None
    publish(other, rows("a"), moves=[move(None, 1)], summary={})
    with pytest.raises(Fenced):
        publish(sleeper, rows("a"), moves=[move(None, 1)], summary={})


def test_rows_judged_before_anothers_commit_are_not_stored(tmp_path: Path) -> None:
    mine, other = Publisher(tmp_path), Publisher(tmp_path)
    judged_at = mine.refreshed().version()
    publish(other, rows("a"), moves=[move(None, 1, "job:cdr:1")], summary={})
    with pytest.raises(Overtaken):
        mine.publish(rows("a"), moves=[move(None, 1)], judged_at=judged_at, summary={})
    assert stored_calls(tmp_path) == ["a"]


@pytest.mark.parametrize("name", ["sp ace", "数据", "a#b", "a?b", "a'b"])
def test_a_lake_may_lie_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    for expected in (None, 1):
        publish(
            Publisher(tmp_path / name),
            rows("a"),
            moves=[move(expected, (expected or 0) + 1)],
            summary={},
        )
    assert stored_calls(tmp_path / name) == ["a", "a"]


@pytest.mark.parametrize("name", ["a%20b", "a[1]"])
def test_a_folder_the_table_library_cannot_take_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="without"):
        Publisher(tmp_path / name)


def test_a_new_table_is_on_the_disk_down_to_its_first_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(
        os,
        "fsync",
        lambda descriptor: synced.append(Path(f"/proc/self/fd/{descriptor}").readlink()),
    )
    Publisher(tmp_path / "data" / "lake")
    lake = tmp_path / "data" / "lake"
    log = lake / "cdr" / "_delta_log"
    assert {log / f"{0:020}.json", log, lake / "cdr", lake, lake.parent} <= set(synced)


def test_writers_of_two_partitions_do_not_disturb_each_other(tmp_path: Path) -> None:
    first, second = Publisher(tmp_path), Publisher(tmp_path)
    for step in range(3):
        expected = step or None
        publish(first, rows(f"a{step}"), moves=[move(expected, step + 1)], summary={})
        publish(second, rows(f"b{step}"), moves=[move(expected, step + 1, "job:cdr:1")], summary={})
    assert stored_calls(tmp_path) == ["a0", "a1", "a2", "b0", "b1", "b2"]


def test_everything_of_a_commit_is_on_the_disk_before_it_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []

    def fsync(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))

    monkeypatch.setattr(os, "fsync", fsync)
    stored = publish(Publisher(tmp_path), rows("a"), moves=[move(None, 1)], summary={})
    table = tmp_path / "cdr"
    entry = table / "_delta_log" / f"{stored.version:020}.json"
    day = table / "kind=usage" / f"billing_date={DAY}"
    assert synced.index(stored.files[0]) < synced.index(str(entry))
    assert {str(path) for path in (day, day.parent, table, entry, entry.parent)} <= set(synced)


def test_a_commit_the_disk_does_not_confirm_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = Publisher(tmp_path)
    files = publisher.write(rows("a"))

    def fsync(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fsync)
        with pytest.raises(Unavailable, match="did not confirm"):
            publisher.commit(
                files,
                moves=[move(None, 1)],
                judged_at=publisher.refreshed().version(),
                summary={},
            )
    with pytest.raises(Fenced):
        publish(publisher, rows("a"), moves=[move(None, 1)], summary={})
    assert stored_calls(tmp_path) == ["a"]


def test_a_lake_that_cannot_be_written_is_away_and_unchanged(tmp_path: Path) -> None:
    (tmp_path / "cdr").write_text("a file stands where the table should be")
    with pytest.raises(Unavailable) as caught:
        Publisher(tmp_path)
    assert caught.value.where == str(tmp_path / "cdr")
    assert "nothing of this batch was stored" in caught.value.hint


def test_an_empty_newest_log_entry_is_refused_with_what_to_do(tmp_path: Path) -> None:
    stored = publish(Publisher(tmp_path), rows("a"), moves=[move(None, 1)], summary={})
    entry = tmp_path / "cdr" / "_delta_log" / f"{stored.version + 1:020}.json"
    entry.write_bytes(b"")
    with pytest.raises(CorruptLake) as caught:
        Publisher(tmp_path)
    assert caught.value.where == str(entry)
    assert "start again" in caught.value.hint


def test_a_lake_that_was_never_written_has_no_files(tmp_path: Path) -> None:
    assert live_files(tmp_path / "nowhere") == []
