"""The linter: what it finds in plans that are wrong, and that it is silent where none is."""

from pathlib import Path

import pytest

from cdrpipe.numbering.calendar import Calendar
from cdrpipe.tariff.check import check_rate_plan
from cdrpipe.tariff.finding import Finding

DEMO_PLANS = sorted(Path("cdrpipe/demo/plans").glob("*.toml"))

# Twelve faults, four of which load refuses. The lines are counted by eye: the first is line 1.
PLANTED = """\
id = "planted"
valid_from = 2026-01-01
deck = "planted.csv"

[[band]]
name = "day"
from = "08:00"
until = "18:00"

[[band]]
name = "evening"
from = "18:00"

[[band]]
name = "noon"
from = "12:00"
until = "14:00"

[[band]]
name = "spring"
months = ["2-4"]

[[rate]]
party = "enterprise"
relation = "local"
band = "day"
price_per_minute = "0.12"
increment = "60s"

[[rate]]
party = "enterprise"
relation = "local"
band = "evening"
price_per_minute = "0.10"
increment = "60s"

[[rate]]
party = "enterprise"
relation = "local"
band = "noon"
price_per_minute = "0.11"
increment = "60s"

[[rate]]
party = "enterprise"
relation = "long_distance"
price_per_minute = "0,24"
increment = "60s"

[[rate]]
party = "enterprise"
relation = "international"
price_per_minute = "0.36"
increment = "60s"
conect_fee = "0.1"

[[rate]]
party = "enterprise"
relation = "local"
calling_kind = "unknown"
price_per_minute = "0.15"
increment = "60s"

[[rate]]
party = "caller"

[[rate.step]]
from = "0s"
price = "0.22"
per = "3min"
increment = "3min"

[[rate.step]]
from = "3min"
price_per_minute = "11"
increment = "60s"

[prepaid]
top_up_min = "600"

[[prepaid.class]]
top_up_min = "1000"
price_per_minute = "0.10"

[[prepaid.class]]
top_up_min = "5000"
price_per_minute = "0.12"
"""
PLANTED_DECK = """\
prefix,price_per_minute,increment
86755,0.09,60s
0755,0.09,60s
8620,0.09,60s
86755,0.08,60s
"""


def check(text: str, decks: dict[str, str] | None = None, **more) -> list[Finding]:
    decks = decks or {}
    return list(check_rate_plan(text, file="p.toml", read_deck=decks.__getitem__, **more))


def told(text: str, decks: dict[str, str] | None = None, **more) -> list[tuple[str, int, str]]:
    """Give severity, line and code of each finding; of a deck the line is negative."""
    return [
        (found.severity, found.line if found.file == "p.toml" else -found.line, found.code)
        for found in check(text, decks, **more)
    ]


def test_twelve_planted_faults_are_told_in_one_run_with_their_lines_and_nothing_else() -> None:
    found = check(PLANTED, {"planted.csv": PLANTED_DECK})
    assert [(each.severity, each.file, each.line, each.code) for each in found] == [
        ("warning", "p.toml", 10, "BAND_WITHOUT_END"),
        ("warning", "p.toml", 19, "BAND_UNUSED"),
        ("warning", "p.toml", 23, "BAND_GAP"),
        ("warning", "p.toml", 23, "UNKNOWN_WITHOUT_RATE"),
        ("error", "p.toml", 37, "BANDS_OVERLAP"),
        ("error", "p.toml", 47, "VALUE_WRONG"),
        ("error", "p.toml", 55, "KEY_UNKNOWN"),
        ("warning", "p.toml", 57, "RATE_UNREACHABLE"),
        ("warning", "p.toml", 73, "STEP_PRICE_JUMP"),
        ("warning", "p.toml", 85, "TOP_UP_CLASS_DEARER"),
        ("warning", "planted.csv", 3, "PREFIX_UNREACHABLE"),
        ("error", "planted.csv", 5, "RATE_TWICE"),
    ]


@pytest.mark.parametrize("path", DEMO_PLANS, ids=lambda path: path.stem)
def test_the_published_plans_have_no_finding(path: Path) -> None:
    assert check(path.read_text(encoding="utf-8")) == []
