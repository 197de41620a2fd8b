"""kill -9 of a redo between every two steps: the next command settles it, and no sum is wrong."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from records import cdr, unanswered
from rerating import (
    OCTOBER,
    asked,
    charges,
    correct,
    every_sum,
    put_in_force,
    redone,
    registered,
    store,
)

from cdrpipe.config import Config
from cdrpipe.nightly.redo import preview_redo
from cdrpipe.nightly.settle import status_shown
from cdrpipe.register import open_register
from cdrpipe.register.rating_versions import rating_versions

CALLS = (
    cdr("long distance"),
    cdr("local", calling_number_raw="02162345678"),
    unanswered("nobody"),
)

# Dies before or after a step of the redo; {step} is a module's function or a class's method.
DRIVER = """
import datetime as dt, importlib, os, signal, sys
from pathlib import Path
from cdrpipe.config import Config
from cdrpipe.nightly.redo import Scope, redo

data_dir, owner, name, moment = sys.argv[1:]
module, _, holder = owner.partition(":")
place = importlib.import_module(module)
place = getattr(place, holder) if holder else place
step = getattr(place, name)

def killed(*args, **named):
    if moment == "after":
        step(*args, **named)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(place, name, killed)
october = Scope(date_from=dt.date(2026, 10, 1), date_until=dt.date(2026, 11, 1), account_id=None)
redo(Config(data_dir=Path(data_dir)), october, now_us=0, on_progress=lambda _: None)
"""

STEPS = [
    ("cdrpipe.nightly.redo", "begin_version"),
    ("cdrpipe.lake.rerated", "write_data_file"),
    ("cdrpipe.lake.publish:Publisher", "_write_actions"),
    ("cdrpipe.lake.publish", "sync_commit"),
    ("cdrpipe.nightly.redo", "mark_written"),
]
IS_STORED = {("_write_actions", "after"), ("sync_commit", "before"), ("sync_commit", "after")}
IS_STORED |= {("mark_written", "before"), ("mark_written", "after")}


def kill_redo(config: Config, owner: str, name: str, moment: str) -> None:
    command = [sys.executable, "-c", DRIVER, str(config.data_dir), owner, name, moment]
    ended = subprocess.run(command, timeout=120, capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


def shown(config: Config) -> list[tuple[int, str]]:
    engine = open_register(config.register_file)
    found = [(v.rating_version, status_shown(config, v)) for v in rating_versions(engine)]
    engine.dispose()
    return found


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any]]:
    """Make, once, a folder of three calls whose tariff was corrected, and every sum of them."""
    folder = tmp_path_factory.mktemp("corrected")
    config = registered(folder)
    store(config, *CALLS)
    correct(config)
    return config.data_dir, every_sum(config)


def copy_of(corrected: tuple[Path, list[Any]], folder: Path) -> Config:
    return Config(data_dir=shutil.copytree(corrected[0], folder / "data"))


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("owner", "name"), STEPS)
def test_a_redo_killed_anywhere_needs_no_hand(
    tmp_path: Path, corrected: tuple[Path, list[Any]], owner: str, name: str, moment: str
) -> None:
    config, before = copy_of(corrected, tmp_path), corrected[1]
    kill_redo(config, owner, name, moment)
    is_begun = (name, moment) != ("begin_version", "before")
    is_told = (name, moment) == ("mark_written", "after")
    is_stored = (name, moment) in IS_STORED
    assert shown(config) == [(2, "written" if is_told else "interrupted")] * is_begun
    assert every_sum(config) == before
    assert preview_redo(config, OCTOBER, on_progress=lambda _: None).calls == 3

    number = 2 + is_begun
    assert redone(config).rating_version == number
    settled = [(2, "written" if is_stored else "abandoned")] * is_begun
    assert shown(config) == [*settled, (number, "written")]
    files_of_first = list(config.lake_dir.rglob("version-2-*"))
    assert bool(files_of_first) == (is_stored or number == 2)
    if is_stored:
        counts = "SELECT calls, unpriced_calls FROM rating_version WHERE rating_version = 2"
        assert asked(config, counts) == [(3, 0)]
        put_in_force(config, 2)
        assert charges(config) == {"local": 200_000, "long distance": 500_000}
    put_in_force(config, number)
    assert charges(config) == {"local": 200_000, "long distance": 500_000}
    assert asked(config, "SELECT count(*) FROM rated") == [(3,)]
    assert asked(config, "SELECT count(*) FROM record") == [(3,)]
    assert store(config, *CALLS)["duplicate"] == 3


def test_an_interrupted_version_is_settled_when_it_is_decided_on(
    tmp_path: Path, corrected: tuple[Path, list[Any]]
) -> None:
    config = copy_of(corrected, tmp_path)
    kill_redo(config, "cdrpipe.nightly.redo", "mark_written", "before")
    put_in_force(config, 2)
    assert charges(config) == {"local": 200_000, "long distance": 500_000}
