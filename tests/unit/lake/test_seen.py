"""What the window knows after reading the lake is what it knew when the rows were stored."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from records import NOW_US, after, cdr, decoded, unanswered
from references import owned, reference

from cdrpipe.cdr.duplicate import SeenWindow
from cdrpipe.lake.publish import Publisher
from cdrpipe.lake.seen import HORIZON_DAYS, SeenIndex
from cdrpipe.pipeline import ProcessedBatch, process_batch
from cdrpipe.rating.billing_day import billing_days

TODAY = dt.date(2026, 10, 6)
REFERENCE = reference(owned("4008001234"))

BLIND = {"bridged_at": None, "bridged_stated": False, "answering_number_raw": None}

# One of each: plain, dirty number, unanswered, held back, own leg, named leg, ring group, parts.
RECORDS = [
    cdr("plain"),
    cdr("dirty", calling_number_raw="0086 138-0013-8000", answering_number_raw="x"),
    unanswered("unanswered"),
    cdr("unowned", service_number_raw="4001112222"),
    cdr("own-leg", first_leg_id="plain"),
    cdr("named", second_leg_id="its-leg", **BLIND),
    cdr("its-leg", service_number_raw="13900139000", answered_at=after(20)),
    cdr("ring-1", group_id="g", sequence=1, billable_ms=5_000),
    cdr("ring-2", group_id="g", sequence=2, billable_ms=9_000),
    cdr("long", partial_no=1, is_final=False, billable_ms=1_000),
    cdr("long", partial_no=2, billable_ms=2_000),
]


def batch_of(*rows: dict[str, Any], seen: SeenWindow) -> ProcessedBatch:
    return process_batch(decoded(*rows), reference=REFERENCE, seen=seen, received_at_us=NOW_US)


def index_of(lake: Path, today: dt.date = TODAY) -> SeenIndex:
    return SeenIndex(Publisher(lake), horizon_days=HORIZON_DAYS, today=today)


def store(index: SeenIndex, lake: Path, *rows: dict[str, Any]) -> list[str]:
    found = batch_of(*rows, seen=index.catch_up())
    publisher = Publisher(lake)
    stored = publisher.publish(
        found.rows, moves=[], judged_at=publisher.refreshed().version(), summary={}
    )
    index.admit_stored(found.fresh, stored)
    return [row["suspense_reason"] or row["outcome"] for row in found.rows.to_pylist()]


@pytest.mark.parametrize("reopened", [False, True])
def test_every_kind_of_stored_record_is_a_duplicate_when_it_comes_again(
    tmp_path: Path, reopened: bool
) -> None:
    index = index_of(tmp_path)
    assert set(store(index, tmp_path, *RECORDS)) == {
        "rated",
        "unanswered",
        "merged",
        "SERVICE_NUMBER_NOT_OWNED",
    }
    index = index_of(tmp_path) if reopened else index
    assert store(index, tmp_path, *RECORDS) == ["duplicate"] * len(RECORDS)


def test_other_content_under_a_stored_key_is_a_conflict_after_reopening(tmp_path: Path) -> None:
    store(index_of(tmp_path), tmp_path, *RECORDS)
    changed = [{**row, "cause": 99} for row in RECORDS]
    assert set(store(index_of(tmp_path), tmp_path, *changed)) == {"CONFLICTS_WITH_COMMITTED_RECORD"}


def test_a_conflict_and_a_duplicate_leave_the_first_version_in_force(tmp_path: Path) -> None:
    store(index_of(tmp_path), tmp_path, cdr("c"))
    store(index_of(tmp_path), tmp_path, cdr("c", cause=99), cdr("c"))
    assert store(index_of(tmp_path), tmp_path, cdr("c"), cdr("c", cause=99)) == [
        "duplicate",
        "CONFLICTS_WITH_COMMITTED_RECORD",
    ]


def test_parts_that_come_late_are_judged_by_what_is_stored(tmp_path: Path) -> None:
    store(index_of(tmp_path), tmp_path, *RECORDS)
    late = [
        cdr("ring-3", group_id="g", sequence=3, billable_ms=8_000),
        cdr("ring-4", group_id="g", sequence=4, billable_ms=10_000),
    ]
    assert store(index_of(tmp_path), tmp_path, *late) == ["merged", "BELONGS_TO_COMMITTED_CALL"]


@pytest.mark.parametrize("first", ["leg", "call"])
def test_legs_stored_in_two_commits_make_the_same_call(tmp_path: Path, first: str) -> None:
    call = cdr("call", second_leg_id="leg", **BLIND)
    leg = cdr("leg", service_number_raw="13900139000", answered_at=after(20))
    earlier, later = (leg, call) if first == "leg" else (call, leg)
    store(index_of(tmp_path), tmp_path, earlier)
    outcome = store(index_of(tmp_path), tmp_path, later)
    assert outcome == (["rated"] if first == "leg" else ["merged"])


def test_what_another_writer_stored_is_seen_at_the_next_look(tmp_path: Path) -> None:
    mine, other = index_of(tmp_path), index_of(tmp_path)
    store(mine, tmp_path, cdr("a"))
    store(other, tmp_path, cdr("b"))
    assert store(mine, tmp_path, cdr("b"), cdr("a")) == ["duplicate", "duplicate"]


def test_records_older_than_the_horizon_are_read_for_a_batch_about_their_days(
    tmp_path: Path,
) -> None:
    day = dt.date(2026, 10, 5)
    store(index_of(tmp_path), tmp_path, cdr("c"))
    last = day + dt.timedelta(days=HORIZON_DAYS)
    assert len(index_of(tmp_path, last).catch_up()) == 1
    later = index_of(tmp_path, last + dt.timedelta(days=1))
    assert len(later.catch_up()) == 0
    assert len(later.catch_up([day + dt.timedelta(days=2)])) == 0
    assert len(later.catch_up([day + dt.timedelta(days=1)])) == 1
    assert len(later.catch_up([day])) == 1


def test_days_are_chinas_of_the_first_stamp() -> None:
    late = dt.datetime(2026, 10, 4, 16, tzinfo=dt.UTC)
    rows = decoded(
        cdr("c"),
        cdr("d", setup_at=late),
        cdr("e", setup_at=None, answered_at=late - dt.timedelta(microseconds=1)),
        cdr("f", setup_at=None, answered_at=None, bridged_at=None, released_at=None),
    )
    assert billing_days(rows.cdrs) == {dt.date(2026, 10, 4), dt.date(2026, 10, 5)}
