"""What of the owned partitions is in hand, and where the lake stands: pure logic over offsets.

The truth about offsets is the lake. For every owned partition this law holds at all times: in hand
is each message from the lake's position up to ``next_offset``, once, in order. The order of steps
that keeps it, and the state after a crash behind each of them:

1. positions are read from the lake and the partitions taken      nothing in hand
2. messages are admitted                                          memory only: read again
3. rows and positions are committed to the lake, in one commit    stored, or not at all
4. the checkpoint is settled                                      memory only: read from the lake
5. the offsets are told to Kafka                                  advice to lag tools, never read

A partition that is lost is dropped with what is in hand of it; whoever owns it next begins at the
lake's position. A commit that was fenced (another writer moved a position) drops everything, reads
the positions again and goes on from there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from cdrpipe.lake.publish import Move
from cdrpipe.mediation.payload import Payload


class Partition(NamedTuple):
    """One partition of a topic."""

    topic: str
    number: int

    def __str__(self) -> str:
        """Write it as messages name it: ``calls[3]``."""
        return f"{self.topic}[{self.number}]"


@dataclass(slots=True, kw_only=True)
class _Held:
    position: int | None  # the lake's next offset; None: the lake has nothing of the partition
    next_offset: int | None
    payloads: list[Payload] = field(default_factory=list)


class Checkpoint:
    """The owned partitions, each with the lake's position and the messages in hand.

    Parameters
    ----------
    job
        Names the reader in the lake; two jobs read a topic independently.
    """

    def __init__(self, *, job: str) -> None:
        self._job = job
        self._held: dict[tuple[str, int], _Held] = {}
        self.message_count = 0
        self.byte_count = 0
        self.skipped_offset_count = 0

    @property
    def owned(self) -> frozenset[Partition]:
        """Name the partitions owned now."""
        return frozenset(Partition(*key) for key in self._held)

    def take(self, positions: Mapping[Partition, int | None]) -> None:
        """Own partitions from the lake's positions on, with nothing of them in hand."""
        self.give_up(positions)
        for partition, position in positions.items():
            self._held[partition] = _Held(position=position, next_offset=position)

    def give_up(self, partitions: Iterable[Partition]) -> None:
        """Disown partitions and drop what is in hand of them."""
        for partition in partitions:
            held = self._held.pop(partition, None)
            if held is not None:
                self._forget(held.payloads)

    def admit(self, partition: tuple[str, int], offset: int, data: bytes) -> bool:
        """Take a message in hand, unless its partition is not owned or it is here or in the lake.

        A gap before it is legal (markers of transactions, compacted topics) and counted.
        """
        held = self._held.get(partition)
        if held is None:
            return False
        expected = held.next_offset
        if expected is not None:
            if offset < expected:
                return False
            self.skipped_offset_count += offset - expected
        topic, number = partition
        held.payloads.append(
            Payload(data=data, first_row=0, topic=topic, partition=number, offset=offset)
        )
        held.next_offset = offset + 1
        self.message_count += 1
        self.byte_count += len(data)
        return True

    def payloads(self) -> list[Payload]:
        """List what is in hand, partition by partition, each in the order of its offsets."""
        return [payload for held in self._held.values() for payload in held.payloads]

    def moves(self) -> dict[Partition, Move]:
        """Say what storing all that is in hand does to the lake's positions."""
        moves = {}
        for key, held in self._held.items():
            if held.payloads:
                assert held.next_offset is not None, f"{key}: in hand, but from where to where?"
                partition = Partition(*key)
                moves[partition] = Move(
                    app_id=app_id(self._job, partition),
                    expected=held.position,
                    next=held.next_offset,
                )
        return moves

    def settle(self, moves: Mapping[Partition, Move]) -> None:
        """Note that a commit stored the messages in hand and moved the lake's positions."""
        for partition, move in moves.items():
            held = self._held[partition]
            assert held.next_offset == move.next, f"{partition}: {held.next_offset}, {move}"
            self._forget(held.payloads)
            held.position, held.payloads = move.next, []

    def next_offset(self, partition: Partition) -> int | None:
        """Give the offset to read next; None: the first there is."""
        return self._held[partition].next_offset

    def _forget(self, payloads: list[Payload]) -> None:
        self.message_count -= len(payloads)
        self.byte_count -= sum(len(payload.data) for payload in payloads)


def app_id(job: str, partition: Partition) -> str:
    """Name a job's position of a partition in the lake."""
    return f"{job}:{partition.topic}:{partition.number}"
