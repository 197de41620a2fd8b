"""Amounts, lengths and times of a rate plan as its file writes them."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from cdrpipe.money import yuan_of_micros
from cdrpipe.tariff.rate_plan import DAY_MS, DURATION_MS_MAX

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def amount_word(micros: int | Fraction) -> str:
    """Write an amount in yuan, a fraction of a micro rounded.

    >>> amount_word(120_000), amount_word(3_000_000_000)
    ('0.12', '3000')
    """
    return f"{yuan_of_micros(round(micros)).normalize():f}"


def length_word(length_ms: int) -> str:
    """Write a length; what is longer than any call is a quantity, a unit for a second.

    >>> length_word(60_000), length_word(500), length_word(86_401_000)
    ('60s', '500ms', '86401 units')
    """
    if length_ms > DURATION_MS_MAX:
        thousandths = f".{length_ms % 1_000:03}" if length_ms % 1_000 else ""
        return f"{length_ms // 1_000}{thousandths} units"
    return f"{length_ms}ms" if length_ms % 1_000 else f"{length_ms // 1_000}s"


def clock_word(clock_ms: int) -> str:
    """Write a time of day, midnight as an end too.

    >>> clock_word(64_800_000), clock_word(86_400_000), clock_word(1_500)
    ('18:00', '24:00', '00:00:01.500')
    """
    if clock_ms == DAY_MS:
        return "24:00"
    shown = (_EPOCH + timedelta(milliseconds=clock_ms)).time()
    if clock_ms % 60_000 == 0:
        return shown.isoformat("minutes")
    return shown.isoformat("milliseconds" if clock_ms % 1_000 else "seconds")


def instant_word(instant_us: int, tz: str) -> str:
    """Write an instant: as a date where it is midnight in the plan's zone.

    >>> instant_word(1_767_196_800_000_000, "Asia/Shanghai")
    '2026-01-01'
    """
    local = local_time(instant_us, tz)
    is_midnight = (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)
    return local.date().isoformat() if is_midnight else local.isoformat()


def local_time(instant_us: int, tz: str) -> datetime:
    """Give the time that a zone's clocks show at an instant."""
    return (_EPOCH + timedelta(microseconds=instant_us)).astimezone(ZoneInfo(tz))
