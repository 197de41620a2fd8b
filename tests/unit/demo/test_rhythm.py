from datetime import UTC, datetime, timedelta

import polars as pl

from cdrpipe.demo.rhythm import HOUR_MS, draw_setup_ms, plan_rhythm


def setups(calls: int, month: str = "2026-08") -> list[datetime]:
    row = pl.int_range(0, calls, dtype=pl.UInt64, eager=True)
    drawn = draw_setup_ms(row, plan_rhythm(month, calls=calls), seed=1)
    shanghai = timedelta(hours=8)
    return [datetime.fromtimestamp(ms / 1000, UTC) + shanghai for ms in drawn]


def test_calls_lie_in_the_month_of_shanghai() -> None:
    for month, first, after in (
        ("2026-02", datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-12", datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
    ):
        assert all(first <= at < after for at in setups(3_000, month))


def test_working_hours_are_busy_lunch_and_weekends_are_quieter() -> None:
    at = setups(20_000)
    by_hour = [sum(one.hour == hour for one in at) for hour in range(24)]
    assert by_hour[10] > 1.5 * by_hour[12] > 10 * by_hour[3]
    # August 2026 has 21 working days and 10 days of weekends.
    working = sum(one.weekday() < 5 for one in at) / 21
    weekend = sum(one.weekday() >= 5 for one in at) / 10
    assert 0.45 < weekend / working < 0.65


def test_no_call_begins_before_the_hour_its_row_number_gives() -> None:
    rhythm = plan_rhythm("2026-08", calls=500)
    row = pl.int_range(0, 500, dtype=pl.UInt64, eager=True)
    for call, ms in enumerate(draw_setup_ms(row, rhythm, seed=9)):
        start_ms = rhythm.hour_start_ms(call)
        assert start_ms <= ms < start_ms + HOUR_MS
    assert rhythm.hour_start_ms(500) == rhythm.end_ms
