"""Bytes on a topic to rows in the lake, through the mock cluster.

It lets a new group wait 3 s, and forgets a member that left only when its session would have ended
(45 s). So each life of the daemon has a group of its own – where it begins is the lake's to say in
any case – and there are few: three lives follow one another on one lake, and each test makes one
claim about them.
"""

import io
import itertools
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from confluent_kafka import Producer
from registers import register_owning

from cdrpipe.config import Config, KafkaSettings
from cdrpipe.daemon import daemon_settings, run_daemon
from cdrpipe.kafka.progress import DaemonProgress, DaemonResult
from cdrpipe.lake.scan import live_files

TOPIC = "calls"
CLI_DRIVER = Path(__file__).parents[1] / "broker" / "cli_driver.py"
IDLE_MS = 300
WAIT_S_MAX = 180.0
GROUP = itertools.count()
STORED = [f"c{number}" for number in range(1, 8)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One life of the daemon: what it said, and the rows of the lake behind it."""

    result: DaemonResult
    progress: list[DaemonProgress]
    rows: pl.DataFrame

    def places_of(self, outcome: str) -> list[tuple[int, int, str]]:
        rows = self.rows.filter(outcome=outcome).sort("offset", "row")
        return rows.select("offset", "row", "call_id").rows()


def cdr(call_id: str) -> dict[str, object]:
    return {
        "call_id": call_id,
        "calling_number": "13800138000",
        "service_number": "4008001234",
        "answering_number": "02161234567",
        "answered_at": "2026-10-05T10:00:00+08:00",
        "bridged_at": "2026-10-05T10:00:05+08:00",
        "released_at": "2026-10-05T10:01:00+08:00",
    }


def text(call_id: str) -> bytes:
    return json.dumps(cdr(call_id)).encode()


def arrow_message(*call_ids: str) -> bytes:
    table = pa.Table.from_pylist([cdr(call_id) for call_id in call_ids])
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue()


def send(broker: str, topic: str, *values: bytes | None) -> None:
    producer = Producer({"bootstrap.servers": broker})
    for value in values:
        producer.produce(topic, value, partition=0)
    assert producer.flush(WAIT_S_MAX) == 0


def live(config: Config, *, job: str = "cdrpipe") -> Life:
    """Let a daemon read all there is."""
    kafka = config.kafka.model_copy(update={"group": f"group-{next(GROUP)}", "job": job})
    settings = daemon_settings(
        config.model_copy(update={"kafka": kafka}), stop_when_idle_ms=IDLE_MS
    )
    progress: list[DaemonProgress] = []
    result = run_daemon(settings, stop=threading.Event(), on_progress=progress.append)
    return Life(result=result, progress=progress, rows=rows(config))


def rows(config: Config) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(file) for file in live_files(config.lake_dir)])


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, mock_broker: str) -> Config:
    """Settings with a register in which one account owns 4008001234, and a topic."""
    kafka = KafkaSettings(bootstrap=mock_broker, topics=(TOPIC,), flush_ms=100)
    folder = tmp_path_factory.mktemp("mock")
    return register_owning(folder, "4008001234").model_copy(update={"kafka": kafka})


@pytest.fixture(scope="module")
def first(config: Config) -> Life:
    """Read messages of every native form, and some in none."""
    lines = b"\n".join(text(call_id) for call_id in ("c4", "c5"))
    cut = arrow_message("c9")
    cut = cut[: len(cut) // 2]
    send(
        config.kafka.bootstrap,
        TOPIC,
        *(text("c1"), arrow_message("c2", "c3"), lines),
        *(b"\xff\x00junk", text("c6"), None, cut),
    )
    return live(config)


@pytest.fixture(scope="module")
def second(config: Config, first: Life) -> Life:
    """Read a copy of what the first life stored, and a call that is new."""
    assert first.result.commits > 0
    send(config.kafka.bootstrap, TOPIC, text("c1"), text("c7"))
    return live(config)


@pytest.fixture(scope="module")
def of_another_job(config: Config, second: Life) -> Life:
    """Read the same topic under another job, over the same lake."""
    assert second.result.commits > 0
    return live(config, job="again")


def test_every_native_form_is_taken_from_one_topic(first):
    assert first.places_of("rated") == [
        (0, 0, "c1"),
        (1, 0, "c2"),
        (1, 1, "c3"),
        (2, 0, "c4"),
        (2, 1, "c5"),
        (4, 0, "c6"),
    ]


def test_poison_messages_are_suspended_and_the_others_go_on(first):
    assert [offset for offset, _, _ in first.places_of("suspended")] == [3, 5, 6]
    reasons = set(first.rows["suspense_reason"].drop_nulls())
    assert reasons <= {"MESSAGE_UNREADABLE", "RECORD_UNREADABLE"}
    assert (first.result.outcomes["rated"], first.result.outcomes["suspended"]) == (6, 3)


def test_progress_ends_with_everything_committed(first):
    last = first.progress[-1]
    assert (last.read, last.in_hand, last.lag) == (7, 0, 0)
    assert last.committed_rows == sum(last.outcomes.values()) == first.rows.height == 9


def test_the_next_life_goes_on_where_the_lake_ends_and_knows_what_it_holds(second):
    assert second.result.read == 2
    assert (second.result.outcomes["duplicate"], second.result.outcomes["rated"]) == (1, 1)
    assert [call_id for _, _, call_id in second.places_of("rated")] == STORED


def test_another_job_reads_the_topic_from_its_beginning_and_rates_nothing_twice(of_another_job):
    assert of_another_job.result.read == 9
    assert of_another_job.result.outcomes["rated"] == 0
    # 7 stored calls, and the copy that the second life read.
    assert of_another_job.result.outcomes["duplicate"] == 8
    assert [call_id for _, _, call_id in of_another_job.places_of("rated")] == STORED


def test_sigterm_stores_what_is_in_hand_and_ends_with_0(mock_broker, tmp_path):
    config = register_owning(tmp_path, "4008001234")
    send(mock_broker, "in-hand", *(text(f"c{number}") for number in range(20)))

    def is_in_hand(line: str) -> bool:
        return line.startswith("{") and json.loads(line)["in_hand"] == 20

    code, said = terminated_when(
        is_in_hand,
        *("--set", f"data_dir={config.data_dir}", "--set", f"kafka.bootstrap={mock_broker}"),
        *("--set", "kafka.topics=in-hand", "--set", "kafka.flush_ms=600000"),
    )
    assert code == 0, said
    assert sorted(rows(config)["offset"]) == list(range(20))


def test_sigterm_while_no_broker_answers_ends_with_0(tmp_path):
    config = register_owning(tmp_path, "4008001234")
    code, said = terminated_when(
        lambda line: "Connection refused" in line,
        *("--set", f"data_dir={config.data_dir}", "--set", "kafka.bootstrap=127.0.0.1:1"),
    )
    assert code == 0, said
    assert "KAFKA_UNAVAILABLE" not in said


def terminated_when(is_time: Callable[[str], bool], *words: str) -> tuple[int, str]:
    """Run the daemon until it says a line of which the claim holds; then send SIGTERM."""
    command = [sys.executable, str(CLI_DRIVER), "run", *words]
    said = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as daemon:
        too_slow = threading.Timer(WAIT_S_MAX, daemon.kill)
        too_slow.start()
        try:
            for line in daemon.stderr:
                said.append(line)
                if is_time(line):
                    daemon.send_signal(signal.SIGTERM)
                    break
            said += daemon.stderr
            return daemon.wait(), "".join(said)
        finally:
            too_slow.cancel()
            daemon.kill()
