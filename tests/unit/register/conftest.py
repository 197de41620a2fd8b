"""A fresh register, and files for it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cdrpipe.register.database import open_register

WriteFile = Callable[[str, str | bytes], Path]

PLAN = """\
id = "standard"
version = {version}
valid_from = {valid_from}
monthly_rental = "300"

[allowance]
minutes_per_month = 500

[minimum]
per_month = "40"

[[rate]]
party = "enterprise"
price_per_minute = "{price}"
increment = "60s"
"""


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Engine]:
    """Open a register that holds nothing yet."""
    engine = open_register(tmp_path / "register.db")
    yield engine
    engine.dispose()


@pytest.fixture
def write_file(tmp_path: Path) -> WriteFile:
    """Write a file of the given name."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def plan_file(write_file: WriteFile) -> Callable[..., Path]:
    """Write a rate deck of plan "standard"."""

    def write(name="standard.toml", *, version=1, valid_from="2026-01-01", price="0.12") -> Path:
        return write_file(name, PLAN.format(version=version, valid_from=valid_from, price=price))

    return write
