"""cli/failure.py: one shape of every error, and a code that a script can act on."""

import signal
from pathlib import Path

import pytest

from cdrpipe.cli import _terminate
from cdrpipe.cli.failure import FAULTS_SHOWN_MAX, exit_code_of, failure_text
from cdrpipe.errors import (
    CdrpipeError,
    ConfigError,
    CorruptLake,
    Fault,
    InputError,
    Refused,
    TariffError,
    Unavailable,
)
from cdrpipe.language import use_language


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (ConfigError, 3),
        (TariffError, 3),
        (InputError, 3),
        (Unavailable, 4),
        (Refused, 5),
        (CorruptLake, 6),
        (CdrpipeError, 70),
    ],
)
def test_each_kind_of_error_has_its_code(kind, code):
    assert exit_code_of(kind("x")) == code
    assert exit_code_of(type("Narrower", (kind,), {})("x")) == code


def test_an_error_says_what_where_and_what_to_do():
    use_language("en")
    error = Unavailable(
        "no reply from broker 10.0.0.5:9092 in 10 s",
        code="KAFKA_UNAVAILABLE",
        where="kafka.bootstrap",
        hint="check the address",
    )
    assert failure_text(error, verbose=False) == (
        "error: no reply from broker 10.0.0.5:9092 in 10 s        [KAFKA_UNAVAILABLE]\n"
        "  where: kafka.bootstrap\n"
        "  hint:  check the address"
    )


def test_at_most_twenty_faults_are_listed_unless_more_words_are_asked_for():
    faults = tuple(Fault(f"fault {number}", where=f"a.csv:{number}") for number in range(57))
    error = TariffError("57 faults in 1 file", faults=faults)
    text = failure_text(error, verbose=False)
    assert text.count("a.csv:") == FAULTS_SHOWN_MAX
    assert "  a.csv:0: fault 0" in text.splitlines()
    assert "and 37 more" in text
    assert failure_text(error, verbose=True).count("a.csv:") == 57


def test_a_message_of_several_lines_has_its_code_on_the_first():
    text = failure_text(ConfigError("Parser Error: at x\n\nLINE 1: x\n        ^"), verbose=False)
    first, *more = text.splitlines()
    assert first.endswith("Parser Error: at x        [CONFIG_WRONG]")
    assert more == ["", "LINE 1: x", "        ^"]


def test_an_unforeseen_exception_of_several_lines_is_told_by_its_first(
    cdrpipe, monkeypatch, tmp_path
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def fail(*_args, **_more):
        raise ValueError("what it is\n\n   ^^^^")

    monkeypatch.setattr("cdrpipe.config.load_config", fail)
    ended = cdrpipe("config", "check")
    assert "ValueError: what it is  " in ended.err
    assert "^" not in ended.err


def test_an_unforeseen_exception_is_saved_and_ends_with_70(cdrpipe, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def fail(*_args, **_more):
        raise ZeroDivisionError("surprise")

    monkeypatch.setattr("cdrpipe.config.load_config", fail)
    ended = cdrpipe("config", "check", "--set", "kafka.properties.password=hush")
    assert ended.code == 70
    assert "ZeroDivisionError: surprise" in ended.err
    (saved,) = tmp_path.glob("cdrpipe-trace-*.txt")
    assert str(saved) in ended.err
    trace = Path(saved).read_text(encoding="utf-8")
    assert "in fail" in trace
    assert trace.splitlines()[0] == "command: config check"


def test_ctrl_c_ends_with_130(cdrpipe, monkeypatch):
    def interrupt(*_args, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr("cdrpipe.config.load_config", interrupt)
    assert cdrpipe("config", "check").code == 130


def test_sigterm_ends_a_batch_command_with_143(cdrpipe, monkeypatch):
    def terminate(*_args, **_more):
        _terminate(signal.SIGTERM, None)

    monkeypatch.setattr("cdrpipe.config.load_config", terminate)
    assert cdrpipe("config", "check").code == 143
