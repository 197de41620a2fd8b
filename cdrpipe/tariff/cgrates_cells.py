"""What the cells of a CGRateS tariff plan mean: times, lists, amounts, weights, instants.

Each reading raises ``ValueError`` with what was expected and what came. Seconds are turned to
milliseconds exactly; so are quantities, whose unit (a byte, a message) stands for a second.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, DecimalException
from fractions import Fraction
from math import gcd

from cdrpipe.money import MICROS_PER_YUAN, micros_of
from cdrpipe.tariff.rate_plan import AMOUNT_MICROS_MAX, DAY_MS, DECIMALS_MAX

ANY = "*any"

_NUMBER = re.compile(r"\d+(?:\.\d*)?|\.\d+")
_SPAN = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_MS_OF_UNIT = {
    "ns": Fraction(1, 1_000_000),
    "us": Fraction(1, 1_000),
    "µs": Fraction(1, 1_000),
    "μs": Fraction(1, 1_000),
    "ms": Fraction(1),
    "s": Fraction(1_000),
    "m": Fraction(60_000),
    "h": Fraction(3_600_000),
}
_TIME_OF_DAY = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})")
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?)?")
_COMPACT_STAMP = re.compile(r"\d{14}")
_EPOCH_SECONDS = re.compile(r"\d{10}")

# What is longer than any amount or weight; keeps every number below exact and small.
_NUMBER_CHARS_MAX = 40

# Before every call: a profile that names no activation holds from ever.
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time, or a quantity in thousandths of its unit (``is_quantity``)."""

    ms: int
    is_quantity: bool


def read_span(text: str) -> Span:
    """Read a length such as "60s", "1m30s", "0.5s"; a number without a unit is a quantity.

    CGRateS reads such a number as nanoseconds and counts bytes and messages with them.
    """
    if _NUMBER.fullmatch(text):
        ms, is_quantity = Fraction(text) * 1_000, True
    elif text and _SPAN.sub("", text) == "":
        spans = _SPAN.findall(text)
        ms = sum((Fraction(count) * _MS_OF_UNIT[unit] for count, unit in spans), Fraction(0))
        is_quantity = False
    else:
        raise ValueError(f'expected a length such as "60s" or "1m30s", got "{text}"')
    if ms.denominator != 1:
        raise ValueError(f'expected whole milliseconds or thousandths of a unit, got "{text}"')
    return Span(int(ms), is_quantity)


def read_numbers(text: str, *, least: int, most: int) -> tuple[int, ...] | None:
    """Read a list such as "1;2;3", ascending and each once; None for any."""
    if text in ("", ANY):
        return None
    numbers = set()
    for word in text.split(";"):
        if not word.strip().isdecimal() or not least <= int(word) <= most:
            raise ValueError(
                f'expected numbers from {least} to {most} as "1;2" or *any, got "{text}"'
            )
        numbers.add(int(word))
    return tuple(sorted(numbers))


def read_weekdays(text: str) -> tuple[int, ...] | None:
    """Read days of the week, 1 Monday to 7 Sunday; CGRateS takes 0 for Sunday too."""
    days = read_numbers(text, least=0, most=7)
    return None if days is None else tuple(sorted({day or 7 for day in days}))


def read_day_time(text: str) -> tuple[int, int]:
    """Read when a timing starts and ends, in ms since midnight.

    One time is the start: the timing runs to the end of the day. Behind a ";" may stand an end.
    """
    start, _, end = text.partition(";")
    from_ms = 0 if start in ("", ANY) else _time_of_day_ms(start)
    until_ms = _time_of_day_ms(end) if end else DAY_MS
    if end and end.startswith("23:59:59"):
        until_ms = DAY_MS
    if until_ms <= from_ms:
        raise ValueError(f'expected an end after the start, got "{text}": it is never active')
    return from_ms, until_ms


def read_number(text: str) -> Decimal:
    """Read a number of 0 or more; an empty cell is 0."""
    if not text:
        return Decimal(0)
    try:
        number = Decimal(text) if len(text) <= _NUMBER_CHARS_MAX else None
    except DecimalException:
        number = None
    if number is None or not number.is_finite() or number < 0 or abs(number.adjusted()) > 24:
        raise ValueError(f'expected a number such as 0.12, got "{text}"')
    return number


def read_amount_micros(text: str) -> int:
    """Read an amount that is owed as it stands: six decimals at most; an empty cell is 0."""
    try:
        micros = micros_of(format(read_number(text), "f"))
    except ValueError:
        raise ValueError(f'expected an amount with at most six decimals, got "{text}"') from None
    if micros > AMOUNT_MICROS_MAX:
        raise ValueError(f'expected an amount of at most 1000000, got "{text}"')
    return micros


def read_price(text: str, per_ms: int) -> tuple[int, int]:
    """Read a price per a length, with any number of decimals: whole micros per more time.

    >>> read_price("0.0000125", 1000)
    (125, 10000)
    """
    price = Fraction(read_number(text)) * MICROS_PER_YUAN
    # 0.5 micros a second are 5 in ten seconds rather than 1 in two: people count in tens.
    tens = 1
    while (price * tens).denominator > 1:
        tens *= 10
    scaled, scaled_per_ms = int(price * tens), per_ms * tens
    if scaled_per_ms > DAY_MS:
        common = gcd(scaled, scaled_per_ms)
        scaled, scaled_per_ms = scaled // common, scaled_per_ms // common
    if scaled > AMOUNT_MICROS_MAX:
        raise ValueError(f'expected a price of at most 1000000, got "{text}"')
    return scaled, scaled_per_ms


def read_decimals(text: str) -> int:
    """Read to how many decimals the total is rounded, as written; an empty cell is 0."""
    if text and not (text.isdecimal() and len(text) <= 3):
        raise ValueError(f'expected a number of decimals, got "{text}"')
    return int(text or 0)


def read_activation(text: str, tz: tzinfo) -> datetime:
    """Read when a rating plan takes over; a stamp without an offset is of ``tz``."""
    if text in ("", ANY, "*unlimited"):
        return LONG_AGO
    try:
        if _EPOCH_SECONDS.fullmatch(text):
            return datetime.fromtimestamp(int(text), UTC)
        if _COMPACT_STAMP.fullmatch(text):
            return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=tz)
        if _STAMP.fullmatch(text):
            stamp = datetime.fromisoformat(text)
            return stamp if stamp.tzinfo else stamp.replace(tzinfo=tz)
    except ValueError:
        pass  # a 13th month, say: told below, with the text
    raise ValueError(f'expected an instant such as 2026-01-01T00:00:00Z, got "{text}"')


def kept_decimals(decimals: int) -> int:
    """Give the decimals a rate keeps: a micro is the finest amount there is."""
    return min(decimals, DECIMALS_MAX)


def _time_of_day_ms(text: str) -> int:
    match = _TIME_OF_DAY.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'expected a time of day such as 08:00:00, got "{text}"')
    hours, minutes, seconds = (int(part) for part in match.groups())
    if minutes > 59 or seconds > 59 or hours * 3_600 + minutes * 60 + seconds > 24 * 3_600:
        raise ValueError(f'expected a time of day such as 08:00:00, got "{text}"')
    return ((hours * 60 + minutes) * 60 + seconds) * 1_000
