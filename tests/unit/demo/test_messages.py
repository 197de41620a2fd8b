import csv
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from cdrpipe.demo.messages import arrow_messages, json_messages, write_csv, write_ndjson
from cdrpipe.demo.register_plan import RegisterPlan
from cdrpipe.demo.traffic import NATIVE_SCHEMA, Traffic, generate_traffic
from cdrpipe.numbering.region import RegionTable


@pytest.fixture(scope="module")
def mixed(register: RegisterPlan, regions: RegionTable, now_us: int) -> Traffic:
    return generate_traffic(
        register, calls=600, seed=3, regions=regions, now_us=now_us, single_share=0.2
    )


@pytest.fixture(scope="module")
def batched(register: RegisterPlan, regions: RegionTable, now_us: int) -> Traffic:
    return generate_traffic(register, calls=600, seed=3, regions=regions, now_us=now_us)


def test_every_record_is_sent_once_in_one_form(mixed: Traffic) -> None:
    chunk = mixed.table()
    packed, single = arrow_messages(chunk, rows_per_message=50), json_messages(chunk)
    assert sum(message.records for message in (*packed, *single)) == mixed.planted.read
    assert len(single) == pc.sum(chunk["is_single"]).as_py() > 0
    assert max(message.records for message in packed) == 50


def test_arrow_messages_keep_order_and_partition(batched: Traffic) -> None:
    chunk = batched.table()
    sent: dict[int, list[pa.Table]] = {}
    for message in arrow_messages(chunk, rows_per_message=64):
        table = pa.ipc.open_stream(message.value).read_all()
        assert table.num_rows == message.records
        sent.setdefault(message.partition, []).append(table)
    for partition, tables in sent.items():
        own = chunk.filter(pc.equal(chunk["partition"], partition))
        assert (
            pa.concat_tables(tables).combine_chunks()
            == own.select(NATIVE_SCHEMA.names).combine_chunks()
        )
    assert sum(len(table) for tables in sent.values() for table in tables) == chunk.num_rows


def test_json_messages_say_what_the_record_says(mixed: Traffic) -> None:
    chunk = mixed.table()
    single = chunk.filter(chunk["is_single"]).to_pylist()
    for record, message in zip(single, json_messages(chunk), strict=True):
        if record["planted"] == "garbled":
            with pytest.raises(orjson.JSONDecodeError):
                orjson.loads(message.value)
            continue
        read = orjson.loads(message.value)
        assert list(read) == NATIVE_SCHEMA.names
        assert read["setup_at"].endswith("+08:00")
        instants = {"setup_at", "answered_at", "bridged_at", "released_at"}
        for name in set(NATIVE_SCHEMA.names) - instants:
            assert read[name] == record[name]
        for name in instants:
            expected = record[name]
            assert (read[name] is None) == (expected is None)
            if expected is not None:
                assert type(expected).fromisoformat(read[name]) == expected


def test_garbled_messages_are_as_many_as_planted(mixed: Traffic) -> None:
    def is_broken(value: bytes) -> bool:
        try:
            orjson.loads(value)
        except orjson.JSONDecodeError:
            return True
        return False

    broken = sum(is_broken(message.value) for message in json_messages(mixed.table()))
    assert broken == mixed.planted.suspended_by_reason["MESSAGE_UNREADABLE"]


def test_files_hold_every_record_whatever_the_chunks(batched: Traffic, tmp_path: Path) -> None:
    write_ndjson(batched.chunks(100), tmp_path / "a.ndjson")
    write_csv(batched.chunks(100), tmp_path / "a.csv")
    lines = (tmp_path / "a.ndjson").read_bytes().splitlines()
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    assert len(lines) == len(rows) == batched.planted.read
    for line, row in zip(lines, rows, strict=True):
        record = orjson.loads(line)
        assert row == {name: "" if value is None else str(value) for name, value in record.items()}


def test_files_refuse_garbled_records(mixed: Traffic, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="make traffic without them"):
        write_ndjson(mixed.chunks(), tmp_path / "a.ndjson")
