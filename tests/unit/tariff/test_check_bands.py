"""Gaps in time, bands that are never active, and bands without an end."""

import pytest
from plan_findings import HEAD, REST, findings_of, told

# The first band begins on line 3.
BANDED = HEAD + '[[band]]\nname = "a"\n{a}\n[[band]]\nname = "b"\n{b}\n'
RATES = REST + 'band = "a"\n' + REST + 'band = "b"\n'
RATES_AT = 3 + 6 + 2  # where both bands have two lines


def plan(a: str, b: str, rates: str = RATES) -> str:
    return BANDED.format(a=a, b=b) + rates


DAY, NIGHT = 'from = "08:00"\nuntil = "18:00"', 'from = "18:00"\nuntil = "08:00"'


def test_day_and_night_leave_no_gap() -> None:
    assert told(plan(DAY, NIGHT)) == []


@pytest.mark.parametrize(
    ("a", "b", "example"),
    [
        (DAY, 'from = "18:00"\nuntil = "07:59"', "from 07:59 until 08:00"),
        (DAY, 'from = "18:00:00.001"\nuntil = "08:00"', "from 18:00 until 18:00:00.001"),
        # A night of weekdays begins on Friday for the last time: Saturday evening is the first gap.
        (DAY, NIGHT + '\nweekdays = "mon-fri"', "Saturday 2026-01-03 from 18:00 until 24:00"),
        # The days of 2027 are in no band: the first names 2026 alone.
        (DAY + "\nyears = [2026]", NIGHT, "Friday 2027-01-01 from 08:00 until 18:00"),
        ("months = [1, 2]\nmonth_days = ['1-28']", 'months = ["3-12"]\npriority = 0',
         "Thursday 2026-01-29 from 00:00 until 24:00"),
    ],
)  # fmt: skip
def test_an_instant_that_no_band_holds_is_told_with_an_example(
    a: str, b: str, example: str
) -> None:
    [found] = findings_of(plan(a, b))
    assert found.code == "BAND_GAP"
    assert found.line == plan(a, b)[: plan(a, b).index("[[rate]]")].count("\n") + 1
    assert example in found.message


def test_29_february_is_a_day_like_others() -> None:
    days = 'months = [2]\nmonth_days = ["1-28"]', 'months = [1, "3-12"]\npriority = 0'
    [found] = findings_of(plan(*days))
    assert "Tuesday 2028-02-29 from 00:00 until 24:00" in found.message


def test_what_is_not_in_force_then_has_no_gap() -> None:
    text = plan(DAY + "\nyears = [2026]", NIGHT)
    assert told(text.replace("2026-01-01\n", "2026-01-01\nvalid_until = 2027-01-01\n")) == []


def test_a_rate_without_a_band_fills_every_gap() -> None:
    assert told(plan(DAY, 'from = "20:00"\nuntil = "08:00"', RATES + REST)) == []


def test_groups_of_the_same_bands_are_told_once() -> None:
    south = RATES.replace('band = "', 'prefix = "86755"\nband = "')
    [found] = [
        each
        for each in findings_of(plan(DAY, 'from = "20:00"\nuntil = "08:00"', RATES + south))
        if each.code == "BAND_GAP"
    ]
    assert found.line == RATES_AT
    assert found.message.endswith("so in 1 more groups of rates")


CALENDAR = 'calendar = "cn"\n'


def test_the_four_kinds_of_days_leave_no_gap_and_three_leave_one() -> None:
    a = 'day_kinds = ["workday", "adjusted_workday"]\npriority = 0'
    b = 'day_kinds = ["restday", "holiday"]\npriority = 0'
    head = HEAD + CALENDAR
    assert told(plan(a, b).replace(HEAD, head)) == []
    [found] = findings_of(plan(a, b.replace(', "holiday"', "")).replace(HEAD, head))
    assert "Thursday 2026-01-01 from 00:00 until 24:00, if it is a holiday" in found.message


def test_a_band_that_a_higher_one_always_covers_is_told_at_its_rate() -> None:
    text = plan(DAY, 'from = "06:00"\nuntil = "20:00"\npriority = 1', RATES + REST)
    found = findings_of(text)
    assert [(each.line, each.code) for each in found] == [(12, "BAND_NEVER_ACTIVE")]
    assert 'the band "a" of this rate is never active' in found[0].message


def test_a_band_that_ends_before_the_version_begins_is_told_at_the_band() -> None:
    text = plan('dates = "2025-10-01/2025-10-08"\npriority = 1', NIGHT, RATES + REST)
    assert told(text) == [(3, "BAND_NEVER_ACTIVE")]


def test_a_band_without_until_among_others_is_told_and_alone_is_not() -> None:
    text = plan('from = "18:00"\npriority = 1', DAY, RATES + REST)
    assert told(text) == [(3, "BAND_WITHOUT_END")]
    alone = HEAD + '[[band]]\nname = "a"\nfrom = "18:00"\n' + REST + REST + 'band = "a"\n'
    assert told(alone) == []
    assert told(text.replace('from = "18:00"\n', 'from = "18:00"\nuntil = "24:00"\n')) == []


def test_zones_that_no_rate_names_are_told() -> None:
    zone = '[[zone]]\nname = "south"\nprovinces = [44]\n'
    assert told(HEAD + zone + REST) == [(3, "ZONE_UNUSED")]
