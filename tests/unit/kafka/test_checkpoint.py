"""Offsets in hand against offsets in the lake."""

import pytest
from broker.doubles import P0, P1

from cdrpipe.kafka.checkpoint import Checkpoint
from cdrpipe.lake.publish import Move


@pytest.fixture
def checkpoint() -> Checkpoint:
    made = Checkpoint(job="job")
    made.take({P0: None, P1: 7})
    return made


def places(checkpoint: Checkpoint) -> list[tuple[int, int]]:
    return [(payload.partition, payload.offset) for payload in checkpoint.payloads()]


def test_a_message_below_the_lakes_position_is_dropped(checkpoint):
    assert not checkpoint.admit(P1, 6, b"stored already")
    assert checkpoint.admit(P1, 7, b"next")
    assert places(checkpoint) == [(1, 7)]


def test_a_message_in_hand_is_dropped_when_it_comes_again(checkpoint):
    assert checkpoint.admit(P1, 7, b"once")
    assert not checkpoint.admit(P1, 7, b"once")
    assert checkpoint.message_count == 1


def test_a_message_of_a_partition_not_owned_is_dropped(checkpoint):
    checkpoint.give_up([P1])
    assert not checkpoint.admit(P1, 7, b"of another")
    assert checkpoint.owned == {P0}


def test_a_partition_the_lake_does_not_know_begins_at_any_offset(checkpoint):
    assert checkpoint.next_offset(P0) is None
    assert checkpoint.admit(P0, 500, b"the first that retention left")
    assert checkpoint.skipped_offset_count == 0
    assert checkpoint.moves()[P0] == Move(app_id="job:calls:0", expected=None, next=501)


def test_gaps_between_offsets_are_legal_and_counted(checkpoint):
    checkpoint.admit(P1, 7, b"")
    checkpoint.admit(P1, 10, b"")
    assert checkpoint.skipped_offset_count == 2
    assert checkpoint.moves()[P1].next == 11


def test_a_partition_without_messages_does_not_move(checkpoint):
    checkpoint.admit(P0, 0, b"")
    assert list(checkpoint.moves()) == [P0]


def test_payloads_of_a_partition_keep_the_order_of_their_offsets(checkpoint):
    for offset in range(3):
        checkpoint.admit(P0, offset, b"")
        checkpoint.admit(P1, 7 + offset, b"")
    assert places(checkpoint) == [(0, 0), (0, 1), (0, 2), (1, 7), (1, 8), (1, 9)]


def test_a_settled_commit_is_the_position_the_next_one_expects(checkpoint):
    checkpoint.admit(P1, 7, b"abc")
    checkpoint.settle(checkpoint.moves())
    assert (checkpoint.message_count, checkpoint.byte_count) == (0, 0)
    checkpoint.admit(P1, 8, b"")
    assert checkpoint.moves()[P1] == Move(app_id="job:calls:1", expected=8, next=9)


def test_settling_a_move_that_is_not_what_is_in_hand_is_a_bug(checkpoint):
    checkpoint.admit(P1, 7, b"")
    moves = checkpoint.moves()
    checkpoint.admit(P1, 8, b"")
    with pytest.raises(AssertionError, match=r"calls\[1\]: 9, "):
        checkpoint.settle(moves)


def test_giving_up_drops_what_is_in_hand_of_those_partitions_only(checkpoint):
    checkpoint.admit(P0, 0, b"12345")
    checkpoint.admit(P1, 7, b"123")
    checkpoint.give_up([P1])
    assert places(checkpoint) == [(0, 0)]
    assert (checkpoint.message_count, checkpoint.byte_count) == (1, 5)


def test_taking_again_drops_what_is_in_hand_and_begins_at_the_new_position(checkpoint):
    checkpoint.admit(P1, 7, b"fenced")
    checkpoint.take({P1: 30})
    assert checkpoint.message_count == 0
    assert not checkpoint.admit(P1, 29, b"")
    assert checkpoint.admit(P1, 30, b"")
