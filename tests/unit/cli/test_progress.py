"""cli/progress.py: on stderr only, at most once a second, and silent where nobody looks."""

import json

import pytest

from cdrpipe.cli.frame import Flags
from cdrpipe.cli.progress import Progress, form_of_progress


def flags(**given):
    return Flags(
        **{
            "config_file": None,
            "assignments": (),
            "output": None,
            "columns": (),
            "limit": None,
            "quiet": False,
            "verbose": 0,
            "progress": "auto",
            "color": "auto",
        }
        | given
    )


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def test_auto_is_silent_where_stderr_is_no_terminal():
    assert form_of_progress(flags()) == "none"
    assert form_of_progress(flags(progress="json")) == "json"
    assert form_of_progress(flags(progress="json", quiet=True)) == "none"


def test_json_is_one_line_a_second_with_speed_and_time_left(clock, capsys):
    with Progress(flags(progress="json"), "rate") as progress:
        for second in range(4):
            clock[0] = 100.0 + second / 2
            progress.show(second * 50, total=250)
    said = capsys.readouterr()
    assert said.out == ""
    lines = [json.loads(line) for line in said.err.splitlines()]
    assert lines == [{"phase": "rate", "done": 100, "total": 250, "per_s": 100, "eta_s": 2}]


def test_plain_is_a_line_for_people(clock, capsys):
    with Progress(flags(progress="plain"), "rate") as progress:
        clock[0] += 1
        progress.show(120_000, total=500_000, note="a.csv")
    assert capsys.readouterr().err == "rate 120,000 / 500,000 · 120,000/s · a.csv\n"


def test_none_says_nothing(clock, capsys):
    with Progress(flags(progress="none"), "rate") as progress:
        clock[0] += 5
        progress.show(1)
    assert capsys.readouterr().err == ""
