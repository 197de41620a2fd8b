"""Parts of one call: which record stays, what it takes from the others, what comes too late."""

import datetime as dt
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from records import after, cdr, cdr_table, unanswered

from cdrpipe.cdr.correlate import correlate
from cdrpipe.cdr.duplicate import (
    FreshRecords,
    GroupCall,
    LegAnswer,
    LegRecords,
    SeenWindow,
    keys_of,
)
from cdrpipe.cdr.fingerprint import CALL_COLUMNS, KEY_COLUMNS
from cdrpipe.cdr.schema import plain_texts
from cdrpipe.cdr.suspense import SuspenseReason

BLIND = {"bridged_at": None, "bridged_stated": False, "answering_number_raw": None}


def correlated(*rows: dict[str, Any], seen: SeenWindow | None = None) -> list[dict[str, Any]]:
    frame = pl.from_arrow(plain_texts(cdr_table(rows)))
    return correlate(frame, SeenWindow() if seen is None else seen).cdrs.to_dicts()


def parts(*rows: dict[str, Any], seen: SeenWindow | None = None) -> list[str | None]:
    found = correlated(*rows, seen=seen)
    return [
        SuspenseReason(row["reason"]).name if row["reason"] else row["belongs_to"] for row in found
    ]


def ring(call_id: str, seconds: int, sequence: int, **columns: Any) -> dict[str, Any]:
    return cdr(call_id, group_id="g", billable_ms=seconds * 1000, sequence=sequence, **columns)


def stored(*rated: dict[str, Any], **found: Any) -> SeenWindow:
    table = cdr_table(rated)
    window = SeenWindow()
    window.admit(
        FreshRecords(keys=keys_of(table, KEY_COLUMNS), priced=keys_of(table, CALL_COLUMNS), **found)
    )
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
    window = stored(cdr("call"), legs=LegRecords(calls={("native", "leg"): "call"}))
    assert parts(cdr("leg"), seen=window) == ["call"]


@pytest.mark.parametrize("leg", ["", "b"])
def test_a_call_whose_leg_was_priced_as_a_call_of_its_own_is_held_back(leg: str) -> None:
    window = stored(cdr("leg", leg=leg))
    assert parts(cdr("call", second_leg_id="leg"), seen=window) == ["BELONGS_TO_COMMITTED_CALL"]


def test_a_call_that_is_held_back_names_no_leg_for_later() -> None:
    frame = pl.from_arrow(plain_texts(cdr_table([cdr("call", second_leg_id="leg")])))
    assert correlate(frame, stored(cdr("leg"))).legs.calls == {}


def test_a_call_whose_leg_was_held_back_is_a_call_and_takes_its_answer() -> None:
    answer = LegAnswer(answered_at=after(12).astimezone(dt.UTC), dialled="13900139000")
    window = stored(legs=LegRecords(held={("native", "leg"): answer}))
    call = cdr("call", second_leg_id="leg", **BLIND)
    (found,) = correlated(call, seen=window)
    assert (found["belongs_to"], found["reason"]) == (None, 0)
    assert found["bridged_at"] == after(12)
    assert found["answering_number_raw"] == "13900139000"


def test_a_leg_that_names_its_call_gives_it_the_bridge_before_and_after() -> None:
    call, leg = cdr("call", **BLIND), cdr("leg", first_leg_id="call", answered_at=after(12))
    assert correlated(call, leg)[0]["bridged_at"] == after(12)
    frame = pl.from_arrow(plain_texts(cdr_table([leg])))
    window = stored(legs=correlate(frame, SeenWindow()).legs)
    assert correlated(call, seen=window)[0]["bridged_at"] == after(12)


def test_of_several_legs_the_one_answered_first_is_the_bridge() -> None:
    call = cdr("call", **BLIND)
    legs = [
        unanswered("busy", first_leg_id="call"),
        cdr("late", first_leg_id="call", answered_at=after(30)),
        cdr("first", first_leg_id="call", answered_at=after(20)),
    ]
    assert correlated(call, *legs)[0]["bridged_at"] == after(20)


def test_a_leg_without_a_dialled_number_gives_the_bridge_too() -> None:
    call = cdr("call", second_leg_id="leg", **BLIND)
    found = correlated(call, cdr("leg", answered_at=after(12), service_number_raw=None))[0]
    assert (found["bridged_at"], found["answering_number_raw"]) == (after(12), None)


@pytest.mark.parametrize("name", ["first_leg_id", "second_leg_id"])
def test_a_record_that_names_itself_is_a_call(name: str) -> None:
    assert parts(cdr("a", **{name: "a"})) == [None]


@pytest.mark.parametrize("name", ["first_leg_id", "second_leg_id"])
def test_in_a_ring_of_names_the_record_set_up_first_is_the_call(name: str) -> None:
    ring_of_three = [
        cdr("a", setup_at=after(3), **{name: "b"}),
        cdr("b", setup_at=after(1), **{name: "c"}),
        cdr("c", setup_at=after(2), **{name: "a"}),
    ]
    assert parts(*ring_of_three) == ["b", None, "b"]


def test_records_without_setup_that_name_each_other_are_one_call() -> None:
    undated = cdr("b", second_leg_id="a", setup_at=None)
    assert parts(cdr("a", second_leg_id="b"), undated) == [None, "a"]
    both = [cdr(name, second_leg_id=other, setup_at=None) for name, other in ("ab", "ba")]
    assert parts(*both) == [None, "a"]


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


def test_the_whole_of_a_long_call_is_a_continuation_only_if_its_first_part_is() -> None:
    _, last = correlated(part(1, 60), part(2, 60, final=True, is_continuation=True))
    assert not last["is_continuation"]
    _, last = correlated(part(1, 60, is_continuation=True), part(2, 60, final=True))
    assert last["is_continuation"]


def test_the_whole_of_a_long_call_has_the_numbers_of_its_first_part() -> None:
    nobody = {"calling_number_raw": None, "answering_number_raw": None}
    _, last = correlated(part(1, 60), part(2, 60, final=True, **nobody))
    assert last["calling_number_raw"] == "13800138000"
    assert last["answering_number_raw"] == "02161234567"


def test_a_long_call_with_a_part_missing_waits_whole() -> None:
    held = "PARTIALS_INCOMPLETE"
    assert parts(part(1, 10), part(3, 10, final=True)) == [held, held]
    assert parts(part(1, 10), part(2, 10)) == [held, held]
    assert parts(part(2, 10, final=True)) == [held]


def test_no_records_have_no_parts() -> None:
    empty = pl.from_arrow(plain_texts(cdr_table([])))
    assert correlate(empty, SeenWindow()).cdrs.height == 0
    assert pa.types.is_string(cdr_table([]).schema.field("call_id").type)
