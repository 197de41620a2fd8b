"""The linter: what it finds in plans that are wrong, and that it is silent where none is."""

from pathlib import Path

import pytest
from plan_findings import HEAD, REST, findings_of, told

from cdrpipe.tariff.check import check_stored_versions
from cdrpipe.tariff.rate_deck import parse_rate_plan
from cdrpipe.tariff.rate_plan import RatePlanVersion

DEMO_PLANS = sorted((Path(__file__).parents[3] / "cdrpipe/demo/plans").glob("*.toml"))

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


def test_twelve_planted_faults_are_told_in_one_run_with_their_lines_and_nothing_else() -> None:
    found = findings_of(PLANTED, {"planted.csv": PLANTED_DECK})
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
    assert findings_of(path.read_text(encoding="utf-8")) == []


def test_every_finding_says_what_to_do() -> None:
    assert all(
        each.hint
        for each in findings_of(PLANTED, {"planted.csv": PLANTED_DECK})
        if each.severity != "error"
    )


def test_a_file_that_is_no_toml_is_one_finding_with_its_line() -> None:
    [found] = findings_of("id = 1\nid = = 2\n")
    assert (found.severity, found.line, found.code) == ("error", 2, "FILE_NOT_TOML")


def test_what_could_not_be_read_may_be_what_fills_a_gap() -> None:
    # The one rate is faulty in what it matches: what it was meant to price is not known.
    rate = '[[rate]]\nparty = "enterprise"\nrelation = "locale"\nprice_per_minute = 1\n'
    other = '[[rate]]\nparty = "enterprise"\nrelation = "local"\nprice_per_minute = 1\n'
    increment = "increment = 60\n"
    assert told(HEAD + rate + increment + other + increment) == [(5, "VALUE_WRONG")]
    # Of a row with too few cells, or an unreadable deck, nothing is known at all.
    deck = 'deck = "d.csv"\n'
    rows = "relation,price_per_minute,increment\nlocal,1,60\nlong_distance,1\n"
    found = findings_of(HEAD + deck, {"d.csv": rows})
    assert [(each.file, each.line, each.code) for each in found] == [("d.csv", 3, "DECK_ROW_WRONG")]


def test_a_band_or_zone_that_a_slip_may_have_meant_is_not_called_unused() -> None:
    band = '[[band]]\nname = "night"\nfrom = "22:00"\nuntil = "06:00"\n'
    assert told(HEAD + band + REST) == [(3, "BAND_UNUSED")]
    slip = REST + 'band = "nigth"\n'
    assert told(HEAD + band + REST + slip) == [(7 + 4 + 4, "NAME_UNKNOWN")]


def test_versions_in_files_of_their_own_are_held_against_each_other() -> None:
    def version(number: int, valid_from: str, valid_until: str = "") -> RatePlanVersion:
        until = f"valid_until = {valid_until}\n" if valid_until else ""
        text = f'id = "p"\nversion = {number}\nvalid_from = {valid_from}\n{until}{REST}'
        [read] = parse_rate_plan(text, file="p.toml")
        return read

    ended, later = version(1, "2026-01-01", "2026-02-01"), version(2, "2026-03-01")
    [found] = check_stored_versions([ended, later], plan="plan p")
    assert (found.file, found.line, found.code) == ("plan p", 0, "VERSIONS_GAP")
    assert "from 2026-02-01 until 2026-03-01" in found.message
    # An open version stands behind: what follows replaces it, and leaves no gap when it ends.
    open_first = version(1, "2026-01-01"), version(2, "2026-03-01", "2026-04-01")
    assert check_stored_versions([*open_first, version(3, "2026-06-01")], plan="plan p") == ()
