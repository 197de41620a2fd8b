"""kill -9 of the daemon, over and over: every record once, and every amount as rated offline."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from broker.broker import Broker
from confluent_kafka import Producer

from cdrpipe.config import Config
from cdrpipe.daemon import daemon_settings
from cdrpipe.demo.messages import json_messages
from cdrpipe.demo.register_files import write_register
from cdrpipe.demo.run import load_register
from cdrpipe.demo.traffic import Traffic, generate_traffic
from cdrpipe.intake.importer import open_path
from cdrpipe.intake.region_data import load_region_table
from cdrpipe.lake.publish import Move, open_table
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
LIFE_S_MAX = 600.0
# When a batch was received differs from life to life.
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
        # The next life takes over at once instead of when the killed one's session ends.
        "properties": {"group.instance.id": "one"},
    }
    return json.dumps({"data_dir": str(config.data_dir), "kafka": kafka})


def live_and_be_killed(words: list[str], chance: random.Random, config: Config) -> bool:
    """Let a daemon commit, then kill it at a random instant; say whether rows were in hand then."""
    version = version_of(config)
    commits_wanted, reports_wanted = chance.randrange(1, 4), chance.randrange(1, 30)
    deadline = time.monotonic() + LIFE_S_MAX
    reports, said = [], []
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as daemon:
        try:
            for line in daemon.stderr:
                assert time.monotonic() < deadline, f"the daemon is too slow: {line}"
                if not line.startswith("{"):  # the client says that the broker is slow, say
                    said.append(line)
                    continue
                reports.append(json.loads(line))
                reports_wanted -= reports[-1]["commits"] >= commits_wanted
                if reports_wanted <= 0 and reports[-1]["in_hand"] > 0:
                    daemon.kill()
        finally:
            daemon.kill()
    assert daemon.returncode == -signal.SIGKILL, "".join(said)
    last = reports[-1]
    # A commit that came between the last report and the kill left nothing in hand.
    was_in_hand = last["in_hand"] > 0 and version_of(config) == version + last["commits"]
    print(f"killed after {last['commits']} commits, {last['in_hand']} in hand: {was_in_hand}")  # noqa: T201
    return was_in_hand


def version_of(config: Config) -> int:
    table = open_table(config.lake_dir)
    return 0 if table is None else table.version()


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
    kills = 0
    while kills < KILLS:
        kills += live_and_be_killed(words, chance, config)
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
