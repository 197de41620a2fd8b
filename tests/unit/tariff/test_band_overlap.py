from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cdrpipe.numbering.calendar import DAY_KINDS, possible_kinds
from cdrpipe.tariff.band_overlap import first_day, overlap_on
from cdrpipe.tariff.rate_plan import DAY_MS, Band

HOUR_MS = 3_600_000
DAY = timedelta(days=1)
# Within these years every set of days below that holds at all holds once.
DAYS = [date(2000, 1, 1) + index * DAY for index in range(10 * 366)]


def band(**what: object) -> Band:
    return Band(name="b", **what)  # type: ignore[arg-type]


WORKING_NIGHTS = band(weekdays=(1, 2, 3, 4, 5), from_ms=18 * HOUR_MS, until_ms=7 * HOUR_MS)


def test_bands_that_touch_do_not_overlap() -> None:
    morning, evening = band(until_ms=12 * HOUR_MS), band(from_ms=12 * HOUR_MS)
    assert overlap_on(morning, evening) is None
    assert overlap_on(morning, band(from_ms=12 * HOUR_MS - 1)) == date(2000, 1, 1)


def test_a_night_reaches_into_the_day_after_it() -> None:
    # Friday's night ends on Saturday at 7.
    assert overlap_on(WORKING_NIGHTS, band(weekdays=(6, 7))) == date(2000, 1, 8)
    assert overlap_on(WORKING_NIGHTS, band(weekdays=(7,))) is None
    assert overlap_on(WORKING_NIGHTS, band(weekdays=(6,), from_ms=7 * HOUR_MS)) is None


def test_days_that_never_meet_do_not_overlap() -> None:
    leap_night = band(months=(2,), month_days=(29,), from_ms=18 * HOUR_MS, until_ms=7 * HOUR_MS)
    first_of_march = {"months": (3,), "month_days": (1,)}
    assert overlap_on(leap_night, band(years=(2028,), **first_of_march)) == date(2028, 3, 1)
    assert overlap_on(leap_night, band(years=(2027,), **first_of_march)) is None
    assert overlap_on(band(dates=((date(2026, 1, 1), date(2026, 1, 3)),)), band(years=(2027,))) is (
        None
    )


def test_a_day_is_of_one_kind_only() -> None:
    off = band(day_kinds=("holiday", "restday"))
    assert overlap_on(off, band(day_kinds=("workday", "adjusted_workday"))) is None
    assert overlap_on(off, band(weekdays=(1,))) == date(2000, 1, 3)
    assert overlap_on(off, band(day_kinds=("restday",), weekdays=(1,))) is None


def test_a_band_that_holds_on_no_day_is_known() -> None:
    assert first_day(band(months=(2,), month_days=(30, 31))) is None
    assert first_day(band(weekdays=(1,), day_kinds=("restday", "adjusted_workday"))) is None
    assert first_day(band(years=(2026,), weekdays=(7,))) == date(2026, 1, 4)


def holds_on(each: Band, day: date, kind: str) -> bool:
    return kind in possible_kinds(day) and all(
        chosen is None or value in chosen
        for chosen, value in (
            (each.weekdays, day.isoweekday()),
            (each.months, day.month),
            (each.month_days, day.day),
            (each.years, day.year),
            (each.day_kinds, kind),
        )
    )


def overlap_by_search(one: Band, other: Band) -> date | None:
    """Look at every day, every kind that it and the day before may have, and every border."""
    borders = [0, one.from_ms, other.from_ms]

    def is_in(each: Band, clock_ms: int, today: bool, before: bool) -> bool:
        if each.from_ms < each.until_ms:
            return today and each.from_ms <= clock_ms < each.until_ms
        return (today and clock_ms >= each.from_ms) or (before and clock_ms < each.until_ms)

    for day in DAYS:
        for kind in DAY_KINDS:
            today = [holds_on(each, day, kind) for each in (one, other)]
            for kind_before in DAY_KINDS:
                before = [holds_on(each, day - DAY, kind_before) for each in (one, other)]
                if (any(today) or all(before)) and any(
                    is_in(one, clock_ms, today[0], before[0])
                    and is_in(other, clock_ms, today[1], before[1])
                    for clock_ms in borders
                ):
                    return day
    return None


CLOCKS = st.sampled_from([0, 7 * HOUR_MS, 12 * HOUR_MS, 18 * HOUR_MS])
BANDS = st.builds(
    band,
    weekdays=st.sampled_from([None, (1, 2, 3), (5,), (6, 7)]),
    months=st.sampled_from([None, (2,), (1, 12)]),
    month_days=st.sampled_from([None, (29,), (1, 31)]),
    years=st.sampled_from([None, (2001,), (2003, 2004)]),
    from_ms=CLOCKS,
    until_ms=CLOCKS.map(lambda clock_ms: clock_ms or DAY_MS),
    day_kinds=st.sampled_from(
        [None, ("holiday",), ("workday",), ("restday", "adjusted_workday"), DAY_KINDS]
    ),
)


@settings(max_examples=25, deadline=None)
@given(one=BANDS, other=BANDS)
def test_an_overlap_is_found_exactly_where_a_search_finds_it(one: Band, other: Band) -> None:
    found = overlap_on(one, other)
    assert found == overlap_on(other, one)
    # A night of 31 December 1999 lies before all the days there are.
    searched = overlap_by_search(one, other)
    assert found == searched or searched == DAYS[0]
