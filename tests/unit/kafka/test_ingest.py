"""The loop over lists: when it commits, and what it does when a commit does not go through."""

import pytest
from broker.doubles import P0, P1, TOPIC, Clock, ListBroker, ListClient, ListLake, ListStop

from cdrpipe.errors import Unavailable
from cdrpipe.kafka.ingest import Ingest, Limits
from cdrpipe.kafka.progress import DaemonProgress, DaemonResult


class World:
    """One broker and one lake, over which daemons live one after another."""

    def __init__(self, *, count: int = 10) -> None:
        self.broker = ListBroker(partitions=[P0, P1], count=count)
        self.lake = ListLake()
        self.clock = Clock()
        self.stop = ListStop(self.clock)
        self.progress: list[DaemonProgress] = []
        self.client = ListClient(self.broker, self.clock)

    def live(self, *events, **limits: object) -> DaemonResult:
        self.client = ListClient(self.broker, self.clock)
        self.client.events += [lambda: self.client.assign(P0, P1), *events]
        ingest = Ingest(
            self.client,
            self.lake,
            job="job",
            limits=Limits(**{"stop_when_idle_ms": 5000, **limits}),
            now_s=self.clock,
            on_progress=self.progress.append,
        )
        return ingest.run([TOPIC], self.stop)

    def assert_exactly_once(self) -> None:
        assert sorted(self.lake.rows) == self.broker.everything()


def test_everything_is_read_committed_and_counted():
    world = World()
    result = world.live()
    world.assert_exactly_once()
    assert (result.read, result.committed_rows, result.outcomes) == (20, 20, {"rated": 20})
    assert world.client.told_offsets == {P0: 10, P1: 10}
    assert world.client.is_closed


def test_a_commit_is_due_at_so_many_messages():
    world = World()
    world.live(flush_rows=6)
    assert world.lake.commits == [6, 6, 6, 2]


def test_a_commit_is_due_at_so_many_bytes():
    world = World()
    size = len(b"calls[0]@0")
    world.live(flush_bytes=5 * size)
    # One read brings all 20 messages; they are over the limit at once.
    assert world.lake.commits == [20]


def test_a_commit_is_due_so_long_after_the_first_message_came():
    world = World()
    committed_at = []
    world.lake.before_commit = [lambda: committed_at.append(world.clock.now)]
    world.live(flush_ms=300)
    # The messages came at once, at 0 s.
    assert committed_at == [pytest.approx(0.3)]
    assert world.lake.commits == [20]


def test_a_stop_request_commits_what_is_in_hand_and_leaves_the_group():
    world = World()

    def ask() -> None:
        world.stop.is_asked = True

    result = world.live(lambda: None, ask, flush_ms=600_000)
    assert result.commits == 1
    world.assert_exactly_once()
    assert world.client.is_closed


def test_nothing_in_hand_makes_no_commit():
    world = World(count=0)
    result = world.live(flush_ms=50)
    assert (result.commits, world.lake.commits) == (0, [])


def test_a_full_disk_keeps_the_data_in_hand_until_it_has_room():
    world = World()
    world.lake.full_disk_tries = 3
    result = world.live()
    world.assert_exactly_once()
    assert result.commits == 1


def test_a_disk_that_stays_full_ends_the_daemon_with_the_error_and_the_next_start_goes_on():
    world = World()
    world.lake.full_disk_tries = 1000
    with pytest.raises(Unavailable, match="the disk is full"):
        world.live(retry_s_max=10.0)
    assert world.lake.full_disk_tries == 1000 - 11
    assert world.client.is_closed
    assert world.lake.rows == []
    world.lake.full_disk_tries = 0
    world.live()
    world.assert_exactly_once()


def test_a_stop_request_does_not_wait_for_a_full_disk():
    world = World()
    world.lake.full_disk_tries = 1000
    world.lake.before_commit = [lambda: setattr(world.stop, "is_asked", True)]
    with pytest.raises(Unavailable, match="the disk is full"):
        world.live()
    assert world.lake.full_disk_tries == 1000 - 1


def test_a_fenced_commit_drops_what_is_in_hand_and_goes_on_from_the_lakes_positions():
    world = World()
    world.lake.before_commit = [
        lambda: world.lake.store_as_another(world.broker, P0, until=7),
    ]
    result = world.live()
    world.assert_exactly_once()
    assert result.fenced == 1
    # P0 from 7 and all of P1 a second time.
    assert result.committed_rows == 13


def test_a_commit_fenced_while_partitions_are_revoked_loses_nothing():
    world = World()
    world.lake.before_commit = [
        lambda: world.lake.store_as_another(world.broker, P1, until=4),
    ]
    # P0 goes while P1's position was moved by another; P1 stays ours and is read again.
    world.live(
        lambda: None,
        lambda: world.client.revoke(P0),
        lambda: None,
        lambda: world.client.assign(P0),
        flush_ms=600_000,
    )
    world.assert_exactly_once()


def test_a_partition_that_went_and_came_back_begins_where_its_other_owner_ended():
    world = World()
    world.live(
        lambda: None,
        lambda: world.client.lose(P0),
        lambda: world.lake.store_as_another(world.broker, P0, until=4),
        lambda: world.client.assign(P0),
    )
    world.assert_exactly_once()


def test_progress_tells_what_is_in_hand_and_what_is_committed():
    world = World()
    world.live(flush_ms=450)
    assert any(each.in_hand == 20 and each.committed_rows == 0 for each in world.progress)
    last = world.progress[-1]
    assert (last.read, last.in_hand, last.lag) == (20, 0, 0)
    assert (last.committed_rows, last.commits, last.outcomes) == (20, 1, {"rated": 20})


def test_speed_is_that_of_the_last_seconds():
    world = World()
    world.live(flush_ms=2000)
    speeds = {round(each.per_s) for each in world.progress}
    # 20 CDRs after 2.1 s: 10 a second at the commit, 4 over five seconds, none after that.
    assert max(speeds) <= 10
    assert world.progress[-1].per_s <= 4
