"""The command line in process: an empty folder, no settings from outside, English."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from cdrpipe.cli import run


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
        code = run(words)
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return ended


@pytest.fixture
def registered(cdrpipe: Cdrpipe) -> Cdrpipe:
    """Load a register: two accounts, of which the first has a plan and a number."""
    Path("plan.toml").write_text(PLAN, encoding="utf-8")
    Path("accounts.csv").write_text("account_id,name\nA1,Acme\nA2,Bolt\n", encoding="utf-8")
    Path("subscriptions.csv").write_text(
        "subscription_id,account_id,plan_id,service_number,valid_from,valid_until\n"
        "S1,A1,flat,,2026-01-01,\n",
        encoding="utf-8",
    )
    Path("numbers.csv").write_text(
        "service_number,account_id,valid_from,valid_until,bill_from,home_area_code,"
        "bridged_is_answered_for\n4008001234,A1,2026-01-01,,answered,010,\n",
        encoding="utf-8",
    )
    for words in (
        ("tariff", "import", "plan.toml"),
        ("account", "import", "accounts.csv", "subscriptions.csv"),
        ("number", "import", "numbers.csv"),
    ):
        ended = cdrpipe(*words)
        assert ended.code == 0, ended.err
    return cdrpipe
