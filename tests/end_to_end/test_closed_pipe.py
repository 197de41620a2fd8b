"""Whoever pipes a command into ``head`` still gets what was asked for done."""

import os
import subprocess
import sys
from pathlib import Path

from references import PLAN
from registers import register_owning

from cdrpipe.config import Config
from cdrpipe.register import load_snapshot, open_register


def run_unread(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command whose stdout nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return subprocess.run(
            [sys.executable, "-m", "cdrpipe", *arguments],
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            check=False,
            timeout=100,
        )
    finally:
        os.close(writer)


def versions_of(config: Config) -> list[int]:
    snapshot = load_snapshot(open_register(config.register_file))
    return [each.version for each in snapshot.plan_versions]


def test_a_draft_is_activated_though_nobody_reads_what_that_does(tmp_path: Path) -> None:
    config = register_owning(tmp_path, "4008001234")
    here = ("--set", f"data_dir={config.data_dir}")
    draft = PLAN.replace("valid_from", "version = 2\nvalid_from").replace("0.20", "0.21")
    (tmp_path / "draft.toml").write_text(draft, encoding="utf-8")
    assert run_unread(tmp_path, "tariff", "import", "--draft", *here, "draft.toml").returncode == 0
    versions = [
        each.version for each in load_snapshot(open_register(config.register_file)).plan_versions
    ]
    assert versions == [1]
    ended = run_unread(
        tmp_path, "tariff", "activate", "two-prices", "--version", "2", "--yes", *here
    )
    assert (ended.returncode, "activated" in ended.stderr) == (0, True), ended.stderr
    versions = [
        each.version for each in load_snapshot(open_register(config.register_file)).plan_versions
    ]
    assert versions == [1, 2]


def test_a_plan_is_exported_though_nobody_reads_the_list_of_files(tmp_path: Path) -> None:
    config = register_owning(tmp_path, "4008001234")
    here = ("--set", f"data_dir={config.data_dir}")
    ended = run_unread(tmp_path, "tariff", "export", "two-prices", "--to", "out", *here)
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "out" / "two-prices.toml").is_file()
