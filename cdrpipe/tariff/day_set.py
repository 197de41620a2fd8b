"""Sets of days as integers: one bit a day, over all days from 2000 to 2099.

The hundred years have every kind of year (both lengths, each beginning on every weekday) and every
neighbourhood of two, so that what is decided over them holds for ever where no year is named. The
one thing taken on trust is the calendar: a day may be of any kind that its weekday allows, whatever
the notices of its year say.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache

from cdrpipe.numbering.calendar import possible_kinds
from cdrpipe.tariff.rate_plan import Band

YEAR_MIN = 2000
YEAR_MAX = 2099

_FIRST_DAY = date(YEAR_MIN, 1, 1)
_DAY_COUNT = (date(YEAR_MAX + 1, 1, 1) - _FIRST_DAY).days
_EVERY_DAY = (1 << _DAY_COUNT) - 1


def days_of_band(band: Band) -> int:
    """Give the days on which the band's lists let it begin, kinds of days apart."""
    days = _EVERY_DAY
    for days_of, chosen in (
        (_days_of_weekday, band.weekdays),
        (_days_of_month, band.months),
        (_days_of_month_day, band.month_days),
        (_days_of_year, band.years),
    ):
        if chosen is not None:
            days &= _union(days_of(number) for number in chosen)
    if band.dates is not None:
        days &= _union(days_between(first, until) for first, until in band.dates)
    return days


@cache
def days_of_kind(kind: str) -> int:
    """Give the days that may be of a kind."""
    monday = date(YEAR_MIN, 1, 3)
    return _union(
        _days_of_weekday(day.isoweekday())
        for day in (monday + timedelta(days=index) for index in range(7))
        if kind in possible_kinds(day)
    )


def days_between(first: date, until: date) -> int:
    """Give the days from the first until before the last."""
    start = max((first - _FIRST_DAY).days, 0)
    end = min((until - _FIRST_DAY).days, _DAY_COUNT)
    return (1 << end) - (1 << start) if start < end else 0


def first_of(days: int) -> date | None:
    """Give the first day of a set; None where it is empty."""
    if not days:
        return None
    index = (days & -days).bit_length() - 1
    return _FIRST_DAY + timedelta(days=index)


def _union(sets: Iterable[int]) -> int:
    days = 0
    for each in sets:
        days |= each
    return days


@cache
def _days_of_weekday(weekday: int) -> int:
    first = (weekday - _FIRST_DAY.isoweekday()) % 7
    digits = bytearray(b"0") * _DAY_COUNT
    digits[first::7] = b"1" * len(digits[first::7])
    return int(digits[::-1], 2)


@cache
def _days_of_month(month: int) -> int:
    return _union(
        days_between(date(year, month, 1), date(year + month // 12, month % 12 + 1, 1))
        for year in range(YEAR_MIN, YEAR_MAX + 1)
    )


@cache
def _days_of_month_day(month_day: int) -> int:
    digit_of_number = bytearray(b"0") * 256
    digit_of_number[month_day] = ord("1")
    return int(_month_days().translate(digit_of_number)[::-1], 2)


@cache
def _month_days() -> bytes:
    """Give the day of the month of every day there is."""
    return bytes((_FIRST_DAY + timedelta(days=index)).day for index in range(_DAY_COUNT))


def _days_of_year(year: int) -> int:
    return days_between(date(year, 1, 1), date(year + 1, 1, 1))
