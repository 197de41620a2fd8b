from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pyarrow as pa
import pytest

from cdrpipe.demo import traffic as module
from cdrpipe.demo.messages import arrow_messages, json_messages
from cdrpipe.demo.planted import CALLS_MIN
from cdrpipe.demo.register_plan import RegisterPlan
from cdrpipe.demo.traffic import TRAFFIC_SCHEMA, Traffic, generate_traffic
from cdrpipe.numbering.region import RegionTable

SHANGHAI = ZoneInfo("Asia/Shanghai")
Record = dict[str, Any]


def received(traffic: Traffic) -> Iterator[Record | None]:
    """Read the messages back, chunk by chunk; None is one that cannot be read."""
    for chunk in traffic.chunks(500):
        for message in arrow_messages(chunk, rows_per_message=100):
            yield from pa.ipc.open_stream(message.value).read_all().to_pylist()
        for message in json_messages(chunk):
            try:
                record = orjson.loads(message.value)
            except orjson.JSONDecodeError:
                yield None
                continue
            for name in ("setup_at", "answered_at", "bridged_at", "released_at"):
                if record[name] is not None:
                    record[name] = datetime.fromisoformat(record[name]).astimezone(UTC)
            yield record


def is_owned(register: RegisterPlan, record: Record) -> bool:
    def owner(at: datetime) -> Any:
        day = at.astimezone(SHANGHAI).date()
        return next(
            (
                row
                for row in register.ownerships
                if row.service_number == record["service_number"]
                and row.valid_from <= day < (row.valid_until or date.max)
            ),
            None,
        )

    at_setup = owner(record["setup_at"])
    if at_setup is None:
        return False
    start = record["answered_at"] or record["setup_at"]
    if at_setup.bill_from == "bridged":
        start = record["bridged_at"] or start
    return owner(start) is not None


def outcome(register: RegisterPlan, now: datetime, record: Record, kept: dict[Any, Record]) -> str:
    """Walk domain §4's list for one record; the plain words of it, nothing of the pipeline."""
    key = (record["call_id"], record["leg"])
    if key in kept:
        return "duplicate" if kept[key] == record else "CONFLICTS_WITH_COMMITTED_RECORD"
    kept[key] = record
    if record["first_leg_id"] is not None:
        return "merged"
    return fault(register, now, record) or (
        "unanswered" if record["answered_at"] is None and not record["billable_ms"] else "rated"
    )


def fault(register: RegisterPlan, now: datetime, record: Record) -> str | None:
    starts = [record[name] for name in ("setup_at", "answered_at", "bridged_at") if record[name]]
    if record["released_at"] < max(starts):
        return "RELEASED_BEFORE_STARTED"
    if record["released_at"] - min(starts) > timedelta(hours=24):
        return "LONGER_THAN_24_HOURS"
    if max(starts) > now + timedelta(hours=1):
        return "STARTS_IN_THE_FUTURE"
    return None if is_owned(register, record) else "SERVICE_NUMBER_NOT_OWNED"


def test_what_is_planted_is_what_a_walk_over_the_messages_finds(
    traffic: Traffic, register: RegisterPlan, now_us: int
) -> None:
    now = datetime.fromtimestamp(now_us / 1_000_000, UTC)
    kept: dict[Any, Record] = {}
    found = Counter(
        "MESSAGE_UNREADABLE" if record is None else outcome(register, now, record, kept)
        for record in received(traffic)
    )
    planted = traffic.planted
    assert found == {
        "rated": planted.rated,
        "unanswered": planted.unanswered,
        "merged": planted.merged,
        "duplicate": planted.duplicate,
        **planted.suspended_by_reason,
    }
    assert sum(found.values()) == planted.read


def test_records_arrive_when_calls_end_and_copies_later(traffic: Traffic) -> None:
    records = traffic.table().to_pylist()
    arrivals = [record["arrival_at"] for record in records]
    assert arrivals == sorted(arrivals)
    first_arrival: dict[tuple[str, str], datetime] = {}
    copies = 0
    for record in records:
        key = (record["call_id"], record["leg"])
        if record["planted"] in {"copy", "contradiction"}:
            later = record["arrival_at"] - first_arrival[key]
            assert timedelta(seconds=2) <= later <= timedelta(hours=6)
            copies += 1
        else:
            assert key not in first_arrival
            first_arrival[key] = record["arrival_at"]
        if record["planted"] == "talked":
            assert record["arrival_at"] == record["released_at"]
    assert copies == traffic.planted.duplicate + 3


@pytest.mark.parametrize(("rows", "block_calls"), [(1, 5_000), (77, 300), (10_000, 997)])
def test_the_stream_is_the_same_however_it_is_cut(
    traffic: Traffic, monkeypatch: pytest.MonkeyPatch, rows: int, block_calls: int
) -> None:
    whole = traffic.table()
    monkeypatch.setattr(module, "BLOCK_CALLS", block_calls)
    chunks = list(traffic.chunks(rows))
    assert {chunk.num_rows for chunk in chunks[:-1]} <= {rows}
    assert pa.concat_tables(chunks).equals(whole)
    assert whole.schema == TRAFFIC_SCHEMA
    assert whole.num_rows == traffic.planted.read


def test_the_seed_decides_everything(
    register: RegisterPlan, regions: RegionTable, now_us: int
) -> None:
    def made(seed: int) -> pa.Table:
        return generate_traffic(
            register, calls=CALLS_MIN, seed=seed, regions=regions, now_us=now_us
        ).table()

    assert made(1).equals(made(1))
    ids = [set(made(seed)["call_id"].to_pylist()) for seed in (1, 2)]
    assert not ids[0] & ids[1]


def refusals() -> Sequence[tuple[dict[str, Any], str]]:
    return [
        ({"calls": 2**31 + 1}, "at most 2147483648 calls"),
        ({"single_share": 1.5}, "0 to 1, got 1.5"),
        ({"now_us": 1_788_000_000_000_000}, "2026-08 is not over"),
    ]


@pytest.mark.parametrize(("wrong", "words"), refusals())
def test_what_cannot_be_made_is_refused(
    register: RegisterPlan, regions: RegionTable, now_us: int, wrong: dict[str, Any], words: str
) -> None:
    asked: dict[str, Any] = {"calls": CALLS_MIN, "now_us": now_us, "single_share": 0.0, **wrong}
    with pytest.raises(ValueError, match=words):
        generate_traffic(register, seed=1, regions=regions, **asked)
