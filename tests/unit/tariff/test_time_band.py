from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.intake.calendar_data import load_calendars
from cdrpipe.numbering.calendar import DAY_KINDS, day_kind
from cdrpipe.tariff.rate_plan import DAY_MS, Band
from cdrpipe.tariff.time_band import (
    NO_BAND,
    UNCONFIRMED,
    active_band,
    active_index,
    band_timeline,
    next_change_us,
)

HOUR_MS = 3_600_000
HOUR_US = 3_600_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CN = load_calendars()["cn"]
SHANGHAI = "Asia/Shanghai"
BERLIN = "Europe/Berlin"


def us(written: str, tz: str = SHANGHAI) -> int:
    """Read a local time; with an offset, as it stands."""
    instant = datetime.fromisoformat(written)
    instant = instant if instant.tzinfo else instant.replace(tzinfo=ZoneInfo(tz))
    return (instant - EPOCH) // timedelta(microseconds=1)


def names(bands: list[Band], *instants: str, tz: str = SHANGHAI, calendar=CN) -> list[str | None]:
    found = [active_band(bands, us(instant, tz), tz, calendar) for instant in instants]
    return [getattr(band, "name", None) for band in found]


NIGHT = Band(name="night", from_ms=18 * HOUR_MS, until_ms=7 * HOUR_MS)


def test_a_band_begins_at_its_first_instant_and_ends_before_its_last() -> None:
    day = Band(name="day", from_ms=8 * HOUR_MS, until_ms=18 * HOUR_MS)
    assert names(
        [day],
        "2026-01-05T07:59:59.999999",
        "2026-01-05T08:00",
        "2026-01-05T17:59:59.999999",
        "2026-01-05T18:00",
    ) == [None, "day", "day", None]


def test_a_band_over_midnight_belongs_to_the_day_it_begins_on() -> None:
    friday_night = Band(name="friday", weekdays=(5,), from_ms=18 * HOUR_MS, until_ms=7 * HOUR_MS)
    assert names(
        [friday_night],
        "2026-01-09T06:59",  # Friday morning: Thursday's night
        "2026-01-09T18:00",
        "2026-01-10T06:59:59.999",
        "2026-01-10T07:00",
        "2026-01-10T18:00",
    ) == [None, "friday", "friday", None, None]


def test_the_last_instant_of_a_day_and_of_a_year_are_that_days() -> None:
    new_year = Band(name="2026", years=(2026,))
    assert names([new_year], "2025-12-31T23:59:59.999999", "2026-01-01T00:00") == [None, "2026"]
    leap_day = Band(name="leap", months=(2,), month_days=(29,))
    assert names([leap_day], "2028-02-28T23:59:59.999", "2028-02-29", "2028-03-01") == [
        None,
        "leap",
        None,
    ]


def test_the_higher_priority_wins_wherever_it_stands() -> None:
    always, sunday = Band(name="always"), Band(name="sunday", priority=1, weekdays=(7,))
    for bands in ([always, sunday], [sunday, always]):
        assert names(bands, "2026-01-10T12:00", "2026-01-11T12:00") == ["always", "sunday"]


def test_dates_hold_from_their_first_day_until_before_their_last() -> None:
    week = Band(name="week", dates=((date(2026, 10, 1), date(2026, 10, 8)),))
    assert names([week], "2026-09-30T23:59", "2026-10-01", "2026-10-07T23:59", "2026-10-08") == [
        None,
        "week",
        "week",
        None,
    ]


def test_the_clock_is_the_zones_and_not_the_hosts() -> None:
    assert names([NIGHT], "2026-01-05T12:00+00:00", "2026-01-05T02:00+00:00") == ["night", None]


def test_a_holiday_that_is_a_workday_and_a_weekend_that_is_worked() -> None:
    off = Band(name="off", day_kinds=("holiday", "restday"))
    assert names(
        [off],
        "2026-01-02",  # a Friday off by notice
        "2026-01-04",  # a Sunday worked for it
        "2026-01-05",
        "2026-01-10",
    ) == ["off", None, None, "off"]


def test_an_unconfirmed_year_stops_only_what_depends_on_it() -> None:
    holiday = Band(name="holiday", priority=1, day_kinds=("holiday",), until_ms=12 * HOUR_MS)
    always = Band(name="always")
    unconfirmed = SuspenseReason.CALENDAR_YEAR_UNCONFIRMED
    at = {hour: us(f"2027-01-04T{hour}:00") for hour in ("10", "13")}
    assert active_band([holiday, always], at["10"], SHANGHAI, CN) is unconfirmed
    assert active_band([holiday, always], at["13"], SHANGHAI, CN) == always
    assert active_band([holiday], at["10"], SHANGHAI, CN) is unconfirmed
    assert active_band([holiday], at["13"], SHANGHAI, CN) is None
    above = Band(name="above", priority=2)
    assert active_band([holiday, above], at["10"], SHANGHAI, CN) == above
    # A Monday is never an adjusted workday, and is of some kind.
    worked = Band(name="worked", day_kinds=("adjusted_workday",))
    assert active_band([worked], at["10"], SHANGHAI, CN) is None
    every = Band(name="every", day_kinds=DAY_KINDS)
    assert active_band([every], at["10"], SHANGHAI, CN) == every
    assert active_band([holiday], us("2026-01-05T10:00"), SHANGHAI, None) is unconfirmed


def test_a_night_that_begins_in_an_unconfirmed_year_waits_until_it_ends() -> None:
    # Of 31 December 2019 nothing is known; 1 January 2020 is a confirmed holiday.
    night = Band(name="night", day_kinds=("workday",), from_ms=18 * HOUR_MS, until_ms=7 * HOUR_MS)
    indices = [
        active_index([night], us(at), SHANGHAI, CN)
        for at in ("2020-01-01T06:00", "2020-01-01T07:00", "2020-01-01T19:00", "2020-01-02T19:00")
    ]
    assert indices == [UNCONFIRMED, NO_BAND, NO_BAND, 0]


def test_an_hour_the_clock_shows_twice_is_twice_in_the_band() -> None:
    # 25 October 2026, 3:00 becomes 2:00 in Berlin, at 1:00 UTC.
    two = Band(name="two", from_ms=2 * HOUR_MS, until_ms=3 * HOUR_MS)
    start = us("2026-10-25T00:00+00:00")
    assert band_timeline([two], start, start + 3 * HOUR_US, BERLIN, None) == [
        (start, 0),
        (start + 2 * HOUR_US, NO_BAND),
    ]
    half = Band(name="half", until_ms=5 * HOUR_MS // 2)
    assert band_timeline([half], start, start + 3 * HOUR_US, BERLIN, None) == [
        (start, 0),
        (start + HOUR_US // 2, NO_BAND),
        (start + HOUR_US, 0),
        (start + 3 * HOUR_US // 2, NO_BAND),
    ]


def test_an_hour_the_clock_skips_is_in_no_band() -> None:
    # 29 March 2026, 2:00 becomes 3:00 in Berlin, at 1:00 UTC.
    two = Band(name="two", from_ms=2 * HOUR_MS, until_ms=3 * HOUR_MS)
    start = us("2026-03-29T00:00+00:00")
    assert band_timeline([two], start, start + 4 * HOUR_US, BERLIN, None) == [(start, NO_BAND)]
    late = Band(name="late", from_ms=5 * HOUR_MS // 2)
    assert band_timeline([late], start, start + 4 * HOUR_US, BERLIN, None) == [
        (start, NO_BAND),
        (start + HOUR_US, 0),
    ]


def test_the_next_change_is_the_next_border_or_midnight() -> None:
    def hours_to_change(at: str) -> float:
        return (next_change_us([NIGHT], us(at), SHANGHAI, None) - us(at)) / HOUR_US

    assert [hours_to_change(f"2026-01-05T{at}") for at in ("00:00", "07:00", "12:00", "18:00")] == [
        7,
        11,
        6,
        6,
    ]


def test_an_empty_range_has_no_timeline() -> None:
    assert band_timeline([NIGHT], 5, 5, SHANGHAI, None) == []


def rule(bands: list[Band], instant_us: int, tz: str) -> int:
    """Read an instant off the zone's clock and look for the band, one test after the other."""
    local = (EPOCH + timedelta(microseconds=instant_us)).astimezone(ZoneInfo(tz))
    clock = timedelta(
        hours=local.hour,
        minutes=local.minute,
        seconds=local.second,
        microseconds=local.microsecond,
    ) / timedelta(milliseconds=1)
    best = NO_BAND
    for index, band in enumerate(bands):
        today, before = (
            all(
                numbers is None or number in numbers
                for numbers, number in (
                    (band.weekdays, day.isoweekday()),
                    (band.months, day.month),
                    (band.month_days, day.day),
                    (band.day_kinds, day_kind(CN, day)),
                )
            )
            for day in (local.date(), local.date() - timedelta(days=1))
        )
        if band.from_ms < band.until_ms:
            is_in = today and band.from_ms <= clock < band.until_ms
        else:
            is_in = (today and clock >= band.from_ms) or (before and clock < band.until_ms)
        if is_in and (best == NO_BAND or band.priority > bands[best].priority):
            best = index
    return best


CLOCKS = st.sampled_from(
    [0, HOUR_MS // 2, 2 * HOUR_MS, 5 * HOUR_MS // 2, 7 * HOUR_MS, 18 * HOUR_MS]
) | st.integers(0, DAY_MS - 1)


def subsets(least: int, most: int):
    chosen = st.sets(st.integers(least, most), min_size=1)
    return st.none() | chosen.map(lambda numbers: tuple(sorted(numbers)))


BANDS = st.builds(
    Band,
    name=st.just("b"),
    priority=st.integers(0, 3),
    weekdays=subsets(1, 7),
    months=subsets(1, 12),
    month_days=subsets(1, 31),
    from_ms=CLOCKS,
    until_ms=CLOCKS.map(lambda clock_ms: clock_ms or DAY_MS),
    day_kinds=st.none() | st.sets(st.sampled_from(DAY_KINDS), min_size=1).map(tuple),
)
ZONES = st.sampled_from(
    [SHANGHAI, BERLIN, "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]
)
FIRST_US, LAST_US = us("2024-01-03"), us("2026-12-25")


@settings(max_examples=150, deadline=None)
@given(
    bands=st.lists(BANDS, min_size=1, max_size=4),
    tz=ZONES,
    from_us=st.integers(FIRST_US, LAST_US),
    days=st.integers(1, 5),
    data=st.data(),
)
def test_timeline_and_next_change_agree_with_the_clock(bands, tz, from_us, days, data) -> None:
    until_us = from_us + days * 24 * HOUR_US
    timeline = band_timeline(bands, from_us, until_us, tz, CN)
    starts = [start for start, _ in timeline]
    assert starts[0] == from_us
    assert starts == sorted(set(starts))
    assert all(one[1] != other[1] for one, other in pairwise(timeline))
    around = [start + shift for start in starts for shift in (-1, 0, 1)]
    for at in [*around, *data.draw(st.lists(st.integers(from_us, until_us - 1), max_size=20))]:
        if from_us <= at < until_us:
            index = rule(bands, at, tz)
            assert active_index(bands, at, tz, CN) == index
            assert timeline[bisect_right(starts, at) - 1][1] == index
            change_us = next_change_us(bands, at, tz, CN)
            assert at < change_us <= at + 25 * HOUR_US
            assert not any(at < start < change_us for start in starts)


@pytest.mark.parametrize("tz", ["America/St_Johns", "Pacific/Apia"])
def test_zones_that_jump_at_midnight_or_over_a_day_keep_the_rule(tz: str) -> None:
    # St John's went from 0:01 to 23:01 of the day before; Samoa left out 30 December 2011.
    bands = [NIGHT, Band(name="odd", priority=1, weekdays=(5, 7), from_ms=60_000)]
    start = us("2011-01-02T00:00+00:00")
    timeline = band_timeline(bands, start, start + 8_700 * HOUR_US, tz, None)
    for (border_us, index), (following_us, _) in pairwise(timeline):
        assert rule(bands, border_us, tz) == rule(bands, following_us - 1, tz) == index
