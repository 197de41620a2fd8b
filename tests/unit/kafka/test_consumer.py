"""The session with the broker, over a list."""

import logging

import pytest
from broker.doubles import P0, P1, TOPIC, Clock, ListBroker, ListClient, ListLake, fault
from confluent_kafka import KafkaError, KafkaException

from cdrpipe.errors import Refused, Unavailable
from cdrpipe.kafka.checkpoint import Checkpoint
from cdrpipe.kafka.consumer import BrokerSession


class World:
    def __init__(self, *, collects_first: bool = False, count: int = 5) -> None:
        self.broker = ListBroker(partitions=[P0, P1], count=count)
        self.client = ListClient(self.broker, Clock(), collects_first=collects_first)
        self.lake = ListLake()
        self.checkpoint = Checkpoint(job="job")
        self.flushes = 0
        self.session = BrokerSession(
            self.client,
            checkpoint=self.checkpoint,
            positions_of=self.lake.positions,
            before_revoke=self.flush,
        )
        self.session.open([TOPIC])

    def flush(self) -> None:
        self.flushes += 1
        moves = self.checkpoint.moves()
        self.lake.land(self.checkpoint.payloads(), list(moves.values()))
        self.checkpoint.settle(moves)

    def read(self, *events, times: int = 1) -> None:
        self.client.events += events
        for _ in range(times):
            self.session.read(message_count_max=100, timeout_s=0.1)

    @property
    def in_hand(self) -> list[tuple[int, int]]:
        return [(each.partition, each.offset) for each in self.checkpoint.payloads()]


def test_partitions_begin_at_the_lakes_positions():
    world = World()
    world.lake.stored_positions["job:calls:1"] = 3
    world.read(lambda: world.client.assign(P0, P1), times=3)
    assert world.in_hand == [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (1, 3), (1, 4)]


def test_revoked_partitions_are_stored_before_they_are_given_up():
    world = World()
    world.read(lambda: world.client.assign(P0, P1), times=2)
    world.read(lambda: world.client.revoke(P0))
    assert world.flushes == 1
    assert world.lake.stored_positions == {"job:calls:0": 5, "job:calls:1": 5}
    assert world.checkpoint.owned == {P1}


def test_lost_partitions_are_dropped_and_not_stored():
    world = World()
    world.read(lambda: world.client.assign(P0, P1), times=2)
    world.read(lambda: world.client.lose(P0))
    assert world.lake.rows == []
    assert {number for number, _ in world.in_hand} == {1}


def test_messages_fetched_before_their_partition_came_back_do_not_hide_those_before_them():
    world = World(collects_first=True)
    world.read(lambda: world.client.assign(P0))
    world.client.steps.taken.clear()
    world.session.read(message_count_max=2, timeout_s=0.1)

    def lose_and_regain() -> None:
        world.client.lose(P0)
        world.client.assign(P0)

    # Offsets 2 to 4 come out of this call; 0 and 1 were lost with the partition.
    world.read(lose_and_regain, times=3)
    assert world.in_hand == [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4)]


def test_a_rewind_reads_again_from_the_lakes_positions():
    world = World()
    world.read(lambda: world.client.assign(P0), times=2)
    world.lake.stored_positions["job:calls:0"] = 2
    world.session.rewind()
    assert world.in_hand == []
    world.read(times=2)
    assert world.in_hand == [(0, 2), (0, 3), (0, 4)]


def test_caught_up_means_every_owned_partition_was_read_to_its_end():
    world = World()
    assert not world.session.is_caught_up()
    world.read(lambda: world.client.assign(P0, P1), times=3)
    assert world.session.is_caught_up()
    assert world.session.lag() == 0
    world.session.rewind()
    assert not world.session.is_caught_up()
    assert world.session.lag() == 10


def test_a_member_without_partitions_is_caught_up():
    world = World()
    world.read(world.client.assign)
    assert world.session.is_caught_up()


def test_lag_counts_what_the_broker_has_and_we_have_not_read():
    world = World()
    world.read(lambda: world.client.assign(P0, P1), times=3)
    world.session.rewind()
    world.session.read(message_count_max=4, timeout_s=0.1)
    assert world.session.lag() == 6


@pytest.mark.parametrize("code", [KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE])
def test_an_offset_the_broker_no_longer_has_stops_and_says_what_to_do(code):
    world = World()
    world.read(lambda: world.client.assign(P0), times=2)
    world.client.faults.append(fault(P0, code))
    with pytest.raises(Refused, match="the lake ends at offset") as stopped:
        world.read()
    assert stopped.value.code == "KAFKA_OFFSET_OUT_OF_RANGE"
    assert stopped.value.where.startswith("calls[0]@")
    assert "kafka.job" in stopped.value.hint


def test_a_missing_right_is_refused():
    world = World()
    world.client.faults.append(fault(P0, KafkaError.TOPIC_AUTHORIZATION_FAILED))
    with pytest.raises(Refused, match="the broker refuses us") as stopped:
        world.read()
    assert stopped.value.code == "KAFKA_NOT_ALLOWED"


def test_a_fatal_fault_of_the_client_is_unavailable():
    world = World()
    world.client.faults.append(fault(P0, KafkaError._FATAL, is_fatal=True))
    with pytest.raises(Unavailable, match="the Kafka client gave up"):
        world.read()


def test_a_passing_fault_is_logged_and_reading_goes_on(caplog):
    world = World()
    world.read(lambda: world.client.assign(P0))
    world.client.faults.append(fault(P0, KafkaError._TRANSPORT))
    with caplog.at_level(logging.WARNING, logger="cdrpipe.kafka"):
        world.read()
    assert "calls[0]" in caplog.text
    assert len(world.in_hand) == 5


def test_a_client_that_raises_is_unavailable():
    world = World()

    def fail(*_args: object) -> None:
        raise KafkaException(KafkaError(KafkaError._FATAL))

    world.client.consume = fail
    with pytest.raises(Unavailable, match="the Kafka client gave up"):
        world.read()


def test_offsets_that_cannot_be_told_to_kafka_stop_nothing(caplog):
    world = World()
    world.read(lambda: world.client.assign(P0), times=2)

    def fail(**_named: object) -> None:
        raise KafkaException(KafkaError(KafkaError._NO_OFFSET))

    world.client.commit = fail
    world.session.acknowledge(world.checkpoint.moves())
    assert "could not be told to Kafka" in caplog.text


def test_closing_stores_nothing():
    world = World()
    world.read(lambda: world.client.assign(P0), times=2)
    world.session.close()
    assert world.client.is_closed
    assert world.lake.rows == []
