"""Which band an instant lies in, and when that changes: the one place that knows local time.

A band is read by the clock and the date that the tariff's zone shows at the instant, never the
host's. Where that clock jumps, an hour that it shows twice is in the band twice, and one that it
skips never. A border of bands is a UTC instant here; callers compare instants only.

Source: domain rule 5.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.numbering.calendar import Calendar, day_kind, possible_kinds
from cdrpipe.tariff.rate_plan import DAY_MS, Band

# Positions that stand for no band: none is active, or which one is depends on a kind of day that
# no calendar confirms.
NO_BAND = -1
UNCONFIRMED = -2

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)


def active_band(
    bands: Sequence[Band], instant_us: int, tz: str, calendar: Calendar | None
) -> Band | SuspenseReason | None:
    """Find the active band of the highest priority; None where none is active.

    ``CALENDAR_YEAR_UNCONFIRMED`` where it depends on the kind of a day in a year that the calendar
    does not confirm, and only there.
    """
    index = active_index(bands, instant_us, tz, calendar)
    if index == UNCONFIRMED:
        return SuspenseReason.CALENDAR_YEAR_UNCONFIRMED
    return None if index == NO_BAND else bands[index]


def active_index(bands: Sequence[Band], instant_us: int, tz: str, calendar: Calendar | None) -> int:
    """Find the position in ``bands`` of the active one; NO_BAND or UNCONFIRMED."""
    local = _local(instant_us, ZoneInfo(tz))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    clock_us = (local.replace(tzinfo=None) - midnight) // _MICROSECOND
    return _winner(bands, local.date(), clock_us, calendar)


def next_change_us(
    bands: Sequence[Band], instant_us: int, tz: str, calendar: Calendar | None
) -> int:
    """Find the first instant after this one at which another band may become the active one.

    At the latest the next local midnight or jump of the clock; the active band may stay the same.
    """
    del calendar  # Kinds of days change at midnight, which is a border anyway.
    zone = ZoneInfo(tz)
    borders_ms = _borders_ms(bands)
    today = _local(instant_us, zone).date()
    return min(
        border_us
        for day in (today - _DAY, today, today + _DAY)
        for border_us in _border_instants(borders_ms, day, zone)
        if border_us > instant_us
    )


def band_timeline(
    bands: Sequence[Band], from_us: int, until_us: int, tz: str, calendar: Calendar | None
) -> list[tuple[int, int]]:
    """List when which band becomes active in [``from_us``, ``until_us``).

    Returns
    -------
    Ascending instants, the first ``from_us``, each with the position in ``bands`` of the band that
    is active from then on, NO_BAND or UNCONFIRMED; neighbours differ. Empty where the range is.

    Notes
    -----
    Cost: some ten microseconds a day.
    """
    if from_us >= until_us:
        return []
    timeline = [(from_us, active_index(bands, from_us, tz, calendar))]
    for border_us, index in _changes(bands, from_us, until_us, tz, calendar):
        if from_us < border_us < until_us and index != timeline[-1][1]:
            timeline.append((border_us, index))
    return timeline


def _changes(
    bands: Sequence[Band], from_us: int, until_us: int, tz: str, calendar: Calendar | None
) -> Iterator[tuple[int, int]]:
    """Give every border of the local days around a range, ascending, and what begins there."""
    zone = ZoneInfo(tz)
    borders_ms = _borders_ms(bands)
    day = _local(from_us, zone).date() - _DAY
    last_day = _local(until_us, zone).date() + _DAY
    while day <= last_day:
        if _is_plain(day, zone):
            midnight_us = _midnight_us(day, zone)
            for border_ms in borders_ms:
                border_us = border_ms * 1_000
                yield midnight_us + border_us, _winner(bands, day, border_us, calendar)
        else:
            for border_us in _border_instants(borders_ms, day, zone):
                yield border_us, active_index(bands, border_us, tz, calendar)
        day += _DAY


def _winner(bands: Sequence[Band], day: date, clock_us: int, calendar: Calendar | None) -> int:
    """Find the winner at a time of a local day, under every kind the days may have."""
    if all(band.day_kinds is None for band in bands):
        return _winner_by_kinds(bands, day, clock_us, None, None)
    winners = {
        _winner_by_kinds(bands, day, clock_us, kind, kind_before)
        for kind in _kinds(day, calendar)
        for kind_before in _kinds(day - _DAY, calendar)
    }
    return winners.pop() if len(winners) == 1 else UNCONFIRMED


def _kinds(day: date, calendar: Calendar | None) -> tuple[str, ...]:
    kind = None if calendar is None else day_kind(calendar, day)
    return possible_kinds(day) if kind is None else (kind,)


def _winner_by_kinds(
    bands: Sequence[Band], day: date, clock_us: int, kind: str | None, kind_before: str | None
) -> int:
    best = NO_BAND
    for index, band in enumerate(bands):
        is_better = best == NO_BAND or band.priority > bands[best].priority
        if is_better and _is_active(band, day, clock_us, kind, kind_before):
            best = index
    return best


def _is_active(
    band: Band, day: date, clock_us: int, kind: str | None, kind_before: str | None
) -> bool:
    """Tell whether the band holds at this time of the day, begun on it or on the day before."""
    is_begun, is_ended = clock_us >= band.from_ms * 1_000, clock_us >= band.until_ms * 1_000
    if not band.is_over_midnight:
        return is_begun and not is_ended and _begins_on(band, day, kind)
    return (is_begun and _begins_on(band, day, kind)) or (
        not is_ended and _begins_on(band, day - _DAY, kind_before)
    )


def _begins_on(band: Band, day: date, kind: str | None) -> bool:
    return (
        (band.weekdays is None or day.isoweekday() in band.weekdays)
        and (band.months is None or day.month in band.months)
        and (band.month_days is None or day.day in band.month_days)
        and (band.years is None or day.year in band.years)
        and (band.dates is None or any(first <= day < until for first, until in band.dates))
        and (band.day_kinds is None or kind in band.day_kinds)
    )


def _borders_ms(bands: Sequence[Band]) -> list[int]:
    """Give the times of day at which any band begins or ends, midnight always among them."""
    times = {0} | {band.from_ms for band in bands} | {band.until_ms for band in bands}
    return sorted(times - {DAY_MS})


def _border_instants(borders_ms: Sequence[int], day: date, zone: ZoneInfo) -> list[int]:
    """Give, ascending, the instants of a local day at which its clock shows a border or jumps."""
    start_us, end_us = _midnight_us(day, zone), _midnight_us(day + _DAY, zone)
    if _is_plain(day, zone):
        return [start_us + border_ms * 1_000 for border_ms in borders_ms]
    instants = {start_us, _jump_us(start_us, end_us, zone)}
    for shown_day in (day - _DAY, day, day + _DAY):
        midnight = datetime(shown_day.year, shown_day.month, shown_day.day, tzinfo=zone)
        for border_ms in borders_ms:
            shown = midnight + timedelta(milliseconds=border_ms)
            # An hour shown twice has two borders; of one that is skipped both are harmless.
            for fold in (0, 1):
                instants.add((shown.replace(fold=fold) - _EPOCH) // _MICROSECOND)
    return sorted(instant for instant in instants if start_us <= instant < end_us)


def _is_plain(day: date, zone: ZoneInfo) -> bool:
    """Tell whether the zone's clock runs through the day without a jump."""
    start_us, end_us = _midnight_us(day, zone), _midnight_us(day + _DAY, zone)
    # A day that the zone skipped whole begins and ends at one instant.
    is_whole = end_us - start_us == DAY_MS * 1_000
    return is_whole and _offset(start_us, zone) == _offset(end_us, zone)


def _jump_us(start_us: int, end_us: int, zone: ZoneInfo) -> int:
    """Find the instant at which the zone's offset changes between two that differ in it."""
    before = _offset(start_us, zone)
    while end_us - start_us > 1:
        middle_us = (start_us + end_us) // 2
        if _offset(middle_us, zone) == before:
            start_us = middle_us
        else:
            end_us = middle_us
    return end_us


def _offset(instant_us: int, zone: ZoneInfo) -> timedelta | None:
    return _local(instant_us, zone).utcoffset()


def _local(instant_us: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + timedelta(microseconds=instant_us)).astimezone(zone)


def _midnight_us(day: date, zone: ZoneInfo) -> int:
    return (datetime(day.year, day.month, day.day, tzinfo=zone) - _EPOCH) // _MICROSECOND
