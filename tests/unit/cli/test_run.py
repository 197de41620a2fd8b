"""cli/run.py: signals end the daemon as docs/cli.md says."""

import os
import signal
import threading

import pytest

from cdrpipe.kafka.progress import DaemonProgress, DaemonResult

WAIT_S = 10.0
OUTCOMES = {"rated": 2, "suspended": 1}
PROGRESS = DaemonProgress(
    read=3, in_hand=1, committed_rows=2, commits=1, outcomes=OUTCOMES, per_s=2, lag=7
)
RESULT = DaemonResult(
    read=3, committed_rows=3, commits=2, outcomes=OUTCOMES, dropped=0, skipped_offsets=0, fenced=0
)


@pytest.fixture
def daemon(monkeypatch):
    """Let a function of the stop event stand for the daemon."""

    def put(live):
        def run_daemon(_settings, *, stop, on_progress):
            on_progress(PROGRESS)
            live(stop)
            return RESULT

        monkeypatch.setattr("cdrpipe.daemon.run_daemon", run_daemon)

    return put


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_lets_the_batch_be_finished_and_ends_with_0(cdrpipe, daemon, number):
    asked = []

    def live(stop):
        os.kill(os.getpid(), number)
        asked.append(stop.wait(WAIT_S))

    daemon(live)
    before = signal.getsignal(number)
    ended = cdrpipe("run")
    assert (ended.code, asked) == (0, [True])
    assert "stopping; once more to end at once" in ended.err
    assert "read 3 · rated 2 ·" in ended.err
    assert "suspended 1 (cdrpipe suspense list)" in ended.err
    assert ended.out == ""
    assert signal.getsignal(number) is before


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_the_second_signal_ends_at_once(cdrpipe, daemon, monkeypatch, number, code):
    left = []
    ended_at_once = threading.Event()

    def leave(code):
        left.append(code)
        ended_at_once.set()

    monkeypatch.setattr("os._exit", leave)

    def live(_stop):
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        ended_at_once.wait(WAIT_S)

    daemon(live)
    cdrpipe("run")
    assert left == [code]


def test_progress_names_what_is_committed_and_what_is_still_to_come(cdrpipe, daemon, monkeypatch):
    seconds = iter(range(100, 10_000, 2))
    monkeypatch.setattr("time.monotonic", lambda: next(seconds))
    daemon(lambda _stop: None)
    ended = cdrpipe("run", "--progress", "json")
    assert ended.err.splitlines()[0] == ('{"phase":"run","done":2,"total":10,"per_s":2,"eta_s":4}')


def test_settings_and_idle_time_reach_the_daemon(cdrpipe, monkeypatch):
    seen = []

    def run_daemon(settings, **_more):
        seen.append(settings)
        return RESULT

    monkeypatch.setattr("cdrpipe.daemon.run_daemon", run_daemon)
    assert cdrpipe("run", "--set", "kafka.group=g", "--stop-when-idle", "50").code == 0
    assert (seen[0].broker.group, seen[0].limits.stop_when_idle_ms) == ("g", 50)


def test_a_missing_register_ends_with_3_before_any_broker_is_asked(cdrpipe, tmp_path):
    ended = cdrpipe("run", "--set", "kafka.bootstrap=127.0.0.1:1")
    assert ended.code == 3
    assert "REGISTER_MISSING" in ended.err
    assert not list(tmp_path.rglob("*.sqlite"))
