"""The demo, small: what comes out is what was planted, and a spoilt lake is told."""

import json
import shutil
import time
from pathlib import Path

import pytest

from cdrpipe import cli
from cdrpipe.demo.run import DemoResult, run_demo
from cdrpipe.demo.settle import settle
from cdrpipe.lake.scan import live_files

CALLS = 3_000


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoResult:
    return run_demo(
        calls=CALLS,
        out=tmp_path_factory.mktemp("demo") / "out",
        seed=7,
        now_us=time.time_ns() // 1000,
        on_phase=lambda phase: None,
        on_progress=lambda progress, total: None,
    )


def test_every_outcome_and_reason_is_what_was_planted(demo: DemoResult) -> None:
    settlement = settle(demo)
    assert {each.name: each.found for each in settlement.counts} == {
        each.name: each.expected for each in settlement.counts
    }
    assert min(each.found for each in settlement.counts) > 0
    found = {each.name: each.found for each in settlement.counts}
    assert found["read"] == sum(
        found[name] for name in ("rated", "unanswered", "merged", "duplicate", "suspended")
    )
    assert dict(demo.outcomes) == {name: found[name] for name in demo.outcomes}


def test_the_invoices_lines_are_the_calls_charges_to_the_micro(demo: DemoResult) -> None:
    settlement = settle(demo)
    assert settlement.money.holds
    assert settlement.money.found > 0
    assert settlement.holds


def test_a_lake_that_lost_a_file_does_not_settle(demo: DemoResult, tmp_path: Path) -> None:
    spoilt = tmp_path / "data"
    shutil.copytree(demo.config.data_dir, spoilt)
    log = spoilt / "lake" / "cdr" / "_delta_log"
    newest = max(log.glob("*.json"))
    newest.unlink()
    assert not settle(
        DemoResult(
            config=demo.config.model_copy(update={"data_dir": spoilt}),
            config_file=demo.config_file,
            month=demo.month,
            planted=demo.planted,
            outcomes=demo.outcomes,
        )
    ).holds
    assert live_files(demo.config.lake_dir)


def test_a_folder_with_other_things_in_it_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    assert cli.run_line(["demo", "--calls", "100", "--out", str(tmp_path)]) == 5
    assert "FOLDER_IN_USE" in capsys.readouterr().err
    assert (tmp_path / "mine.txt").read_text() == "keep me"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_command_shows_it_and_replaces_its_own_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    out = tmp_path / "demo"
    words = ["--lang", language, "demo", "--calls", "500", "--out", str(out)]
    assert cli.run_line([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["holds"] is True
    assert cli.run_line([*words, "-o", "table"]) == 0
    shown = capsys.readouterr().out
    assert ("Guangdong" if language == "en" else "广东") in shown
    assert "✗" not in shown
