"""Terms, versions and calendars that contradict one another."""

from datetime import date

import pytest
from plan_findings import HEAD, REST, findings_of, told

from cdrpipe.numbering.calendar import Calendar

CLASSES = """\
[[prepaid.class]]
top_up_min = "1000"
price_per_minute = "{first}"
[[prepaid.class]]
top_up_min = "5000"
price_per_minute = "{second}"
"""


@pytest.mark.parametrize(
    ("first", "second", "is_told"),
    [("0.12", "0.10", False), ("0.12", "0.12", False), ("0.10", "0.12", True)],
)
def test_a_bigger_top_up_that_makes_a_minute_dearer_is_told(
    first: str, second: str, *, is_told: bool
) -> None:
    text = HEAD + REST + CLASSES.format(first=first, second=second)
    assert told(text) == ([(3 + 4 + 3, "TOP_UP_CLASS_DEARER")] if is_told else [])


@pytest.mark.parametrize(
    ("grant", "is_told"),
    [
        # 3000 yuan at 0.12 a minute are 25,000 minutes.
        ("minutes = 25000", False),
        ("minutes = 30000", False),
        ("minutes = 24999", True),
        ("yuan = 3000", False),
        ("yuan = 2999", True),
    ],
)
def test_a_pool_that_grants_less_than_it_costs_is_told(grant: str, *, is_told: bool) -> None:
    text = HEAD + REST + f"[pool]\nprice = 3000\nvalid_months = 36\n{grant}\n"
    assert told(text) == ([(7, "POOL_WORTH_LESS")] if is_told else [])


def test_an_allowance_with_a_free_rate_is_told_at_the_rate() -> None:
    text = HEAD + "[allowance]\nminutes_per_month = 500\n" + REST
    assert told(text) == []
    free = text + REST.replace("0.12", "0") + 'prefix = "86400"\n'
    assert told(free) == [(9, "ALLOWANCE_USED_FREE")]
    assert told(free.replace("[allowance]\nminutes_per_month = 500\n", "")) == []


def versions(*parts: tuple[int, str, str]) -> str:
    """A plan of versions of seven lines each, the first from line 2 on."""
    rate = REST.replace("[[rate]]", "[[version.rate]]")
    return 'id = "p"\n' + "".join(
        f"[[version]]\nversion = {number}\nvalid_from = {start}\n"
        + (f"valid_until = {end}\n" if end else "\n")
        + rate
        for number, start, end in parts
    )


def test_a_time_between_versions_is_told_at_the_later() -> None:
    text = versions((1, "2026-01-01", "2026-02-01"), (2, "2026-02-02", ""))
    [found] = findings_of(text)
    assert (found.line, found.code) == (2 + 8 + 2, "VERSIONS_GAP")
    assert "from 2026-02-01 until 2026-02-02, between version 1 and version 2" in found.message
    assert told(text.replace("2026-02-02", "2026-02-01")) == []


def test_numbers_against_the_order_of_validity_are_told() -> None:
    text = versions((2, "2026-01-01", "2026-02-01"), (1, "2026-02-01", ""))
    assert told(text) == [(12, "VERSIONS_ORDER")]


CN = Calendar(name="cn", version="", days={}, confirmed_years=frozenset({2026}))
KINDS = """\
calendar = "cn"
[[band]]
name = "holiday"
day_kinds = ["holiday"]
"""


def test_a_year_the_calendar_does_not_confirm_is_worth_a_note() -> None:
    text = HEAD + KINDS + REST + REST + 'band = "holiday"\n'
    [found] = findings_of(text, calendars={"cn": CN}, years=(2026, 2027))
    assert (found.severity, found.line, found.code) == ("note", 3, "CALENDAR_YEAR_UNCONFIRMED")
    assert "the calendar cn does not confirm 2027" in found.message


def test_a_year_in_which_the_version_is_not_in_force_needs_no_calendar() -> None:
    text = HEAD + KINDS + REST + REST + 'band = "holiday"\n'
    ended = text.replace("2026-01-01\n", "2026-01-01\nvalid_until = 2027-01-01\n", 1)
    assert told(ended, calendars={"cn": CN}, years=(2025, 2026, 2027)) == []


def test_a_plan_without_kinds_of_days_needs_no_calendar() -> None:
    text = HEAD + 'calendar = "cn"\n' + REST
    assert told(text, calendars={"cn": CN}, years=(date.max.year,)) == []
