"""cli/period.py: days and months as people write them, half-open."""

from datetime import date

import click
import pytest

from cdrpipe.cli.period import parse_day, parse_period

TODAY = date(2026, 10, 3)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-10-01", date(2026, 10, 1)),
        ("2026-10", date(2026, 10, 1)),
        ("today", TODAY),
        ("-7d", date(2026, 9, 26)),
        ("-0d", TODAY),
    ],
)
def test_a_day_is_read(text, day):
    assert parse_day(text, today=TODAY) == day


@pytest.mark.parametrize("text", ["yesterday", "2026-13", "7d", "01/10/2026", ""])
def test_what_is_no_day_is_refused(text):
    with pytest.raises(click.BadParameter, match="expected a day such as"):
        parse_day(text, today=TODAY)


def test_a_month_is_half_open():
    period = parse_period(month="2026-12", first=None, until=None, today=TODAY)
    assert period == (date(2026, 12, 1), date(2027, 1, 1))


def test_without_bounds_all_of_time_is_meant():
    assert parse_period(month=None, first=None, until=None, today=TODAY) == (date.min, date.max)
    only_from = parse_period(month=None, first="-1d", until=None, today=TODAY)
    assert only_from == (date(2026, 10, 2), date.max)


def test_bounds_the_wrong_way_round_are_a_usage_error():
    with pytest.raises(click.UsageError, match="--from 2026-10-03 lies behind --to 2026-10-01"):
        parse_period(month=None, first="today", until="2026-10-01", today=TODAY)


def test_a_month_and_a_bound_contradict():
    with pytest.raises(click.UsageError, match="stands alone"):
        parse_period(month="2026-10", first="today", until=None, today=TODAY)


def test_what_is_no_month_is_a_usage_error():
    with pytest.raises(click.BadParameter, match="expected a month"):
        parse_period(month="October", first=None, until=None, today=TODAY)
