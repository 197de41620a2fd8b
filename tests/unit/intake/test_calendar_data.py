from datetime import date
from pathlib import Path

import pytest

from cdrpipe.errors import InputError, TariffError
from cdrpipe.intake import calendar_data
from cdrpipe.intake.calendar_data import load_calendars
from cdrpipe.numbering.calendar import day_kind

HEADER = "calendar,date,kind,name,source,published_on\n"


def write(path: Path, rows: str) -> Path:
    path.write_text(HEADER + rows, encoding="utf-8")
    return path


def test_an_operators_file_adds_a_year_and_another_calendar(tmp_path: Path) -> None:
    path = write(
        tmp_path / "own.csv",
        "cn,2027,confirmed,,notice,2026-11-10\n"
        "cn,2027-01-01,holiday,元旦,notice,2026-11-10\n"
        "hk,2026,confirmed,,gazette,2025-05-01\n",
    )
    calendars = load_calendars([path])
    assert sorted(calendars) == ["cn", "hk"]
    assert day_kind(calendars["cn"], date(2027, 1, 1)) == "holiday"
    assert day_kind(calendars["cn"], date(2026, 1, 4)) == "adjusted_workday"
    assert calendars["cn"].version > load_calendars()["cn"].version


def test_a_later_file_lies_over_an_earlier_one(tmp_path: Path) -> None:
    one = write(tmp_path / "1.csv", "cn,2026-01-05,holiday,x,decree,2026-01-01\n")
    two = write(tmp_path / "2.csv", "cn,2026-01-05,workday,x,decree,2026-01-02\n")
    assert day_kind(load_calendars([one])["cn"], date(2026, 1, 5)) == "holiday"
    assert day_kind(load_calendars([one, two])["cn"], date(2026, 1, 5)) == "workday"


def test_a_file_that_is_away_is_no_text_or_is_too_large_is_told(
    tmp_path: Path, monkeypatch
) -> None:
    with pytest.raises(InputError, match="No such file") as caught:
        load_calendars([tmp_path / "none.csv"])
    assert caught.value.code == "CALENDAR_UNREADABLE"
    (tmp_path / "gbk.csv").write_bytes("元旦".encode("gbk"))
    with pytest.raises(InputError, match="UTF-8"):
        load_calendars([tmp_path / "gbk.csv"])
    monkeypatch.setattr(calendar_data, "CALENDAR_FILE_BYTES_MAX", 10)
    with pytest.raises(InputError, match="at most 10 bytes"):
        load_calendars([write(tmp_path / "large.csv", "")])


def test_a_faulty_file_is_refused_with_its_name(tmp_path: Path) -> None:
    path = write(tmp_path / "own.csv", "cn,2027-13-01,holiday,x,notice,2026-11-10\n")
    with pytest.raises(TariffError) as caught:
        load_calendars([path])
    assert caught.value.where == f"{path}:2"
