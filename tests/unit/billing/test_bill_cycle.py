"""billing/bill_cycle.py: a month begins and ends at midnight in Shanghai."""

from datetime import UTC, date, datetime

import pytest

from cdrpipe.billing.bill_cycle import bill_cycle


def test_a_month_runs_from_shanghai_midnight_to_shanghai_midnight():
    cycle = bill_cycle("2026-10")
    assert (cycle.date_from, cycle.date_until) == (date(2026, 10, 1), date(2026, 11, 1))
    assert datetime.fromtimestamp(cycle.from_us / 1e6, UTC) == datetime(2026, 9, 30, 16, tzinfo=UTC)
    assert datetime.fromtimestamp(cycle.until_us / 1e6, UTC) == datetime(
        2026, 10, 31, 16, tzinfo=UTC
    )


def test_december_is_followed_by_january_of_the_next_year():
    cycle = bill_cycle("2026-12")
    assert cycle.date_until == date(2027, 1, 1)
    assert cycle.month == "2026-12"


def test_days_are_counted_from_shanghais_day_of_an_instant_to_the_months_end():
    cycle = bill_cycle("2026-10")
    assert cycle.days == 31
    assert cycle.days_from(cycle.from_us) == 31
    assert cycle.days_from(cycle.from_us - 1) == 31
    assert cycle.days_from(cycle.until_us - 1) == 1
    noon = datetime(2026, 10, 16, 4, tzinfo=UTC)
    assert cycle.days_from(int(noon.timestamp()) * 1_000_000) == 16


@pytest.mark.parametrize("text", ["2026-13", "2026", "10-2026", "2026-10-01", "", "9999-12"])
def test_what_is_no_month_is_refused(text):
    with pytest.raises(ValueError, match="expected a month such as 2026-10"):
        bill_cycle(text)
