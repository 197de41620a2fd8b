"""``cdrpipe calendar``: years, days and faults of calendars."""

import json
from pathlib import Path

HEADER = "calendar,date,kind,name,source,published_on\n"
OWN = (
    "cn,2026-10-01,workday,国庆节,our own,2026-01-02\n"
    "hk,2026-07-01,holiday,回归日,gazette,2025-06-01\n"
    "hk,2026,confirmed,,gazette,2025-06-01\n"
)


def rows_of(ended):
    return json.loads(ended.out)["rows"]


def test_years_are_listed_with_their_days_and_whether_they_are_confirmed(cdrpipe):
    Path("own.csv").write_text(HEADER + OWN, encoding="utf-8")
    rows = rows_of(cdrpipe("calendar", "list", "--set", "calendar_files=own.csv", "--json"))
    by_year = {(row["calendar"], row["year"]): row for row in rows}
    # 国办发明电〔2025〕7号: 33 days off and 6 days worked in 2026; one of them is taken back here.
    assert by_year["cn", 2026]["holidays"] == 33 - 1
    assert by_year["cn", 2026]["adjusted_workdays"] == 6
    assert by_year["cn", 2026]["confirmed"] is True
    assert by_year["hk", 2026]["holidays"] == 1
    assert ("cn", 2030) not in by_year


def test_the_days_of_a_year_are_shown_with_the_notice_that_says_so(cdrpipe):
    rows = rows_of(cdrpipe("calendar", "show", "2026", "--json"))
    assert rows[0] == {
        "date": "2026-01-01", "weekday": 4, "kind": "holiday", "name": "元旦",
        "source": "国办发明电〔2025〕7号", "published_on": "2025-11-04",
    }  # fmt: skip
    assert {row["date"]: row["kind"] for row in rows}["2026-01-04"] == "adjusted_workday"


def test_a_day_taken_back_is_shown_no_more(cdrpipe):
    Path("own.csv").write_text(HEADER + OWN, encoding="utf-8")
    own = ("--set", "calendar_files=own.csv")
    assert "2026-10-01" in cdrpipe("calendar", "show", "2026").out
    assert "2026-10-01" not in cdrpipe("calendar", "show", "2026", *own).out
    [row] = rows_of(cdrpipe("calendar", "show", "2026", "--calendar", "hk", *own, "--json"))
    assert (row["date"], row["name"]) == ("2026-07-01", "回归日")


def test_a_year_without_days_has_the_header_all_the_same(cdrpipe):
    ended = cdrpipe("calendar", "show", "2050", "-o", "csv")
    assert ended.out == "date,weekday,kind,name,source,published_on\n"


def test_a_year_that_is_not_confirmed_is_told(cdrpipe):
    ended = cdrpipe("calendar", "show", "2050")
    assert (ended.code, ended.err) == (0, "the calendar cn does not confirm 2050\n")


def test_an_unknown_calendar_is_told_with_those_there_are(cdrpipe):
    ended = cdrpipe("calendar", "show", "2026", "--calendar", "xx")
    assert ended.code == 3
    assert "[CALENDAR_UNKNOWN]" in ended.err
    assert "there is cn" in ended.err


def test_all_faults_of_a_file_are_told_with_their_lines(cdrpipe):
    wrong = "cn,2026-02-30,holiday,x,y,2026-01-01\ncn,2026-03-02,restday,x,y,2026-01-01\n"
    Path("own.csv").write_text(HEADER + OWN + wrong, encoding="utf-8")
    ended = cdrpipe("calendar", "check", "own.csv", "--json")
    assert ended.code == 1
    # The header is line 1, and three right lines follow.
    assert [row["where"] for row in rows_of(ended)] == ["own.csv:5", "own.csv:6"]


def test_a_right_file_ends_with_0_and_none_with_3(cdrpipe):
    Path("own.csv").write_text(HEADER + OWN, encoding="utf-8")
    ended = cdrpipe("calendar", "check", "own.csv")
    assert (ended.code, ended.err) == (0, "nothing found\n")
    ended = cdrpipe("calendar", "check", "lost.csv")
    assert ended.code == 3
    assert "[CALENDAR_UNREADABLE]" in ended.err
