"""The ``[[band]]`` sections of a rate plan: named sets of instants, by which rates differ."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from cdrpipe.numbering.calendar import DAY_KINDS
from cdrpipe.tariff.band_overlap import first_day
from cdrpipe.tariff.day_set import YEAR_MAX, YEAR_MIN
from cdrpipe.tariff.rate_plan import DAY_MS, Band
from cdrpipe.tariff.toml_table import TomlTable

PRIORITY_MAX = 1_000_000

_WEEKDAYS = {
    word: number
    for number, words in enumerate(
        (
            ("mon", "monday", "周一"),
            ("tue", "tuesday", "周二"),
            ("wed", "wednesday", "周三"),
            ("thu", "thursday", "周四"),
            ("fri", "friday", "周五"),
            ("sat", "saturday", "周六"),
            ("sun", "sunday", "周日"),
        ),
        start=1,
    )
    for word in words
}
_CLOCK = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]{1,3}))?)?")
_RANGE = re.compile(r"([^-/]+)-([^-/]+)")
_DAY = timedelta(days=1)


def read_bands(version: TomlTable) -> dict[str, Band | None]:
    """Read all bands of a version by name; None stands for a faulty one, so that it is known."""
    bands: dict[str, Band | None] = {}
    for section in version.tables("band"):
        section.require("name")
        name = section.text("name")
        if name in bands:
            section.fault("name", f'the band "{name}" is defined above too', code="NAME_TWICE")
        band = _read_band(section, name or "")
        if name is not None:
            bands[name] = band
    if any(band.day_kinds for band in bands.values() if band) and "calendar" not in version:
        version.fault(
            None,
            "a band names `day_kinds`, and the plan names no `calendar`",
            code="KEY_MISSING",
            hint='say in which calendar the kinds are read, such as calendar = "cn"',
        )
    return bands


def _read_band(section: TomlTable, name: str) -> Band | None:
    """Read one band, or note what is wrong with it and give None."""
    faults_before = len(section.faults)
    priority = section.whole("priority", least=-PRIORITY_MAX, most=PRIORITY_MAX)
    from_ms, until_ms = _read_clocks(section)
    band = Band(
        name=name,
        priority=priority or 0,
        weekdays=_read_numbers(section, "weekdays", least=1, most=7, words=_WEEKDAYS),
        months=_read_numbers(section, "months", least=1, most=12),
        month_days=_read_numbers(section, "month_days", least=1, most=31),
        years=_read_numbers(section, "years", least=YEAR_MIN, most=YEAR_MAX, wraps=False),
        from_ms=from_ms,
        until_ms=until_ms,
        dates=_read_dates(section),
        day_kinds=_read_day_kinds(section),
    )
    section.refuse_unknown()
    if len(section.faults) > faults_before:
        return None
    if first_day(band) is None:
        message = f'the band "{name}" holds on no day: its lists share none'
        section.fault(None, message, code="BAND_EMPTY")
        return None
    return band


def _read_clocks(section: TomlTable) -> tuple[int, int]:
    """Read when the band begins and ends; left out: the whole day."""
    from_ms, until_ms = _read_clock(section, "from"), _read_clock(section, "until")
    if from_ms == DAY_MS:
        section.fault("from", '`from`: a band begins before "24:00"', code="VALUE_WRONG")
    elif from_ms is not None and from_ms == until_ms and until_ms != 0:
        message = "`until` is `from`: the band has no length"
        section.fault("until", message, code="BAND_EMPTY")
    # Midnight as an end is that of the day itself, however it is written.
    return from_ms or 0, until_ms or DAY_MS


def _read_clock(section: TomlTable, key: str) -> int | None:
    value = section.peek(key)
    text = value.isoformat() if isinstance(value, time) else value
    match = _CLOCK.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        if value is not None:
            section.wrong(key, 'a time of day such as "18:00"', value)
        return None
    hours, minutes, seconds, fraction = match.groups()
    second_of_day = int(hours) * 3_600 + int(minutes) * 60 + int(seconds or 0)
    clock_ms = second_of_day * 1_000 + int((fraction or "").ljust(3, "0"))
    if clock_ms > DAY_MS:
        section.wrong(key, 'a time of day up to "24:00"', value)
        return None
    return clock_ms


def _read_numbers(
    section: TomlTable,
    key: str,
    *,
    least: int,
    most: int,
    words: Mapping[str, int] | None = None,
    wraps: bool = True,
) -> tuple[int, ...] | None:
    """Read a list of numbers and ranges, ascending; a range may run over the end where it wraps."""
    values = section.list_of(key)
    if values is None:
        return None
    numbers: set[int] = set()
    for value in values:
        first, last = _ends_of(value, words or {})
        if not (least <= first <= most and least <= last <= most):
            shown = '"mon" or "mon-fri"' if words else f'{least} or "{least}-{most}"'
            section.wrong(key, f"entries from {least} to {most} such as {shown}", value)
        elif first <= last:
            numbers.update(range(first, last + 1))
        elif wraps:
            numbers.update((*range(first, most + 1), *range(least, last + 1)))
        else:
            section.wrong(key, "a range that ascends", value)
    return tuple(sorted(numbers))


def _ends_of(value: object, words: Mapping[str, int]) -> tuple[int, int]:
    """Read the ends of one entry of a list; what is no number is -1."""
    match = _RANGE.fullmatch(value.strip()) if isinstance(value, str) else None
    first, last = match.groups() if match else (value, value)
    return _number_of(first, words), _number_of(last, words)


def _number_of(value: object, words: Mapping[str, int]) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    word = value.strip().casefold() if isinstance(value, str) else ""
    if word in words:
        return words[word]
    return int(word) if word.isascii() and word.isdigit() and len(word) <= 4 else -1


def _read_dates(section: TomlTable) -> tuple[tuple[date, date], ...] | None:
    """Read dates and ranges of them, ascending; the end of a range is the first day outside."""
    values = section.list_of("dates")
    if values is None:
        return None
    ranges = []
    for value in values:
        read = _range_of(value)
        if read is None or not YEAR_MIN <= read[0].year <= read[1].year <= YEAR_MAX + 1:
            section.wrong(
                "dates",
                'dates such as 2026-10-01, or "2026-10-01/2026-10-08" (without the 8th), '
                f"from {YEAR_MIN} to {YEAR_MAX}",
                value,
            )
        elif read[0] >= read[1]:
            section.wrong("dates", "a range whose end is after its beginning", value)
        else:
            ranges.append(read)
    return tuple(sorted(ranges))


def _range_of(value: object) -> tuple[date, date] | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value, value + _DAY
    if not isinstance(value, str):
        return None
    first, slash, until = (part.strip() for part in value.partition("/"))
    try:
        first_day_of_range = date.fromisoformat(first)
        return first_day_of_range, date.fromisoformat(until) if slash else first_day_of_range + _DAY
    except (ValueError, OverflowError):
        return None


def _read_day_kinds(section: TomlTable) -> tuple[str, ...] | None:
    values = section.list_of("day_kinds")
    if values is None:
        return None
    for value in values:
        if value not in DAY_KINDS:
            section.wrong("day_kinds", f"one of {', '.join(DAY_KINDS)}", value)
    return tuple(kind for kind in DAY_KINDS if kind in values)
