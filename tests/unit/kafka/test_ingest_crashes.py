"""Every order of crash, rebalance, fence and cut leaves each message in the lake once."""

import random
from collections.abc import Iterator

import pytest
from broker.doubles import (
    P0,
    P1,
    P2,
    TOPIC,
    Clock,
    Crash,
    ListBroker,
    ListClient,
    ListLake,
    ListStop,
    Steps,
)

from cdrpipe.errors import Unavailable
from cdrpipe.kafka.checkpoint import Partition
from cdrpipe.kafka.ingest import Ingest, Limits

PARTITIONS = [P0, P1, P2]
LIVES_MAX = 500


def live(
    broker: ListBroker,
    lake: ListLake,
    *,
    flush_rows: int,
    crash_at: int = 0,
    chance: random.Random | None = None,
) -> Steps:
    """Run one daemon until all is read or it crashes; what it had in memory is gone then."""
    clock = Clock()
    lake.steps = Steps(crash_at=crash_at)
    lake.before_commit = []
    client = ListClient(
        broker,
        clock,
        steps=lake.steps,
        collects_first=chance is not None and chance.random() < 0.5,
        begins_early=0 if chance is None else chance.choice([0, 0, 1, 5]),
    )
    client.events = [lambda: client.assign(*PARTITIONS)]
    if chance is not None:
        client.events += [*events(chance, broker, lake, client)]
        lake.full_disk_tries = chance.choice([0, 0, 0, 2])
    limits = Limits(flush_rows=flush_rows, stop_when_idle_ms=1000)
    ingest = Ingest(
        client, lake, job="job", limits=limits, now_s=clock, on_progress=lambda _progress: None
    )
    ingest.run([TOPIC], ListStop(clock))
    return lake.steps


def events(
    chance: random.Random, broker: ListBroker, lake: ListLake, client: ListClient
) -> Iterator[object]:
    """Let partitions go and come, with other owners storing some of them in between."""

    def another(partition: Partition) -> None:
        lake.store_as_another(broker, partition, until=chance.randrange(60))

    def go_and_come(partition: Partition, *, is_lost: bool, at_once: bool) -> None:
        (client.lose if is_lost else client.revoke)(partition)
        if chance.random() < 0.5:
            another(partition)
        if at_once:
            client.assign(partition)
        else:
            client.events.insert(0, lambda: client.assign(partition))

    for _ in range(chance.randrange(6)):
        partition = chance.choice(PARTITIONS)
        yield lambda: None
        yield lambda partition=partition: go_and_come(
            partition, is_lost=chance.random() < 0.5, at_once=chance.random() < 0.5
        )
        if chance.random() < 0.3:  # a zombie: its partition went to another, unheard of
            yield lambda partition=partition: another(partition)


@pytest.mark.parametrize("flush_rows", [1, 3, 7, 1000])
def test_a_crash_behind_any_step_loses_nothing_and_stores_nothing_twice(flush_rows):
    calm = live(ListBroker(partitions=PARTITIONS, count=5), ListLake(), flush_rows=flush_rows)
    assert {"positions read", "messages read", "before commit", "after commit", "offsets told"} <= {
        *calm.taken
    }
    for crash_at in range(1, len(calm.taken) + 1):
        broker, lake = ListBroker(partitions=PARTITIONS, count=5), ListLake()
        with pytest.raises(Crash):
            live(broker, lake, flush_rows=flush_rows, crash_at=crash_at)
        live(broker, lake, flush_rows=4)
        assert sorted(lake.rows) == broker.everything(), f"crash behind step {crash_at}"


def test_crashes_behind_any_two_steps_lose_nothing():
    calm = live(ListBroker(partitions=PARTITIONS, count=3), ListLake(), flush_rows=2)
    for first in range(1, len(calm.taken) + 1):
        for second in range(1, len(calm.taken) + 1):
            broker, lake = ListBroker(partitions=PARTITIONS, count=3), ListLake()
            for crash_at, flush_rows in ((first, 2), (second, 5)):
                try:
                    live(broker, lake, flush_rows=flush_rows, crash_at=crash_at)
                except Crash:
                    continue
            live(broker, lake, flush_rows=3)
            assert sorted(lake.rows) == broker.everything(), f"crashes at {first}, {second}"


@pytest.mark.parametrize("seed", range(300))
def test_rebalances_fences_full_disks_gaps_and_crashes_at_random_lose_nothing(seed):
    chance = random.Random(seed)
    broker = ListBroker(partitions=PARTITIONS, count=20, step=chance.choice([1, 1, 3]))
    lake = ListLake()
    for _ in range(LIVES_MAX):
        crash_at = chance.choice([0, chance.randrange(1, 40), chance.randrange(1, 40)])
        try:
            live(
                broker,
                lake,
                flush_rows=chance.choice([1, 2, 5, 13, 1000]),
                crash_at=crash_at,
                chance=chance,
            )
        except (Crash, Unavailable):
            continue
        break
    lake.full_disk_tries = 0
    live(broker, lake, flush_rows=50)
    assert sorted(lake.rows) == broker.everything()


def test_a_topic_with_gaps_is_read_whole_whatever_the_cuts():
    broker, lake = ListBroker(partitions=PARTITIONS, count=9, step=4), ListLake()
    for flush_rows in (2, 3):
        with pytest.raises(Crash):
            live(broker, lake, flush_rows=flush_rows, crash_at=8)
    live(broker, lake, flush_rows=100)
    assert sorted(lake.rows) == broker.everything()
