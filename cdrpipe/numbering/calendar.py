"""Which days are holidays, and which days off are worked: calendars by which tariffs tell days.

A calendar knows the years whose public notice it holds whole. Of another year it says nothing: a
call whose price depends on it waits (``CALENDAR_YEAR_UNCONFIRMED``). Reading the packaged data and
an operator's files is ``intake/calendar_data.py``'s.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from cdrpipe.errors import Fault, TariffError

WORKDAY = "workday"  # Monday to Friday, and no holiday
RESTDAY = "restday"  # Saturday or Sunday, off and no holiday
HOLIDAY = "holiday"  # off by public notice, whatever the weekday
ADJUSTED_WORKDAY = "adjusted_workday"  # a Saturday or Sunday worked for a longer holiday
DAY_KINDS = (WORKDAY, RESTDAY, HOLIDAY, ADJUSTED_WORKDAY)

# A row of this kind bears a year as its date: all of the year's days are in the file.
CONFIRMED = "confirmed"

CALENDAR_COLUMNS = ("calendar", "date", "kind", "name", "source", "published_on")
CALENDAR_ROWS_MAX = 100_000

_KINDS_MONDAY_TO_FRIDAY = (WORKDAY, HOLIDAY)
_KINDS_AT_WEEKEND = (RESTDAY, HOLIDAY, ADJUSTED_WORKDAY)
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_YEAR = re.compile(r"20[0-9]{2}")
_SATURDAY = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The days of a country that differ from their weekday; the same content, the same version."""

    name: str
    version: str
    days: Mapping[date, str]  # the kind of every day whose weekday does not tell it
    confirmed_years: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarRow:
    """One line of a calendar file: a day, or (``day`` is None) a year that is whole."""

    calendar: str
    year: int
    day: date | None
    kind: str
    name: str  # of the holiday; empty where the row gives none
    source: str  # the notice that says so
    published_on: date


def day_kind(calendar: Calendar, day: date) -> str | None:
    """Tell what kind of day it is; None where the calendar does not confirm its year.

    >>> cn = Calendar(name="cn", version="", days={date(2026, 1, 4): ADJUSTED_WORKDAY},
    ...               confirmed_years=frozenset({2026}))
    >>> day_kind(cn, date(2026, 1, 4)), day_kind(cn, date(2026, 1, 5))
    ('adjusted_workday', 'workday')
    """
    if day.year not in calendar.confirmed_years:
        return None
    return calendar.days.get(day) or possible_kinds(day)[0]


def possible_kinds(day: date) -> tuple[str, ...]:
    """Give the kinds a day of this weekday may have; first what it is unless a notice differs."""
    return _KINDS_AT_WEEKEND if day.isoweekday() >= _SATURDAY else _KINDS_MONDAY_TO_FRIDAY


def build_calendars(rows: Iterable[CalendarRow]) -> dict[str, Calendar]:
    """Lay rows over each other, the later over the earlier, into calendars by name."""
    in_order = tuple(rows)
    names = dict.fromkeys(row.calendar for row in in_order)
    return {name: _build(name, [row for row in in_order if row.calendar == name]) for name in names}


def parse_calendar(text: str, *, file: str) -> tuple[CalendarRow, ...]:
    """Read a calendar file, and find all its faults at once.

    Parameters
    ----------
    text
        CSV with the header ``calendar,date,kind,name,source,published_on``. ``kind`` is ``holiday``
        or ``adjusted_workday``; ``workday`` and ``restday`` take a day of an earlier file back. A
        row of kind ``confirmed`` has a year as its date and says that the year is whole.
    file
        Name of the file, for messages.

    Raises
    ------
    TariffError
        With every fault and its line.
    """
    reader = csv.reader(text.removeprefix("\ufeff").splitlines())
    header = next(reader, [])
    if tuple(header) != CALENDAR_COLUMNS:
        found = ",".join(header)[:80]
        message = f"expected the header {','.join(CALENDAR_COLUMNS)}, got {found!r}"
        raise _refusal([Fault(message, where=f"{file}:1")])
    faults: list[Fault] = []
    rows = []
    line_of: dict[tuple[str, str], int] = {}
    for fields in reader:
        if not fields:
            continue
        line = reader.line_num
        if line > CALENDAR_ROWS_MAX:
            faults.append(Fault(f"expected at most {CALENDAR_ROWS_MAX} rows", where=file))
            break
        row, messages = _read_row([field.strip() for field in fields])
        first_line = line_of.setdefault((fields[0], fields[1]), line) if row else line
        if first_line != line:
            messages = [f"{fields[1].strip()} stands in line {first_line} too"]
        faults += [Fault(message, where=f"{file}:{line}") for message in messages]
        if row:
            rows.append(row)
    if faults:
        raise _refusal(faults)
    return tuple(rows)


def _build(name: str, rows: list[CalendarRow]) -> Calendar:
    kinds = {row.day: row.kind for row in rows if row.day is not None}
    days = {day: kind for day, kind in sorted(kinds.items()) if kind != possible_kinds(day)[0]}
    confirmed_years = frozenset(row.year for row in rows if row.day is None)
    content = repr((sorted(days.items()), sorted(confirmed_years)))
    published_on = max(row.published_on for row in rows)
    return Calendar(
        name=name,
        version=f"{published_on.isoformat()} {sha256(content.encode()).hexdigest()[:8]}",
        days=days,
        confirmed_years=confirmed_years,
    )


def _read_row(fields: list[str]) -> tuple[CalendarRow | None, list[str]]:
    """Read one row, or say all that is wrong with it."""
    if len(fields) != len(CALENDAR_COLUMNS):
        return None, [f"expected {len(CALENDAR_COLUMNS)} fields, got {len(fields)}"]
    calendar, written_day, kind, name, source, published = fields
    messages = []
    if _NAME.fullmatch(calendar) is None:
        messages.append(f"`calendar`: expected a short name such as cn, got {calendar!r}")
    published_on = _date_of(published)
    if published_on is None:
        messages.append(f"`published_on`: expected a date such as 2025-11-04, got {published!r}")
    if not source:
        messages.append("`source` is missing: name the notice that says so")
    read_when = _read_year if kind == CONFIRMED else _read_day
    when = read_when(written_day, kind, messages.append)
    if messages or when is None or published_on is None:
        return None, messages
    year, day = when
    row = CalendarRow(
        calendar=calendar,
        year=year,
        day=day,
        kind=kind,
        name=name,
        source=source,
        published_on=published_on,
    )
    return row, []


def _read_year(
    written: str, _kind: str, note: Callable[[str], object]
) -> tuple[int, date | None] | None:
    if _YEAR.fullmatch(written) is None:
        note(f"`date`: expected a year such as 2026 in a row of kind confirmed, got {written!r}")
        return None
    return int(written), None


def _read_day(
    written: str, kind: str, note: Callable[[str], object]
) -> tuple[int, date | None] | None:
    day = _date_of(written)
    if kind not in DAY_KINDS:
        note(f"`kind`: expected one of {', '.join((*DAY_KINDS, CONFIRMED))}, got {kind!r}")
    elif day is not None and kind not in possible_kinds(day):
        note(f"`kind`: {written} is a {day:%A} and cannot be of kind {kind}")
    if day is None:
        note(f"`date`: expected a date such as 2026-10-01, got {written!r}")
        return None
    return day.year, day


def _date_of(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if len(written) == len("2026-01-01") else None
    except ValueError:
        return None


def _refusal(faults: list[Fault]) -> TariffError:
    return TariffError(
        f"expected a calendar, got {len(faults)} fault{'s' * (len(faults) != 1)}",
        faults=tuple(faults),
        where=faults[0].where,
        hint="Mend the lines named; nothing of the file is in force.",
    )
