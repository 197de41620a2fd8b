"""The window judges by key and content, keeps what came first, and learns only what is stored."""

import random

import pyarrow as pa
from records import cdr, cdr_table

from cdrpipe.cdr.duplicate import (
    FreshRecords,
    GroupCall,
    LegAnswer,
    LegRecords,
    SeenWindow,
    Verdict,
    keys_of,
)
from cdrpipe.cdr.fingerprint import CALL_COLUMNS


def judged(window: SeenWindow, *rows: dict) -> tuple[list[Verdict], FreshRecords]:
    table = cdr_table(rows)
    numbered = table.append_column(
        "calling_number", pa.array([8613800138000] * table.num_rows)
    ).append_column("answering_number", pa.array([862161234567] * table.num_rows))
    numbered = numbered.append_column("service_number", numbered["service_number_raw"])
    found = window.judge(numbered)
    return [Verdict(code) for code in found.verdict.to_pylist()], FreshRecords(keys=found.fresh)


def test_within_a_batch_the_first_is_new_the_copy_a_duplicate_the_other_a_conflict() -> None:
    verdicts, _ = judged(
        SeenWindow(), cdr("c1"), cdr("c1"), cdr("c1", cause=17), cdr("c2"), cdr("c1", leg="b")
    )
    assert verdicts == [
        Verdict.NEW,
        Verdict.DUPLICATE,
        Verdict.CONFLICT,
        Verdict.NEW,
        Verdict.NEW,
    ]


def test_judging_changes_nothing_until_the_batch_is_admitted() -> None:
    window = SeenWindow()
    first, fresh = judged(window, cdr("c1"))
    again, _ = judged(window, cdr("c1"))
    assert first == again == [Verdict.NEW]
    window.admit(fresh)
    after, _ = judged(window, cdr("c1"), cdr("c1", billable_ms=1))
    assert after == [Verdict.DUPLICATE, Verdict.CONFLICT]


def test_the_place_a_record_came_from_is_no_content() -> None:
    window = SeenWindow()
    _, fresh = judged(window, cdr("c1", topic="cdr", partition=0, offset=7))
    window.admit(fresh)
    verdicts, _ = judged(window, cdr("c1", file="late.csv", row=99))
    assert verdicts == [Verdict.DUPLICATE]


def test_many_keys_are_told_apart_across_growth() -> None:
    draw = random.Random(20261005)
    ids = [f"call-{draw.randrange(10**12)}" for _ in range(30_000)]
    window, known, wrong = SeenWindow(), set(), 0
    for begin in range(0, len(ids), 5_000):
        batch = ids[begin : begin + 5_000] + draw.sample(ids[: begin + 5_000], 500)
        verdicts, fresh = judged(window, *({"call_id": name} | cdr(name) for name in batch))
        for name, verdict in zip(batch, verdicts, strict=True):
            wrong += verdict != (Verdict.DUPLICATE if name in known else Verdict.NEW)
            known.add(name)
        window.admit(fresh)
    assert wrong == 0
    assert len(window) == len(known)


def test_a_priced_call_is_known_whatever_its_leg() -> None:
    window = SeenWindow()
    _, fresh = judged(window, cdr("c1", leg="b"))
    rated = cdr_table([cdr("c1", leg="b")])
    window.admit(FreshRecords(keys=fresh.keys, priced=keys_of(rated, CALL_COLUMNS)))
    assert window.is_priced("native", "c1")
    assert not window.is_priced("native", "c2")
    assert not window.is_priced("other", "c1")


def test_stored_calls_of_groups_and_legs_are_found_again() -> None:
    window = SeenWindow()
    call = GroupCall(call_id="c1", billable_ms=5, sequence=2)
    answer = LegAnswer(answered_at=None, dialled="1")
    held = LegAnswer(answered_at=None, dialled="2")
    _, fresh = judged(window, cdr("c1"))
    assert not window.knows_legs
    window.admit(
        FreshRecords(
            keys=fresh.keys,
            group_calls={("pbx", "g1"): call},
            legs=LegRecords(
                calls={("fs", "leg"): "c1"},
                answers={("fs", "c1"): answer},
                held={("fs", "x"): held},
            ),
        )
    )
    assert window.group_call("pbx", "g1") == call
    assert window.group_call("pbx", "g2") is None
    assert window.call_of_second_leg("fs", "leg") == "c1"
    assert window.knows_legs
    assert window.answer_of_leg("fs", "c1", None) == answer
    assert window.answer_of_leg("fs", "c2", "x") == held
    assert window.answer_of_leg("fs", "c2", None) is None
