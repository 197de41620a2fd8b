"""What only a real broker can show: rebalance, restart, retention, transactions, lag."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest
from broker.broker import Broker
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from registers import register_owning

from cdrpipe.config import Config, KafkaSettings
from cdrpipe.daemon import daemon_settings, run_daemon
from cdrpipe.errors import Refused, Unavailable
from cdrpipe.kafka.progress import DaemonProgress, DaemonResult
from cdrpipe.lake.scan import live_files

pytestmark = pytest.mark.kafka

WAIT_S_MAX = 180.0
PARTITIONS = 4


class Life(threading.Thread):
    """One daemon in a thread; ``until`` waits for a claim about its progress."""

    def __init__(self, config: Config, *, stop_when_idle_ms: int | None = None) -> None:
        super().__init__(daemon=True)
        self.settings = daemon_settings(config, stop_when_idle_ms=stop_when_idle_ms)
        self.stop = threading.Event()
        self.progress: list[DaemonProgress] = []
        self.result: DaemonResult | None = None
        self.error: BaseException | None = None
        self._told = threading.Condition()
        self.start()

    def run(self) -> None:
        try:
            self.result = run_daemon(self.settings, stop=self.stop, on_progress=self._tell)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            self.error = error
        with self._told:
            self._told.notify_all()

    def until(self, claim: Callable[[DaemonProgress], bool]) -> None:
        def is_so() -> bool:
            return self.error is not None or any(map(claim, self.progress[-1:]))

        with self._told:
            assert self._told.wait_for(is_so, WAIT_S_MAX), self.progress[-1:]
        self.ends_well_so_far()

    def ended(self) -> DaemonResult:
        self.join(WAIT_S_MAX)
        self.ends_well_so_far()
        assert self.result is not None
        return self.result

    def ends_well_so_far(self) -> None:
        if self.error is not None:
            raise self.error

    def _tell(self, progress: DaemonProgress) -> None:
        with self._told:
            self.progress.append(progress)
            self._told.notify_all()


def config_of(folder: Path, broker: Broker, topic: str, **kafka: object) -> Config:
    settings = KafkaSettings(
        bootstrap=broker.address, topics=(topic,), group=topic, flush_ms=100, **kafka
    )
    return register_owning(folder, "4008001234").model_copy(update={"kafka": settings})


def cdr(number: int) -> bytes:
    fields = {
        "call_id": f"c{number}",
        "calling_number": "13800138000",
        "service_number": "4008001234",
        "answered_at": "2026-10-05T10:00:00+08:00",
        "bridged_at": "2026-10-05T10:00:05+08:00",
        "released_at": "2026-10-05T10:01:00+08:00",
    }
    return json.dumps(fields).encode()


def send(broker: Broker, topic: str, numbers: Sequence[int], *, shift: int = 0) -> None:
    producer = Producer({"bootstrap.servers": broker.address})
    for number in numbers:
        producer.produce(topic, cdr(number), partition=(number + shift) % PARTITIONS)
    assert producer.flush(WAIT_S_MAX) == 0


def call_ids(config: Config, outcome: str = "") -> list[str]:
    """List the stored calls; of one outcome, or of the only one there is."""
    stored = pl.concat([pl.read_parquet(file) for file in live_files(config.lake_dir)])
    if outcome:
        stored = stored.filter(outcome=outcome)
    else:
        assert set(stored["outcome"]) == {"rated"}
    return sorted(stored["call_id"], key=lambda call_id: int(call_id[1:]))


def expected(count: int) -> list[str]:
    return [f"c{number}" for number in range(count)]


def test_two_daemons_share_the_partitions_and_rate_every_call_once(kafka_broker, tmp_path):
    kafka_broker.create_topic("shared", partitions=PARTITIONS)
    config = config_of(tmp_path, kafka_broker, "shared")
    send(kafka_broker, "shared", range(1000))
    first = Life(config)
    first.until(lambda told: told.committed_rows > 0)
    second = Life(config)
    send(kafka_broker, "shared", range(1000, 2000))
    wait_until_shared(kafka_broker, "shared", first, second)
    # Copies through every partition: both daemons have one of each call at about the same time.
    for shift in range(PARTITIONS):
        send(kafka_broker, "shared", range(2000, 2500), shift=shift)
    second.until(lambda told: told.committed_rows > 0)
    first.stop.set()
    done = first.ended().committed_rows
    second.until(lambda told: told.committed_rows == 2000 + 500 * PARTITIONS - done)
    second.stop.set()
    second.ended()
    assert call_ids(config, "rated") == expected(2500)
    copies = call_ids(config, "duplicate")
    assert copies == [call_id for call_id in expected(2500)[2000:] for _ in range(PARTITIONS - 1)]


def wait_until_shared(broker: Broker, topic: str, first: Life, second: Life) -> None:
    deadline = time.monotonic() + WAIT_S_MAX
    admin = AdminClient({"bootstrap.servers": broker.address})
    while True:
        group = admin.describe_consumer_groups([topic])[topic].result(WAIT_S_MAX)
        shares = [len(member.assignment.topic_partitions) for member in group.members]
        if sorted(shares) == [2, 2]:
            return
        assert time.monotonic() < deadline, shares
        first.ends_well_so_far()
        second.ends_well_so_far()


def test_a_broker_that_dies_and_comes_back_is_read_on(tmp_path, kafka_broker):
    assert kafka_broker.process is not None  # a real broker can be had: this test needs its own
    broker = Broker(folder=tmp_path / "broker")
    broker.folder.mkdir()
    broker.start()
    try:
        broker.create_topic("restarted", partitions=PARTITIONS)
        config = config_of(tmp_path, broker, "restarted")
        send(broker, "restarted", range(100))
        life = Life(config)
        life.until(lambda told: told.committed_rows == 100)
        broker.kill()
        broker.start()
        send(broker, "restarted", range(100, 200))
        life.until(lambda told: told.committed_rows == 200)
        life.stop.set()
        assert life.ended().read == 200
    finally:
        broker.stop()
    assert call_ids(config) == expected(200)


def test_records_that_retention_took_before_we_read_them_stop_the_daemon(kafka_broker, tmp_path):
    kafka_broker.create_topic("passed", partitions=PARTITIONS)
    config = config_of(tmp_path, kafka_broker, "passed")
    send(kafka_broker, "passed", range(8))
    assert Life(config, stop_when_idle_ms=300).ended().committed_rows == 8
    send(kafka_broker, "passed", range(8, 16))
    delete_records(kafka_broker, "passed", before=4)
    with pytest.raises(Refused, match="the lake ends at offset 2") as stopped:
        Life(config, stop_when_idle_ms=300).ended()
    assert stopped.value.code == "KAFKA_OFFSET_OUT_OF_RANGE"
    assert len(call_ids(config)) == 8


def test_a_topic_that_retention_has_cut_is_read_from_the_first_record_left(kafka_broker, tmp_path):
    kafka_broker.create_topic("cut", partitions=PARTITIONS)
    config = config_of(tmp_path, kafka_broker, "cut")
    send(kafka_broker, "cut", range(16))
    delete_records(kafka_broker, "cut", before=2)
    result = Life(config, stop_when_idle_ms=300).ended()
    assert (result.committed_rows, result.skipped_offsets) == (8, 0)


def delete_records(broker: Broker, topic: str, *, before: int) -> None:
    admin = AdminClient({"bootstrap.servers": broker.address})
    below = [TopicPartition(topic, partition, before) for partition in range(PARTITIONS)]
    for deleted in admin.delete_records(below).values():
        deleted.result(WAIT_S_MAX)


def test_aborted_transactions_are_not_read_and_their_markers_are_gaps(kafka_broker, tmp_path):
    kafka_broker.create_topic("transactions", partitions=PARTITIONS)
    config = config_of(tmp_path, kafka_broker, "transactions")
    producer = Producer({"bootstrap.servers": kafka_broker.address, "transactional.id": "t"})
    producer.init_transactions(WAIT_S_MAX)
    for number in range(4):
        producer.begin_transaction()
        producer.produce("transactions", cdr(number if number % 2 else 100 + number), partition=0)
        producer.flush(WAIT_S_MAX)
        if number % 2:
            producer.commit_transaction(WAIT_S_MAX)
        else:
            producer.abort_transaction(WAIT_S_MAX)
    # The broker may still be writing the last marker: what is read ends before it for a while.
    life = Life(config)
    life.until(lambda told: told.committed_rows == 2)
    life.stop.set()
    result = life.ended()
    assert call_ids(config) == ["c1", "c3"]
    # Offsets: 0 aborted, 1 marker, 2 c1, 3 marker, 4 aborted, 5 marker, 6 c3, 7 marker.
    assert result.skipped_offsets == 3
    assert Life(config, stop_when_idle_ms=300).ended().read == 0


def test_the_groups_offsets_follow_the_lake_for_lag_tools(kafka_broker, tmp_path):
    kafka_broker.create_topic("lag", partitions=PARTITIONS)
    config = config_of(tmp_path, kafka_broker, "lag")
    send(kafka_broker, "lag", range(8))
    Life(config, stop_when_idle_ms=300).ended()
    observer = Consumer({"bootstrap.servers": kafka_broker.address, "group.id": "lag"})
    asked = [TopicPartition("lag", partition) for partition in range(PARTITIONS)]
    told = observer.committed(asked, timeout=WAIT_S_MAX)
    observer.close()
    assert [each.offset for each in told] == [2, 2, 2, 2]


def test_a_missing_topic_is_named(kafka_broker, tmp_path):
    config = config_of(tmp_path, kafka_broker, "nosuch")
    with pytest.raises(Unavailable, match="has no topic nosuch") as away:
        Life(config).ended()
    assert away.value.code == "KAFKA_TOPIC_MISSING"
