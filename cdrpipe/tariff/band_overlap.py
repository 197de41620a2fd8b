"""Whether two bands can hold at one instant: decided exactly over all days there are."""

from datetime import date

from cdrpipe.numbering.calendar import DAY_KINDS
from cdrpipe.tariff.day_set import days_of_band, days_of_kind, first_of
from cdrpipe.tariff.rate_plan import DAY_MS, Band


def overlap_on(one: Band, other: Band) -> date | None:
    """Find a day on which some instant is in both bands; None where no day has one."""
    days = 0
    for one_shift, one_from_ms, one_until_ms in _parts(one):
        for other_shift, other_from_ms, other_until_ms in _parts(other):
            if max(one_from_ms, other_from_ms) < min(one_until_ms, other_until_ms):
                days |= _shared_days(one, one_shift, other, other_shift)
    return first_of(days)


def first_day(band: Band) -> date | None:
    """Find the first day on which the band can begin; None where it never does."""
    days = 0
    for kind in band.day_kinds or DAY_KINDS:
        days |= days_of_band(band) & days_of_kind(kind)
    return first_of(days)


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
        shared |= days_of_band(one) & days_of_band(other) & days_of_kind(kind)
    return shared << one_shift


def _possible_days(band: Band) -> int:
    days = 0
    for kind in band.day_kinds or DAY_KINDS:
        days |= days_of_kind(kind)
    return days & days_of_band(band)
