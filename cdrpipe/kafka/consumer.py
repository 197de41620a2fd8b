"""The session with the broker: who owns what, messages in, offsets told back.

The client stands where the checkpoint says: partitions are assigned with the offset to begin at
(``checkpoint.py``), and one whose position was read again is unassigned and assigned anew, which
throws away what the client had fetched. Kafka's own committed offsets are written for lag tools
and never read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, Protocol

from confluent_kafka import (
    OFFSET_BEGINNING,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from cdrpipe.errors import Refused, Unavailable
from cdrpipe.kafka.checkpoint import Checkpoint, Partition
from cdrpipe.kafka.client_log import reason_of
from cdrpipe.lake.publish import Move

log = logging.getLogger("cdrpipe.kafka")

_NOT_ALLOWED = (
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
)
_OUT_OF_RANGE = (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE)  # noqa: SLF001 - its public name


class Client(Protocol):
    """The part of ``confluent_kafka.Consumer`` that a session uses."""

    def subscribe(
        self,
        topics: list[str],
        on_assign: Callable[[object, list[TopicPartition]], None] = ...,
        on_revoke: Callable[[object, list[TopicPartition]], None] = ...,
        on_lost: Callable[[object, list[TopicPartition]], None] = ...,
    ) -> None:
        """Join the group; the callbacks run within ``consume`` and ``close``."""

    def consume(self, num_messages: int = ..., timeout: float = ...) -> list[Message]:
        """Give messages and events, serving callbacks meanwhile."""

    def incremental_assign(self, partitions: list[TopicPartition]) -> None:
        """Begin to read partitions at the offsets they carry."""

    def incremental_unassign(self, partitions: list[TopicPartition]) -> None:
        """Stop to read partitions and throw away what was fetched of them."""

    def commit(self, *, offsets: list[TopicPartition], asynchronous: Literal[True]) -> object:
        """Tell Kafka how far the group is."""

    def get_watermark_offsets(
        self, partition: TopicPartition, *, cached: bool
    ) -> tuple[int, int] | None:
        """Give the first offset and the one after the last, as last heard."""

    def close(self) -> None:
        """Leave the group."""


class BrokerSession:
    """One life of a consumer in its group.

    Parameters
    ----------
    checkpoint
        Kept by the session as partitions come and go and messages arrive.
    positions_of
        Reads the lake's positions of partitions, afresh.
    before_revoke
        Stores what is in hand; called before partitions are given up.
    """

    def __init__(
        self,
        client: Client,
        *,
        checkpoint: Checkpoint,
        positions_of: Callable[[Sequence[Partition]], Mapping[Partition, int | None]],
        before_revoke: Callable[[], None],
    ) -> None:
        self._client = client
        self._checkpoint = checkpoint
        self._positions_of = positions_of
        self._before_revoke = before_revoke
        self._has_been_assigned = False
        self._at_end: set[Partition] = set()
        self._assigned_now: set[Partition] = set()  # within the running call of consume
        self._astray: set[Partition] = set()  # the client stands elsewhere than the checkpoint
        self.read_count = 0
        self.dropped_count = 0

    def open(self, topics: Sequence[str]) -> None:
        """Join the group; partitions come with the first reads."""
        self._client.subscribe(
            list(topics),
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_lost,
        )

    def read(self, *, message_count_max: int, timeout_s: float) -> None:
        """Take messages in hand for at most ``timeout_s``, and serve what the group decides.

        Raises
        ------
        Refused
            An offset is no longer on the broker, or a right is missing.
        Unavailable
            The client gave up for good. Passing faults of the network are its own business.
        """
        self._assigned_now.clear()
        for message in self._consume(message_count_max, timeout_s):
            partition = _partition_of(message)
            # What comes out of the same call that assigned its partition may have been fetched
            # under an earlier assignment, and would hide the messages before it.
            if partition in self._assigned_now:
                self._astray.add(partition)
            if partition in self._astray:
                self.dropped_count += 1
                continue
            error = message.error()
            if error is None:
                self._admit(partition, message)
            else:
                self._heed(error, partition, message.offset())

    def rewind(self) -> None:
        """Drop all that is in hand and go on from the lake's positions, read afresh."""
        owned = sorted(self._checkpoint.owned)
        self._checkpoint.take(self._positions_of(owned))
        self._at_end.difference_update(owned)
        self._astray.update(owned)

    def acknowledge(self, moves: Mapping[Partition, Move]) -> None:
        """Tell Kafka how far the lake is: advice for lag tools, nobody waits for it."""
        offsets = [TopicPartition(*partition, move.next) for partition, move in moves.items()]
        try:
            self._client.commit(offsets=offsets, asynchronous=True)
        except KafkaException as e:
            log.warning("the offsets could not be told to Kafka: %s", reason_of(e))

    def lag(self) -> int:
        """Count the messages of owned partitions that the broker has and we have not read."""
        return sum(self._lag_of(partition) for partition in self._checkpoint.owned - self._at_end)

    def is_caught_up(self) -> bool:
        """Say whether every owned partition was read to its end as last heard."""
        return self._has_been_assigned and self._checkpoint.owned <= self._at_end

    def close(self) -> None:
        """Leave the group; what is in hand is dropped."""
        self._checkpoint.give_up(self._checkpoint.owned)
        self._client.close()

    def _consume(self, message_count_max: int, timeout_s: float) -> list[Message]:
        try:
            self._put_back()
            return self._client.consume(message_count_max, timeout_s)
        except KafkaException as e:
            raise Unavailable(
                f"the Kafka client gave up: {reason_of(e)}",
                code="KAFKA_UNAVAILABLE",
                where="kafka.bootstrap",
                hint="nothing that was read is lost; start again",
            ) from e

    def _admit(self, partition: Partition, message: Message) -> None:
        offset = message.offset()
        assert offset is not None, f"{partition}: a message without its offset"
        if self._checkpoint.admit(partition, offset, message.value() or b""):
            self._at_end.discard(partition)
            self.read_count += 1
        else:
            self.dropped_count += 1

    def _put_back(self) -> None:
        astray = sorted(self._astray & self._checkpoint.owned)
        self._astray.clear()
        if astray:
            self._client.incremental_unassign([TopicPartition(*each) for each in astray])
            self._client.incremental_assign([self._start_of(each) for each in astray])

    def _start_of(self, partition: Partition) -> TopicPartition:
        offset = self._checkpoint.next_offset(partition)
        return TopicPartition(*partition, OFFSET_BEGINNING if offset is None else offset)

    def _on_assign(self, _client: object, assigned: list[TopicPartition]) -> None:
        partitions = _partitions(assigned)
        self._checkpoint.take(self._positions_of(partitions))
        self._at_end.difference_update(partitions)
        self._assigned_now.update(partitions)
        self._astray.difference_update(partitions)
        self._has_been_assigned = True
        self._client.incremental_assign([self._start_of(each) for each in partitions])
        log.info("assigned: %s", ", ".join(map(str, partitions)) or "nothing")

    def _on_revoke(self, _client: object, revoked: list[TopicPartition]) -> None:
        self._before_revoke()
        self._checkpoint.give_up(_partitions(revoked))
        self._client.incremental_unassign(revoked)
        log.info("given up: %s", ", ".join(map(str, _partitions(revoked))))

    def _on_lost(self, _client: object, lost: list[TopicPartition]) -> None:
        self._checkpoint.give_up(_partitions(lost))
        self._client.incremental_unassign(lost)
        log.warning("lost to the group: %s", ", ".join(map(str, _partitions(lost))))

    def _heed(self, error: KafkaError, partition: Partition, offset: int | None) -> None:
        if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
            self._at_end.add(partition)
        elif error.code() in _OUT_OF_RANGE:
            raise _out_of_range(partition, offset)
        elif error.code() in _NOT_ALLOWED:
            raise Refused(
                f"the broker refuses us: {error.str()}",
                code="KAFKA_NOT_ALLOWED",
                where=str(partition),
                hint="grant the user Read on the topic and on the group",
            )
        elif error.fatal():
            raise Unavailable(
                f"the Kafka client gave up: {error.str()}",
                code="KAFKA_UNAVAILABLE",
                where=str(partition),
                hint="nothing that was read is lost; start again",
            )
        else:
            log.warning("%s: %s", partition, error.str())

    def _lag_of(self, partition: Partition) -> int:
        try:
            watermarks = self._client.get_watermark_offsets(TopicPartition(*partition), cached=True)
        except KafkaException:
            return 0
        low, high = watermarks or (0, 0)
        next_offset = self._checkpoint.next_offset(partition)
        return max(0, high - (max(0, low) if next_offset is None else next_offset))


def _out_of_range(partition: Partition, offset: int | None) -> Refused:
    return Refused(
        f"the lake ends at offset {offset}, which the broker does not have",
        code="KAFKA_OFFSET_OUT_OF_RANGE",
        where=f"{partition}@{offset}",
        hint=(
            "the topic's retention passed us by (records are lost to us) or the topic was made "
            "anew; nothing was skipped. Import the missing records from their files, then go on "
            "under a new kafka.job, which reads the topic from its beginning: records that are "
            "in the lake already are found to be duplicates"
        ),
    )


def _partitions(given: Iterable[TopicPartition]) -> list[Partition]:
    return [Partition(each.topic, each.partition) for each in given]


def _partition_of(message: Message) -> Partition:
    number = message.partition()  # None: an event of the client as a whole
    return Partition(message.topic() or "", -1 if number is None else number)
