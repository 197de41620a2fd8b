from datetime import date, timedelta

import chinese_calendar
import holidays
import pytest

from cdrpipe.errors import TariffError
from cdrpipe.intake.calendar_data import load_calendars
from cdrpipe.numbering.calendar import (
    DAY_KINDS,
    build_calendars,
    day_kind,
    parse_calendar,
    possible_kinds,
)

HEADER = "calendar,date,kind,name,source,published_on\n"
NOTICE = ",元旦,notice 1,2026-11-10\n"
CN = load_calendars()["cn"]
DAYS = [date(2020, 1, 1) + timedelta(days=index) for index in range(7 * 365 + 2)]


def calendar_of(*rows: str):
    return build_calendars(parse_calendar(HEADER + "".join(rows), file="c.csv"))["cn"]


def faults_of(text: str) -> list[tuple[str, str]]:
    with pytest.raises(TariffError) as caught:
        parse_calendar(text, file="c.csv")
    return [(fault.where.removeprefix("c.csv:"), fault.message) for fault in caught.value.faults]


def test_the_days_tried_are_all_of_2020_to_2026() -> None:
    assert (DAYS[0], DAYS[-1]) == (date(2020, 1, 1), date(2026, 12, 31))


def test_chinesecalendar_agrees_on_every_day() -> None:
    for day in DAYS:
        is_off, name = chinese_calendar.get_holiday_detail(day)
        expected = {
            (True, False): "restday",
            (True, True): "holiday",
            (False, False): "workday",
            (False, True): "adjusted_workday",
        }[is_off, name is not None]
        assert day_kind(CN, day) == expected, day


def test_holidays_agrees_on_every_day() -> None:
    other = holidays.country_holidays("CN", years=range(2020, 2027))
    for day in DAYS:
        works = day_kind(CN, day) in ("workday", "adjusted_workday")
        assert works == other.is_working_day(day), day


def test_the_packaged_calendar_confirms_2020_to_2026_and_no_other_year() -> None:
    assert CN.confirmed_years == frozenset(range(2020, 2027))
    assert day_kind(CN, date(2019, 12, 31)) is None
    assert day_kind(CN, date(2027, 1, 1)) is None


def test_the_spring_festival_of_2020_is_the_extended_one() -> None:
    # 国办发明电〔2020〕1号: to 2 February; 1 February had been a worked Saturday.
    kinds = [day_kind(CN, date(2020, 2, day)) for day in (1, 2, 3)]
    assert kinds == ["holiday", "holiday", "workday"]


def test_every_kind_of_day_is_one_its_weekday_allows() -> None:
    assert set(DAY_KINDS) == {kind for day in DAYS[:7] for kind in possible_kinds(day)}
    for day in DAYS:
        assert day_kind(CN, day) in possible_kinds(day)


def test_a_year_is_confirmed_by_its_own_row_only() -> None:
    holiday = "cn,2027-01-01,holiday" + NOTICE
    assert day_kind(calendar_of(holiday), date(2027, 1, 1)) is None
    whole = calendar_of(holiday, "cn,2027,confirmed" + NOTICE)
    assert day_kind(whole, date(2027, 1, 1)) == "holiday"
    assert day_kind(whole, date(2027, 1, 2)) == "restday"
    assert day_kind(whole, date(2027, 1, 4)) == "workday"


def test_a_later_row_takes_a_day_back() -> None:
    rows = [
        *parse_calendar(HEADER + "cn,2027-01-01,holiday" + NOTICE, file="a"),
        *parse_calendar(HEADER + "cn,2027-01-01,workday" + NOTICE, file="b"),
        *parse_calendar(HEADER + "cn,2027,confirmed" + NOTICE, file="c"),
    ]
    calendar = build_calendars(rows)["cn"]
    assert day_kind(calendar, date(2027, 1, 1)) == "workday"
    assert calendar.days == {}


def test_a_version_names_the_newest_notice_and_changes_with_the_content_alone() -> None:
    one = calendar_of("cn,2027-01-01,holiday" + NOTICE, "cn,2027,confirmed" + NOTICE)
    same = calendar_of("cn,2027,confirmed" + NOTICE, "cn,2027-01-01,holiday" + NOTICE)
    other = calendar_of("cn,2027-01-04,holiday" + NOTICE, "cn,2027,confirmed" + NOTICE)
    assert one.version.startswith("2026-11-10 ")
    assert one.version == same.version != other.version


def test_every_fault_of_a_calendar_is_told_with_its_line() -> None:
    text = (
        HEADER
        + "cn,2027-01-01,holiday,元旦,notice 1\n"
        + "CN!,2027-02-30,holyday,,,yesterday\n"
        + "\n"
        + "cn,2027-01-04,adjusted_workday"
        + NOTICE
        + "cn,2027-01-02,workday"
        + NOTICE
        + "cn,2027-01-01,confirmed"
        + NOTICE
        + "cn,2027-01-03,holiday"
        + NOTICE
        + "cn,2027-01-03,restday"
        + NOTICE
    )
    assert faults_of(text) == [
        ("2", "expected 6 fields, got 5"),
        ("3", "`calendar`: expected a short name such as cn, got 'CN!'"),
        ("3", "`published_on`: expected a date such as 2025-11-04, got 'yesterday'"),
        ("3", "`source` is missing: name the notice that says so"),
        (
            "3",
            "`kind`: expected one of workday, restday, holiday, adjusted_workday, confirmed, "
            "got 'holyday'",
        ),
        ("3", "`date`: expected a date such as 2026-10-01, got '2027-02-30'"),
        ("5", "`kind`: 2027-01-04 is a Monday and cannot be of kind adjusted_workday"),
        ("6", "`kind`: 2027-01-02 is a Saturday and cannot be of kind workday"),
        (
            "7",
            "`date`: expected a year such as 2026 in a row of kind confirmed, got '2027-01-01'",
        ),
        ("9", "2027-01-03 stands in line 8 too"),
    ]


def test_another_header_is_refused() -> None:
    assert faults_of("date,kind\n") == [
        ("1", f"expected the header {HEADER.strip()}, got 'date,kind'")
    ]


def test_a_file_without_end_is_read_no_further(monkeypatch) -> None:
    monkeypatch.setattr("cdrpipe.numbering.calendar.CALENDAR_ROWS_MAX", 2)
    text = HEADER + "".join(f"cn,2027-01-0{day},holiday{NOTICE}" for day in (1, 2))
    with pytest.raises(TariffError, match="1 fault") as caught:
        parse_calendar(text, file="c.csv")
    assert caught.value.faults[0].message == "expected at most 2 rows"
