"""Parts of one call: which record stays, what it takes from the others, what comes too late."""

from typing import Any

import polars as pl
import pyarrow as pa
from records import after, cdr, cdr_table, unanswered

from cdrpipe._fast.duplicate import KeyTable
from cdrpipe.cdr.correlate import correlate
from cdrpipe.cdr.duplicate import FreshRecords, GroupCall, SeenWindow
from cdrpipe.cdr.fingerprint import KEY_COLUMNS, fingerprint_rows
from cdrpipe.cdr.suspense import SuspenseReason


def correlated(*rows: dict[str, Any], seen: SeenWindow | None = None) -> list[dict[str, Any]]:
    frame = pl.from_arrow(cdr_table(rows))
    return correlate(frame, seen or SeenWindow()).cdrs.to_dicts()


def parts(*rows: dict[str, Any], seen: SeenWindow | None = None) -> list[str | None]:
    found = correlated(*rows, seen=seen)
    return [
        SuspenseReason(row["reason"]).name if row["reason"] else row["belongs_to"] for row in found
    ]


def ring(call_id: str, seconds: int, sequence: int, **columns: Any) -> dict[str, Any]:
    return cdr(call_id, group_id="g", billable_ms=seconds * 1000, sequence=sequence, **columns)


def stored(*rows: dict[str, Any], **found: Any) -> SeenWindow:
    keys = fingerprint_rows(cdr_table(rows), KEY_COLUMNS)
    fresh = KeyTable()
    verdict = bytearray(len(rows))
    KeyTable().classify(fresh, keys.low, keys.high, keys.low, verdict)
    window = SeenWindow()
    window.admit(FreshRecords(keys=fresh, **found))
    return window


def test_records_without_relatives_stay_as_they_are() -> None:
    assert parts(cdr("c1"), unanswered("c2")) == [None, None]


def test_of_a_ring_group_the_longest_billable_record_is_the_call() -> None:
    assert parts(ring("a", 0, 1), ring("b", 30, 3), ring("c", 60, 2)) == ["c", "c", None]


def test_of_equally_long_records_the_lowest_sequence_is_the_call() -> None:
    assert parts(ring("a", 0, 12), ring("b", 0, 8), ring("c", 0, 10)) == ["b", None, "b"]


def test_groups_of_two_sources_are_strangers() -> None:
    assert parts(ring("a", 1, 1), ring("b", 2, 2, source="other")) == [None, None]


def test_a_later_group_record_that_loses_to_the_stored_call_is_merged() -> None:
    call = GroupCall(call_id="c", billable_ms=60_000, sequence=2)
    window = stored(ring("c", 60, 2), group_calls={("native", "g"): call})
    assert parts(ring("a", 60, 3), seen=window) == ["c"]


def test_a_later_group_record_that_would_win_is_held_back() -> None:
    call = GroupCall(call_id="c", billable_ms=60_000, sequence=2)
    window = stored(ring("c", 60, 2), group_calls={("native", "g"): call})
    assert parts(ring("a", 61, 3), ring("b", 60, 1), seen=window) == [
        "BELONGS_TO_COMMITTED_CALL",
        "BELONGS_TO_COMMITTED_CALL",
    ]


def test_a_second_leg_is_merged_whichever_comes_first() -> None:
    leg, call = cdr("leg"), cdr("call", second_leg_id="leg")
    assert parts(leg, call) == ["call", None]
    assert parts(call, leg) == [None, "call"]


def test_legs_of_legs_belong_to_the_call_at_the_root() -> None:
    assert parts(cdr("a", second_leg_id="b"), cdr("b", second_leg_id="c"), cdr("c")) == [
        None,
        "a",
        "a",
    ]


def test_of_two_records_that_name_each_other_the_earlier_is_the_call() -> None:
    late = cdr("late", second_leg_id="early", setup_at=after(1))
    early = cdr("early", second_leg_id="late")
    assert parts(late, early) == ["early", None]


def test_a_leg_that_names_its_call_is_merged_without_it() -> None:
    assert parts(cdr("leg", first_leg_id="call")) == ["call"]


def test_the_answer_of_a_second_leg_is_the_bridge_of_a_source_that_cannot_state_it() -> None:
    call = cdr(
        "call",
        second_leg_id="leg",
        bridged_at=None,
        bridged_stated=False,
        answering_number_raw=None,
    )
    leg = cdr("leg", answered_at=after(12), service_number_raw="13900139000")
    found = correlated(call, leg)[0]
    assert found["bridged_at"] == after(12)
    assert found["bridged_stated"]
    assert found["answering_number_raw"] == "13900139000"
    assert found["is_changed"]


def test_an_unanswered_second_leg_says_that_nobody_was_bridged() -> None:
    call = cdr("call", second_leg_id="leg", bridged_at=None, bridged_stated=False)
    found = correlated(call, unanswered("leg"))[0]
    assert found["bridged_stated"]
    assert found["bridged_at"] is None


def test_a_source_that_states_the_bridge_keeps_its_own() -> None:
    found = correlated(cdr("call", second_leg_id="leg"), cdr("leg", answered_at=after(33)))[0]
    assert found["bridged_at"] == after(10)
    assert not found["is_changed"]


def test_a_leg_that_comes_after_its_stored_call_is_merged() -> None:
    window = stored(cdr("call"), second_legs={("native", "leg"): "call"})
    assert parts(cdr("leg"), seen=window) == ["call"]


def test_a_call_whose_leg_was_stored_as_a_call_of_its_own_is_held_back() -> None:
    window = stored(cdr("leg"))
    assert parts(cdr("call", second_leg_id="leg"), seen=window) == ["BELONGS_TO_COMMITTED_CALL"]


def test_a_call_whose_leg_was_stored_as_its_leg_is_a_call() -> None:
    window = stored(cdr("leg"), merged_legs={("native", "leg")})
    assert parts(cdr("call", second_leg_id="leg"), seen=window) == [None]


def part(number: int, seconds: int, *, final: bool = False, **columns: Any) -> dict[str, Any]:
    return cdr("long", partial_no=number, is_final=final, billable_ms=seconds * 1000, **columns)


def test_the_parts_of_a_long_call_are_summed_into_the_last() -> None:
    first, second, last = correlated(
        part(1, 1800, setup_at=after(0), released_at=after(1800)),
        part(2, 1800, setup_at=after(1800), released_at=after(3600)),
        part(3, 100, final=True, setup_at=after(3600), released_at=after(3700)),
    )
    assert (first["belongs_to"], second["belongs_to"], last["belongs_to"]) == ("long", "long", None)
    assert last["billable_ms"] == 3_700_000
    assert last["setup_at"] == after(0)
    assert last["released_at"] == after(3700)


def test_a_long_call_with_a_part_missing_waits_whole() -> None:
    held = "PARTIALS_INCOMPLETE"
    assert parts(part(1, 10), part(3, 10, final=True)) == [held, held]
    assert parts(part(1, 10), part(2, 10)) == [held, held]
    assert parts(part(2, 10, final=True)) == [held]


def test_no_records_have_no_parts() -> None:
    empty = pl.from_arrow(cdr_table([]).cast(cdr_table([]).schema))
    assert correlate(empty, SeenWindow()).cdrs.height == 0
    assert pa.types.is_string(cdr_table([]).schema.field("call_id").type)
