"""Rows of a redo: files by day, one commit behind whatever came first, kept by the disk."""

import datetime as dt
import os
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cdrpipe.cdr.schema import RATED_SCHEMA
from cdrpipe.errors import Unavailable
from cdrpipe.lake import publish, rerated
from cdrpipe.lake.publish import Fenced, Move, Publisher
from cdrpipe.lake.rerated import RerateWriter, is_stored, remove_unstored
from cdrpipe.lake.scan import live_files

DAYS = [dt.date(2026, 10, day) for day in (1, 2, 3)]


def rows(*call_ids: str, day: dt.date = DAYS[0]) -> pa.Table:
    plain = {
        "kind": "usage",
        "billing_date": day,
        "outcome": "unanswered",
        "source": "native",
        "row": 0,
        "received_at": dt.datetime(2026, 10, 5, tzinfo=dt.UTC),
    }
    return pa.Table.from_pylist(
        [{**plain, "call_id": call_id, "account_id": call_id[0]} for call_id in call_ids],
        schema=RATED_SCHEMA,
    )


def stored(lake: Path, kind: str) -> list[tuple[str, int | None]]:
    files = live_files(lake, kind)
    found = pl.read_parquet(files, hive_partitioning=True, columns=["call_id", "rating_version"])
    return sorted(found.rows())


def test_all_rows_of_a_version_are_one_commit_and_bear_its_number(tmp_path: Path) -> None:
    writer = RerateWriter(tmp_path, 2)
    version = Publisher(tmp_path).refreshed().version()
    writer.write(pa.concat_tables([rows("b", "a"), rows("c", day=DAYS[2])]))
    writer.write(rows("d", day=DAYS[1]))
    assert not is_stored(tmp_path, 2)
    writer.publish({"calls": "4"})
    assert is_stored(tmp_path, 2)
    assert stored(tmp_path, "rerated") == [("a", 2), ("b", 2), ("c", 2), ("d", 2)]
    assert Publisher(tmp_path).refreshed().version() == version + 1
    folders = [Path(file).parent.name for file in live_files(tmp_path, "rerated")]
    assert folders == [f"billing_date={day}" for day in DAYS]


def test_files_of_a_redo_have_the_columns_of_others_and_are_packed_closer(tmp_path: Path) -> None:
    publisher = Publisher(tmp_path)
    publisher.publish(rows("a"), moves=[], judged_at=publisher.refreshed().version(), summary={})
    writer = RerateWriter(tmp_path, 2)
    writer.write(rows("a"))
    writer.publish({})
    (usage,), (again,) = live_files(tmp_path, "usage"), live_files(tmp_path, "rerated")
    assert pq.read_schema(again) == pq.read_schema(usage)
    packed = [pq.read_metadata(file).row_group(0).column(0).compression for file in (usage, again)]
    assert packed == ["LZ4", "ZSTD"]


def test_no_more_rows_are_held_back_than_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rerated, "HELD_ROWS_MAX", 3)
    writer = RerateWriter(tmp_path, 2)
    writer.write(rows("a", "b", day=DAYS[1]))
    writer.write(rows("c"))
    assert not list(tmp_path.rglob("version-2-*"))
    writer.write(rows("d"))
    (file,) = tmp_path.rglob("version-2-*")
    assert sorted(pq.read_table(file, partitioning=None)["call_id"].to_pylist()) == ["a", "b"]
    assert live_files(tmp_path, "rerated") == []
    writer.publish({})
    assert [call_id for call_id, _ in stored(tmp_path, "rerated")] == ["a", "b", "c", "d"]


def test_rows_of_a_file_lie_by_account(tmp_path: Path) -> None:
    writer = RerateWriter(tmp_path, 2)
    for call_id in ("c", "a", "b"):
        writer.write(rows(call_id))
    writer.publish({})
    (file,) = live_files(tmp_path, "rerated")
    assert pq.read_table(file, partitioning=None)["account_id"].to_pylist() == ["a", "b", "c"]


def test_a_redo_comes_behind_the_commits_of_others(tmp_path: Path) -> None:
    writer, other = RerateWriter(tmp_path, 2), Publisher(tmp_path)
    writer.write(rows("a"))
    for step in range(5):
        move = Move(app_id="job:cdr:0", expected=step or None, next=step + 1)
        version = other.refreshed().version()
        other.publish(rows(f"b{step}"), moves=[move], judged_at=version, summary={})
    writer.publish({})
    assert len(stored(tmp_path, "usage")) == 5
    assert stored(tmp_path, "rerated") == [("a", 2)]


def test_others_come_first_between_the_look_and_the_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, other = RerateWriter(tmp_path, 2), Publisher(tmp_path)
    writer.write(rows("a"))
    plain = Publisher._write_actions

    def outrun(self, files, properties):
        if self is not other:
            for step in range(3):
                version = other.refreshed().version()
                other.publish(rows(f"b{step}"), moves=[], judged_at=version, summary={})
        plain(self, files, properties)

    monkeypatch.setattr(Publisher, "_write_actions", outrun)
    synced: list[int] = []
    plain_sync = publish.sync_commit
    monkeypatch.setattr(
        publish,
        "sync_commit",
        lambda path, version: synced.append(version) or plain_sync(path, version),
    )
    found = writer.publish({})
    assert found.version == 4
    assert synced[-1] == 4
    assert [Path(file).name.split("-")[:2] for file in found.files] == [["version", "2"]]
    assert len(stored(tmp_path, "usage")) == 3


def test_a_version_is_stored_once(tmp_path: Path) -> None:
    first, second = RerateWriter(tmp_path, 2), RerateWriter(tmp_path, 2)
    first.write(rows("a"))
    second.write(rows("b"))
    first.publish({})
    with pytest.raises(Fenced, match="the lake has 1"):
        second.publish({})
    assert stored(tmp_path, "rerated") == [("a", 2)]


def test_a_commit_that_always_comes_late_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "COMMIT_RETRIES_MAX", 0)
    writer, other = RerateWriter(tmp_path, 2), Publisher(tmp_path)
    writer.write(rows("a"))
    plain = Publisher._write_actions

    def outrun(self, files, properties):
        if self is not other:
            version = other.refreshed().version()
            other.publish(rows("b"), moves=[], judged_at=version, summary={})
        plain(self, files, properties)

    monkeypatch.setattr(Publisher, "_write_actions", outrun)
    with pytest.raises(Unavailable, match="could not be read or written"):
        writer.publish({})
    assert live_files(tmp_path, "rerated") == []
    remove_unstored(tmp_path, 2)
    assert not list(tmp_path.rglob("version-2-*"))


def test_everything_of_a_version_is_on_the_disk_before_it_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = RerateWriter(tmp_path, 2)
    writer.write(rows("a"))
    synced: set[str] = set()
    monkeypatch.setattr(
        os,
        "fsync",
        lambda descriptor: synced.add(str(Path(f"/proc/self/fd/{descriptor}").readlink())),
    )
    found = writer.publish({})
    table = tmp_path / "cdr"
    expected = {*found.files, str(Path(found.files[0]).parent), str(table / "kind=rerated")}
    expected |= {str(table), str(table / "_delta_log"), str(publish_entry(table, found.version))}
    assert expected <= synced


def publish_entry(table: Path, version: int) -> Path:
    return table / "_delta_log" / f"{version:020}.json"
