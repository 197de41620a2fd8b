"""Whether two bands can hold at one instant: decided exactly over all days from 2000 to 2099.

A set of days is one integer with a bit a day. The hundred years have every kind of year (both
lengths, each beginning on every weekday) and every neighbourhood of two, so that bands that name
no year are compared for ever. The one thing taken on trust is the calendar: a day may be of any
kind that its weekday allows, whatever the notices of its year say.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache

from cdrpipe.numbering.calendar import DAY_KINDS, possible_kinds
from cdrpipe.tariff.rate_plan import DAY_MS, Band

YEAR_MIN = 2000
YEAR_MAX = 2099

_FIRST_DAY = date(YEAR_MIN, 1, 1)
_DAY_COUNT = (date(YEAR_MAX + 1, 1, 1) - _FIRST_DAY).days
_EVERY_DAY = (1 << _DAY_COUNT) - 1


def overlap_on(one: Band, other: Band) -> date | None:
    """Find a day on which some instant is in both bands; None where no day has one."""
    days = 0
    for one_shift, one_from_ms, one_until_ms in _parts(one):
        for other_shift, other_from_ms, other_until_ms in _parts(other):
            if max(one_from_ms, other_from_ms) < min(one_until_ms, other_until_ms):
                days |= _shared_days(one, one_shift, other, other_shift)
    return _first_day(days)


def first_day(band: Band) -> date | None:
    """Find the first day on which the band can begin; None where it never does."""
    days = 0
    for kind in band.day_kinds or DAY_KINDS:
        days |= _days(band) & _days_of_kind(kind)
    return _first_day(days)


def _parts(band: Band) -> list[tuple[int, int, int]]:
    """Cut a band at midnight: how many days after its beginning a part lies, and from when to when.

    A band that holds from midnight of its second day on begins before, so it has two parts.
    """
    if not band.is_over_midnight:
        return [(0, band.from_ms, band.until_ms)]
    return [(0, band.from_ms, DAY_MS), (1, 0, band.until_ms)]


def _shared_days(one: Band, one_shift: int, other: Band, other_shift: int) -> int:
    """Find the days on which a part of both lies, each part begun by its shift of days before."""
    if one_shift != other_shift:
        return (_possible_days(one) << one_shift) & (_possible_days(other) << other_shift)
    shared = 0
    for kind in set(one.day_kinds or DAY_KINDS) & set(other.day_kinds or DAY_KINDS):
        shared |= _days(one) & _days(other) & _days_of_kind(kind)
    return shared << one_shift


def _possible_days(band: Band) -> int:
    days = 0
    for kind in band.day_kinds or DAY_KINDS:
        days |= _days_of_kind(kind)
    return days & _days(band)


def _days(band: Band) -> int:
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
        days &= _union(_range(first, until) for first, until in band.dates)
    return days


def _union(sets: Iterable[int]) -> int:
    days = 0
    for each in sets:
        days |= each
    return days


def _range(first: date, until: date) -> int:
    start = max((first - _FIRST_DAY).days, 0)
    end = min((until - _FIRST_DAY).days, _DAY_COUNT)
    return (1 << end) - (1 << start) if start < end else 0


@cache
def _days_of_weekday(weekday: int) -> int:
    first = (weekday - _FIRST_DAY.isoweekday()) % 7
    digits = bytearray(b"0") * _DAY_COUNT
    digits[first::7] = b"1" * len(digits[first::7])
    return int(digits[::-1], 2)


@cache
def _days_of_month(month: int) -> int:
    return _union(
        _range(date(year, month, 1), date(year + month // 12, month % 12 + 1, 1))
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
    return _range(date(year, 1, 1), date(year + 1, 1, 1))


@cache
def _days_of_kind(kind: str) -> int:
    monday = date(YEAR_MIN, 1, 3)
    return _union(
        _days_of_weekday(day.isoweekday())
        for day in (monday + timedelta(days=index) for index in range(7))
        if kind in possible_kinds(day)
    )


def _first_day(days: int) -> date | None:
    if not days:
        return None
    index = (days & -days).bit_length() - 1
    return _FIRST_DAY + timedelta(days=index)
