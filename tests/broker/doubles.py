"""Python lists behind the consumer protocol and behind the path to the lake, with crash points."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from confluent_kafka import OFFSET_BEGINNING, KafkaError, Message, TopicPartition

from cdrpipe.errors import Unavailable
from cdrpipe.kafka.checkpoint import Partition
from cdrpipe.lake.publish import Fenced, Move
from cdrpipe.mediation.payload import Payload

TOPIC = "calls"
P0, P1, P2 = (Partition(TOPIC, number) for number in range(3))


class Crash(BaseException):
    """The process ends here."""


@dataclass(slots=True, kw_only=True)
class Steps:
    """Counts the steps of a run and ends it behind one of them (0: never)."""

    crash_at: int = 0
    taken: list[str] = field(default_factory=list)

    def at(self, name: str) -> None:
        self.taken.append(name)
        if len(self.taken) == self.crash_at:
            raise Crash(name)


@dataclass(slots=True)
class Clock:
    """Time that passes only while somebody waits."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass(slots=True)
class ListStop:
    """A stop request that tests set; waiting for it passes time."""

    clock: Clock
    is_asked: bool = False

    def is_set(self) -> bool:
        return self.is_asked

    def wait(self, timeout: float) -> bool:
        self.clock.now += timeout
        return self.is_asked


class ListLake:
    """Rows and positions that outlive a crash; stands for the path from messages to the lake."""

    def __init__(self, *, job: str = "job") -> None:
        self.rows: list[tuple[Partition, int, bytes]] = []
        self.stored_positions: dict[str, int] = {}
        self.commits: list[int] = []
        self.steps = Steps()
        self.job = job
        self.before_commit: list[Callable[[], None]] = []  # one is called before each commit
        self.full_disk_tries = 0
        self.positions_reads = 0

    def positions(self, partitions: Sequence[Partition]) -> Mapping[Partition, int | None]:
        self.positions_reads += 1
        self.steps.at("positions read")
        return {each: self.stored_positions.get(self._app_id(each)) for each in partitions}

    def land(self, payloads: Sequence[Payload], moves: Sequence[Move]) -> Mapping[str, int]:
        if self.before_commit:
            self.before_commit.pop(0)()
        self.steps.at("before commit")
        if self.full_disk_tries:
            self.full_disk_tries -= 1
            raise Unavailable("the disk is full")
        for move in moves:
            if self.stored_positions.get(move.app_id) != move.expected:
                raise Fenced(f"expected {move.expected} for {move.app_id}")
        self.rows += [(Partition(p.topic, p.partition), p.offset, p.data) for p in payloads]
        self.stored_positions |= {move.app_id: move.next for move in moves}
        self.commits.append(len(payloads))
        self.steps.at("after commit")
        return {"rated": len(payloads)}

    def store_as_another(self, broker: "ListBroker", partition: Partition, *, until: int) -> None:
        """Store a partition's messages below an offset, as its next owner does."""
        app_id = self._app_id(partition)
        start = self.stored_positions.get(app_id, 0)
        there = [(at, data) for at, data in broker.messages[partition] if start <= at < until]
        self.rows += [(partition, at, data) for at, data in there]
        if there:
            self.stored_positions[app_id] = there[-1][0] + 1

    def _app_id(self, partition: Partition) -> str:
        return f"{self.job}:{partition.topic}:{partition.number}"


class ListBroker:
    """Messages by partition, each with its offset; gaps are allowed."""

    def __init__(self, *, partitions: Sequence[Partition], count: int, step: int = 1) -> None:
        self.messages = {
            partition: [(at, f"{partition}@{at}".encode()) for at in range(0, count * step, step)]
            for partition in partitions
        }

    def everything(self) -> list[tuple[Partition, int, bytes]]:
        """List all messages, as the lake should have them once."""
        return sorted(
            (partition, at, data)
            for partition, messages in self.messages.items()
            for at, data in messages
        )


class ListClient:
    """Gives a list's messages as ``confluent_kafka.Consumer`` gives a broker's.

    ``events`` are calls made one a ``consume``, as the group decides: ``client.assign(…)``,
    ``client.revoke(…)``, ``client.lose(…)``. With ``collects_first`` the messages of that call were
    fetched before its event, and with ``begins_early`` it gives so many offsets below the one it
    was assigned, as librdkafka may do.
    """

    def __init__(
        self,
        broker: ListBroker,
        clock: Clock,
        *,
        steps: Steps | None = None,
        collects_first: bool = False,
        begins_early: int = 0,
    ) -> None:
        self.broker = broker
        self.clock = clock
        self.steps = steps or Steps()
        self.collects_first = collects_first
        self.begins_early = begins_early
        self.events: list[Callable[[], None]] = []
        self.next_offset: dict[Partition, int] = {}
        self.told_end: set[Partition] = set()
        self.told_offsets: dict[Partition, int] = {}
        self.faults: list[Message] = []
        self.is_closed = False

    def subscribe(self, topics, on_assign=None, on_revoke=None, on_lost=None) -> None:
        assert topics == [TOPIC]
        self.on_assign, self.on_revoke, self.on_lost = on_assign, on_revoke, on_lost

    def assign(self, *partitions: Partition) -> None:
        self.on_assign(self, [TopicPartition(*each) for each in partitions])

    def revoke(self, *partitions: Partition) -> None:
        self.on_revoke(self, [TopicPartition(*each) for each in partitions])

    def lose(self, *partitions: Partition) -> None:
        self.on_lost(self, [TopicPartition(*each) for each in partitions])

    def consume(self, num_messages: int = 1, timeout: float = -1) -> list[Message]:
        assert num_messages > 0
        collected = self._collect(num_messages) if self.collects_first else []
        if self.events:
            self.events.pop(0)()
        collected = collected or self._collect(num_messages)
        if not collected:
            self.clock.now += timeout
        self.steps.at("messages read")
        return collected

    def incremental_assign(self, partitions: list[TopicPartition]) -> None:
        for each in partitions:
            partition = Partition(each.topic, each.partition)
            assert partition not in self.next_offset, f"{partition} is assigned already"
            offset = 0 if each.offset == OFFSET_BEGINNING else each.offset
            self.next_offset[partition] = max(0, offset - self.begins_early)

    def incremental_unassign(self, partitions: list[TopicPartition]) -> None:
        for each in partitions:
            del self.next_offset[Partition(each.topic, each.partition)]
            self.told_end.discard(Partition(each.topic, each.partition))

    def commit(self, *, offsets: list[TopicPartition], asynchronous: bool) -> None:
        assert asynchronous
        self.steps.at("offsets told")
        self.told_offsets |= {
            Partition(each.topic, each.partition): each.offset for each in offsets
        }

    def get_watermark_offsets(self, partition: TopicPartition, *, cached: bool) -> tuple[int, int]:
        assert cached
        messages = self.broker.messages[Partition(partition.topic, partition.partition)]
        return 0, messages[-1][0] + 1 if messages else 0

    def close(self) -> None:
        if self.next_offset:
            self.revoke(*self.next_offset)
        self.is_closed = True

    def _collect(self, num_messages: int) -> list[Message]:
        collected, self.faults = self.faults, []
        for partition in self.next_offset:
            for at, data in self.broker.messages[partition]:
                if at >= self.next_offset[partition] and len(collected) < num_messages:
                    collected.append(_message(partition, at, value=data))
                    self.next_offset[partition] = at + 1
                    self.told_end.discard(partition)
            if self._is_at_end(partition) and partition not in self.told_end:
                self.told_end.add(partition)
                collected.append(fault(partition, KafkaError._PARTITION_EOF))
        return collected

    def _is_at_end(self, partition: Partition) -> bool:
        messages = self.broker.messages[partition]
        return not messages or self.next_offset[partition] > messages[-1][0]


def fault(partition: Partition, code: int, *, is_fatal: bool = False) -> Message:
    """Make the event by which the client tells a fault of a partition."""
    return _message(partition, 0, error=KafkaError(code, fatal=is_fatal))


def _message(partition: Partition, at: int, **more: object) -> Message:
    return Message(topic=partition.topic, partition=partition.number, offset=at, **more)
