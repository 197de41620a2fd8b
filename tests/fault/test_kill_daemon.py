"""kill -9 of the daemon, over and over: every record once, and every amount as rated offline."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from broker.broker import Broker
from confluent_kafka import Producer

from cdrpipe.config import Config, KafkaSettings
from cdrpipe.daemon import daemon_settings
from cdrpipe.demo.messages import json_messages
from cdrpipe.demo.register_files import write_register
from cdrpipe.demo.run import load_register
from cdrpipe.demo.traffic import Traffic, generate_traffic
from cdrpipe.intake.importer import open_path
from cdrpipe.intake.region_data import load_region_table
from cdrpipe.lake.publish import Move
from cdrpipe.lake.scan import live_files
from cdrpipe.mediation.formats import FORMATS
from cdrpipe.mediation.payload import Payload

pytestmark = pytest.mark.kafka

TOPIC = "killed"
PARTITIONS = 4
CALLS = 100_000  # copies and second legs come on top: more than 100,000 messages
KILLS = 10
FLUSH_ROWS = 2_000
SEED = 20_261_004
DRIVER = Path(__file__).parents[1] / "broker" / "daemon_driver.py"
LIFE_S_MAX = 120.0
# A killed member's partitions come free when its session ends; the broker allows 6 s at least.
SESSION_MS = "6000"

# When a batch was received differs from life to life. Whether a call's second leg or copy came in
# the same batch decides whether the stored row was changed before or after it was fingerprinted.
NOT_COMPARED = ["received_at"]


def traffic_of(tmp_path: Path, config: Config) -> Traffic:
    now_us = time.time_ns() // 1000
    register = write_register(tmp_path / "register", accounts=50, seed=SEED, month="2026-06")
    load_register(config, tmp_path / "register", now_us=now_us)
    return generate_traffic(
        register,
        calls=CALLS,
        seed=SEED,
        regions=load_region_table(),
        now_us=now_us,
        partitions=PARTITIONS,
        single_share=1.0,
    )


def produce(broker: Broker, traffic: Traffic) -> list[list[bytes]]:
    """Send all messages and give them by partition and offset."""
    broker.create_topic(TOPIC, partitions=PARTITIONS)
    producer = Producer({"bootstrap.servers": broker.address, "linger.ms": 20})
    sent: list[list[bytes]] = [[] for _ in range(PARTITIONS)]
    for chunk in traffic.chunks(20_000):
        for message in json_messages(chunk):
            sent[message.partition].append(message.value)
            producer.produce(TOPIC, message.value, partition=message.partition)
        assert producer.flush(60) == 0
    return sent


def settings(config: Config, broker: Broker) -> str:
    kafka = {
        "bootstrap": broker.address,
        "topics": [TOPIC],
        "group": TOPIC,
        "flush_rows": FLUSH_ROWS,
        "properties": {"session.timeout.ms": SESSION_MS},
    }
    return json.dumps({"data_dir": str(config.data_dir), "kafka": kafka})


def progress_of(daemon: subprocess.Popen[str], deadline: float) -> Iterator[dict[str, int]]:
    assert daemon.stderr is not None
    for line in daemon.stderr:
        assert time.monotonic() < deadline, f"the daemon is too slow: {line}"
        if line.startswith("{"):
            yield json.loads(line)


def live_and_be_killed(words: list[str], chance: random.Random) -> int:
    """Let a daemon commit, kill it at a random instant with rows in hand; count its commits."""
    daemon = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    try:
        commits_wanted = chance.randrange(1, 5)
        in_hand_wanted = chance.randrange(1, FLUSH_ROWS)
        for progress in progress_of(daemon, time.monotonic() + LIFE_S_MAX):
            if progress["commits"] >= commits_wanted and progress["in_hand"] >= in_hand_wanted:
                return progress["commits"]
        pytest.fail(f"the daemon ended by itself: {daemon.wait()}")
    finally:
        daemon.kill()
        daemon.communicate()


def rate_offline(config: Config, sent: list[list[bytes]]) -> None:
    """Rate the same payloads in batches of other sizes into the settings' lake."""
    path, options = open_path(config), daemon_settings(config).options
    for partition, values in enumerate(sent):
        for first in range(0, len(values), 9_000):
            payloads = [
                Payload(data=data, first_row=0, topic=TOPIC, partition=partition, offset=offset)
                for offset, data in enumerate(values[first : first + 9_000], start=first)
            ]
            move = Move(
                app_id=f"offline:{partition}",
                expected=first or None,
                next=first + len(payloads),
            )
            path.store(FORMATS["native"].decode(payloads, options), moves=[move], summary={})


def stored(config: Config) -> pl.DataFrame:
    rows = pl.concat([pl.read_parquet(file) for file in live_files(config.lake_dir)])
    return rows.drop(NOT_COMPARED).sort("partition", "offset", "row")


def test_ten_kills_lose_nothing_store_nothing_twice_and_change_no_amount(
    kafka_broker: Broker, tmp_path: Path
) -> None:
    config, offline = Config(data_dir=tmp_path / "live"), Config(data_dir=tmp_path / "offline")
    traffic = traffic_of(tmp_path, config)
    load_register(offline, tmp_path / "register", now_us=0)
    sent = produce(kafka_broker, traffic)
    assert sum(map(len, sent)) == traffic.planted.read > CALLS

    chance = random.Random(SEED)
    words = [sys.executable, str(DRIVER), settings(config, kafka_broker)]
    for kill in range(KILLS):
        commits = live_and_be_killed(words, chance)
        print(f"kill {kill + 1} after {commits} commits of its life")  # noqa: T201
    subprocess.run([*words, "3000"], check=True, timeout=LIFE_S_MAX, capture_output=True)

    rate_offline(offline, sent)
    found, expected = stored(config), stored(offline)
    places = found.select("partition", "offset", "row")
    assert places.height == traffic.planted.read
    assert places.is_unique().all()
    counts = dict(found["outcome"].value_counts().iter_rows())
    planted = traffic.planted
    assert counts == {
        outcome: getattr(planted, outcome)
        for outcome in ("rated", "unanswered", "merged", "duplicate", "suspended")
    }
    for name in found.columns:
        assert found[name].equals(expected[name], null_equal=True), f"column {name} differs"
