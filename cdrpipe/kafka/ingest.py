"""The loop: messages in, one commit, on; and what happens when a commit does not go through."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cdrpipe.errors import Unavailable
from cdrpipe.kafka.checkpoint import Checkpoint, Partition
from cdrpipe.kafka.consumer import BrokerSession, Client
from cdrpipe.kafka.progress import REPORT_EVERY_S, DaemonProgress, DaemonResult, Tally
from cdrpipe.lake.publish import Fenced, Move
from cdrpipe.mediation.payload import Payload

log = logging.getLogger("cdrpipe.kafka")

# More messages a call make it slower (they fall out of the cache), fewer cost calls.
READ_MESSAGES_MAX = 1000
# The longest that a stop request or a rebalance waits for us while nothing comes in.
READ_S_MAX = 0.1
RETRY_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When to commit, how long to try, and when to end by itself.

    A commit is due at ``flush_rows`` messages or ``flush_bytes`` in hand, or ``flush_ms`` after
    the first of them came. One that fails because disk or register is away is tried again for
    ``retry_s_max`` seconds; that must stay well below librdkafka's ``max.poll.interval.ms`` (300
    s), after which the group takes the partitions away. With ``stop_when_idle_ms`` the daemon
    ends when it has read all there is and nothing more came for so long.
    """

    flush_rows: int = 50_000
    flush_bytes: int = 32 * 2**20
    flush_ms: int = 1000
    retry_s_max: float = 60.0
    stop_when_idle_ms: int | None = None


class Stop(Protocol):
    """The part of ``threading.Event`` that asks the daemon to end."""

    def is_set(self) -> bool:
        """Say whether the end was asked for."""

    def wait(self, timeout: float) -> bool:
        """Wait for at most ``timeout`` seconds; say whether the end was asked for."""


class BatchPath(Protocol):
    """What lies between the messages and the lake."""

    def positions(self, partitions: Sequence[Partition]) -> Mapping[Partition, int | None]:
        """Read the lake's positions afresh."""

    def land(self, payloads: Sequence[Payload], moves: Sequence[Move]) -> Mapping[str, int]:
        """Rate messages and store them with the moves in one commit; count rows by outcome.

        Raises
        ------
        Fenced
            Another writer moved one of the positions. Nothing was stored.
        Unavailable
            Disk or register is away. Nothing was stored, unless a later try is fenced.
        """


class Ingest:
    """One life of the daemon between a group and the lake."""

    def __init__(
        self,
        client: Client,
        path: BatchPath,
        *,
        job: str,
        limits: Limits,
        now_s: Callable[[], float],
        on_progress: Callable[[DaemonProgress], None],
    ) -> None:
        self._path = path
        self._limits = limits
        self._now_s = now_s
        self._on_progress = on_progress
        self._tally = Tally(now_s=now_s)
        self._checkpoint = Checkpoint(job=job)
        self._session = BrokerSession(
            client,
            checkpoint=self._checkpoint,
            positions_of=path.positions,
            before_revoke=self._flush,
        )
        self._due_at: float | None = None  # when what is in hand is old enough
        self._read_at = self._reported_at = now_s()
        self._stop: Stop | None = None

    def run(self, topics: Sequence[str], stop: Stop) -> DaemonResult:
        """Read, rate and commit until a stop is asked for, or nothing is left to read.

        The group is left in the end, whatever happened; what was not committed is read again by
        the next owner of the partitions.

        Raises
        ------
        Unavailable
            Broker, disk or register stayed away. All that was committed is whole.
        Refused
            The broker no longer has the offsets the lake ends at, or refuses us.
        """
        self._stop = stop
        try:
            self._session.open(topics)
            while not (stop.is_set() or self._is_done()):
                self._step()
            self._flush()
        finally:
            self._session.close()
        self._report()
        return DaemonResult(
            read=self._session.read_count,
            committed_rows=self._tally.committed_rows,
            commits=self._tally.commits,
            outcomes=dict(self._tally.outcomes),
            dropped=self._session.dropped_count,
            skipped_offsets=self._checkpoint.skipped_offset_count,
            fenced=self._tally.fenced,
        )

    def _step(self) -> None:
        read_count = self._session.read_count
        self._session.read(message_count_max=self._room(), timeout_s=self._patience_s())
        now = self._now_s()
        if self._session.read_count > read_count:
            self._read_at = now
        if self._checkpoint.message_count == 0:
            self._due_at = None
        elif self._due_at is None:
            self._due_at = now + self._limits.flush_ms / 1000
        if self._is_due():
            self._flush()
        elif now - self._reported_at >= REPORT_EVERY_S:
            self._report()

    def _room(self) -> int:
        return min(READ_MESSAGES_MAX, self._limits.flush_rows - self._checkpoint.message_count)

    def _patience_s(self) -> float:
        if self._due_at is None:
            return READ_S_MAX
        return min(READ_S_MAX, max(0.0, self._due_at - self._now_s()))

    def _is_due(self) -> bool:
        if self._due_at is None:
            return False
        return (
            self._checkpoint.message_count >= self._limits.flush_rows
            or self._checkpoint.byte_count >= self._limits.flush_bytes
            or self._now_s() >= self._due_at
        )

    def _is_done(self) -> bool:
        idle_ms = self._limits.stop_when_idle_ms
        if idle_ms is None or not self._session.is_caught_up():
            return False
        return self._now_s() - self._read_at >= idle_ms / 1000

    def _flush(self) -> None:
        moves = self._checkpoint.moves()
        self._due_at = None
        if not moves:
            return
        try:
            outcomes = self._land(self._checkpoint.payloads(), list(moves.values()))
        except Fenced as fenced:
            log.warning("%s; dropped %s messages", fenced, self._checkpoint.message_count)
            self._tally.fenced += 1
            self._session.rewind()
            return
        self._checkpoint.settle(moves)
        self._session.acknowledge(moves)
        self._tally.add(outcomes)
        self._report()

    def _land(self, payloads: Sequence[Payload], moves: Sequence[Move]) -> Mapping[str, int]:
        assert self._stop is not None, "nothing is in hand before the first read"
        deadline = self._now_s() + self._limits.retry_s_max
        while True:
            try:
                return self._path.land(payloads, moves)
            except Unavailable as away:
                if self._now_s() >= deadline or self._stop.wait(RETRY_PAUSE_S):
                    raise
                log.warning("%s; %s messages are kept in hand", away, len(payloads))

    def _report(self) -> None:
        self._reported_at = self._now_s()
        self._on_progress(
            DaemonProgress(
                read=self._session.read_count,
                in_hand=self._checkpoint.message_count,
                committed_rows=self._tally.committed_rows,
                commits=self._tally.commits,
                outcomes=dict(self._tally.outcomes),
                per_s=self._tally.per_s(),
                lag=self._session.lag(),
            )
        )
