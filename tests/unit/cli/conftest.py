"""The command line in process: an empty folder, no settings from outside, English."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from cdrpipe.cli import run_line


class Ended(NamedTuple):
    """How a command line ended."""

    code: int
    out: str
    err: str


Cdrpipe = Callable[..., Ended]

PLAN = """\
id = "flat"
name = "Flat"
valid_from = 2026-01-01
monthly_rental = "300"

[[rate]]
party = "enterprise"
price_per_minute = "0.12"
increment = "60s"
"""

FILES = {
    "plan.toml": PLAN,
    "accounts.csv": "account_id,name\nA1,Acme\nA2,Bolt\n",
    "subscriptions.csv": (
        "subscription_id,account_id,plan_id,service_number,valid_from,valid_until\n"
        "S1,A1,flat,,2026-01-01,\n"
    ),
    "numbers.csv": (
        "service_number,account_id,valid_from,valid_until,bill_from,home_area_code,"
        "bridged_is_answered_for\n"
        "4008001234,A1,2026-01-01,,answered,010,\n"
    ),
}


@pytest.fixture
def cdrpipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Cdrpipe:
    """Run command lines in an empty folder."""
    for name in list(os.environ):
        if name.startswith(("CDRPIPE_", "LC_")) or name in ("LANG", "LANGUAGE", "NO_COLOR"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.chdir(tmp_path)

    def ended(*words: str) -> Ended:
        code = run_line(words)
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return ended


@pytest.fixture(scope="session")
def register_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make, once, a folder with a register: two accounts, the first with a plan and a number."""
    folder = tmp_path_factory.mktemp("registered")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, text in FILES.items():
            Path(name).write_text(text, encoding="utf-8")
        for words in (
            ("tariff", "import", "plan.toml"),
            ("account", "import", "accounts.csv", "subscriptions.csv"),
            ("number", "import", "numbers.csv"),
        ):
            assert run_line((*words, "-q")) == 0, words
    return folder


@pytest.fixture
def registered(cdrpipe: Cdrpipe, register_folder: Path, tmp_path: Path) -> Cdrpipe:
    """Run command lines beside a register of their own."""
    shutil.copytree(register_folder, tmp_path, dirs_exist_ok=True)
    return cdrpipe
