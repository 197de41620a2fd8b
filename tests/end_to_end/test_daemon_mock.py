"""Bytes on a topic to rows in the lake, through the mock cluster."""

import io
import itertools
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from confluent_kafka import Producer
from registers import register_owning

from cdrpipe.config import Config, KafkaSettings
from cdrpipe.daemon import DaemonSettings, daemon_settings, run_daemon
from cdrpipe.errors import Unavailable
from cdrpipe.kafka import connection
from cdrpipe.kafka.progress import DaemonProgress, DaemonResult
from cdrpipe.lake.scan import live_files

TOPIC = "calls"
IDLE_MS = 300
LIFE = itertools.count()


@pytest.fixture
def config(tmp_path: Path, mock_broker: str) -> Config:
    """Settings with a register in which one account owns 4008001234, and a topic."""
    kafka = KafkaSettings(bootstrap=mock_broker, topics=(TOPIC,), group="g", flush_ms=100)
    return register_owning(tmp_path, "4008001234").model_copy(update={"kafka": kafka})


def cdr(call_id: str, **fields: object) -> dict[str, object]:
    return {
        "call_id": call_id,
        "calling_number": "13800138000",
        "service_number": "4008001234",
        "answering_number": "02161234567",
        "answered_at": "2026-10-05T10:00:00+08:00",
        "bridged_at": "2026-10-05T10:00:05+08:00",
        "released_at": "2026-10-05T10:01:00+08:00",
        **fields,
    }


def arrow_message(*cdrs: dict[str, object]) -> bytes:
    table = pa.Table.from_pylist(list(cdrs))
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue()


def send(config: Config, *values: bytes | None, partition: int = 0) -> None:
    producer = Producer({"bootstrap.servers": config.kafka.bootstrap})
    for value in values:
        producer.produce(TOPIC, value, partition=partition)
    assert producer.flush(10) == 0


def idle(config: Config) -> DaemonSettings:
    # The mock cluster forgets a member that left only when its session would have ended (45 s), so
    # every life has a group of its own; where it begins is the lake's to say in any case.
    kafka = config.kafka.model_copy(update={"group": f"group-{next(LIFE)}"})
    return daemon_settings(config.model_copy(update={"kafka": kafka}), stop_when_idle_ms=IDLE_MS)


def run(config: Config) -> DaemonResult:
    return run_daemon(idle(config), stop=threading.Event())


def rows(config: Config) -> list[tuple[object, ...]]:
    stored = pl.concat([pl.read_parquet(file) for file in live_files(config.lake_dir)])
    places = stored.select("partition", "offset", "row", "call_id", "outcome", "suspense_reason")
    return sorted(places.rows(), key=lambda row: row[:3])


def test_every_native_form_is_taken_from_one_topic(config):
    text = json.dumps(cdr("c1")).encode()
    two = arrow_message(cdr("c2"), cdr("c3"))
    lines = "\n".join(json.dumps(cdr(f"c{number}")) for number in (4, 5)).encode()
    send(config, text, two, lines)
    assert run(config).outcomes["rated"] == 5
    assert rows(config) == [
        (0, 0, 0, "c1", "rated", None),
        (0, 1, 0, "c2", "rated", None),
        (0, 1, 1, "c3", "rated", None),
        (0, 2, 0, "c4", "rated", None),
        (0, 2, 1, "c5", "rated", None),
    ]


def test_poison_messages_are_suspended_and_the_others_go_on(config):
    whole = arrow_message(cdr("c1"))
    send(config, b"\xff\x00junk", json.dumps(cdr("c2")).encode(), None, whole[: len(whole) // 2])
    result = run(config)
    assert (result.read, result.outcomes["rated"], result.outcomes["suspended"]) == (4, 1, 3)
    held = [
        (offset, reason)
        for _, offset, _, _, outcome, reason in rows(config)
        if outcome == "suspended"
    ]
    assert [offset for offset, _ in held] == [0, 2, 3]
    assert {reason for _, reason in held} <= {"MESSAGE_UNREADABLE", "RECORD_UNREADABLE"}


def test_the_next_life_goes_on_where_the_lake_ends_and_knows_what_it_holds(config):
    send(config, json.dumps(cdr("c1")).encode())
    assert run(config).read == 1
    send(config, json.dumps(cdr("c1")).encode(), json.dumps(cdr("c2")).encode())
    second = run(config)
    assert (second.read, second.outcomes["duplicate"], second.outcomes["rated"]) == (2, 1, 1)
    assert run(config).read == 0


def test_another_job_reads_the_topic_from_its_beginning_and_finds_copies(config):
    send(config, json.dumps(cdr("c1")).encode())
    run(config)
    kafka = config.kafka.model_copy(update={"job": "again"})
    again = run(config.model_copy(update={"kafka": kafka}))
    assert (again.read, again.outcomes["duplicate"]) == (1, 1)


def test_progress_ends_with_everything_committed(config):
    send(config, *(json.dumps(cdr(f"c{number}")).encode() for number in range(50)))
    told: list[DaemonProgress] = []
    run_daemon(idle(config), stop=threading.Event(), on_progress=told.append)
    assert (told[-1].read, told[-1].in_hand, told[-1].lag) == (50, 0, 0)
    assert told[-1].committed_rows == told[-1].outcomes["rated"] == 50


def test_sigterm_stores_what_is_in_hand_and_ends_with_0(config):
    send(config, *(json.dumps(cdr(f"c{number}")).encode() for number in range(20)))
    words = [
        *(sys.executable, "-m", "cdrpipe", "--progress", "json", "run"),
        *("--set", f"data_dir={config.data_dir}"),
        *("--set", f"kafka.bootstrap={config.kafka.bootstrap}"),
        *("--set", f"kafka.topics={TOPIC}", "--set", "kafka.flush_ms=600000"),
    ]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as daemon:
        try:
            for line in daemon.stderr:
                if line.startswith("{") and json.loads(line)["total"] == 20:
                    daemon.send_signal(signal.SIGTERM)
                    break
            said = daemon.stderr.read()
        finally:
            daemon.kill()
    assert daemon.returncode == 0, said
    assert len(rows(config)) == 20


def test_a_broker_that_does_not_answer_is_unavailable(config, monkeypatch):
    monkeypatch.setattr(connection, "FIRST_REPLY_S_MAX", 0.2)
    kafka = config.kafka.model_copy(update={"bootstrap": "127.0.0.1:1"})
    with pytest.raises(Unavailable, match=r"no reply from broker 127\.0\.0\.1:1") as away:
        run(config.model_copy(update={"kafka": kafka}))
    assert away.value.code == "KAFKA_UNAVAILABLE"
