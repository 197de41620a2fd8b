"""Read one cell of a register file: each reader says what it expected where it refuses."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from cdrpipe.cdr import normalize

TEXT_CHARACTERS_MAX = 200
IDENTIFIER_CHARACTERS_MAX = 64
YEAR_MIN = 1970  # a smaller year is a slip of the hand, such as 0206

# Dates without a time are days of the trade's own calendar, whatever the host's zone.
_CALENDAR_ZONE = ZoneInfo("Asia/Shanghai")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})", re.ASCII
)
_IDENTIFIER = re.compile(r"[^\s;]+")
_SCIENTIFIC = re.compile(r"\d(\.\d+)?E\+?\d+", re.ASCII | re.IGNORECASE)


def read_identifier(text: str) -> str:
    """Read a name that other rows refer to: no spaces, no semicolons."""
    if not _IDENTIFIER.fullmatch(text) or not text.isprintable():
        raise ValueError(f"expected a name without spaces and semicolons, got {text!r}")
    if len(text) > IDENTIFIER_CHARACTERS_MAX:
        raise ValueError(
            f"expected at most {IDENTIFIER_CHARACTERS_MAX} characters, got {len(text)}"
        )
    return text


def read_words(text: str) -> str:
    """Read free text on one line."""
    if not text.isprintable():
        raise ValueError(f"expected text without control characters, got {text!r}")
    if len(text) > TEXT_CHARACTERS_MAX:
        raise ValueError(f"expected at most {TEXT_CHARACTERS_MAX} characters, got {len(text)}")
    return text


def read_date(text: str) -> date:
    """Read a calendar date, as 2026-01-01."""
    if not _DATE.fullmatch(text):
        raise ValueError(f"expected a date such as 2026-01-01, got {text!r}")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"expected a date of the calendar, got {text!r}: {error}") from None


def read_instant_us(text: str) -> int:
    """Read an instant with its offset, or a date, which is its midnight in Asia/Shanghai."""
    if _DATE.fullmatch(text):
        instant = datetime.combine(read_date(text), time(), tzinfo=_CALENDAR_ZONE)
    elif _INSTANT.fullmatch(text):
        try:
            instant = datetime.fromisoformat(text)
        except ValueError as error:
            raise ValueError(
                f"expected an instant of the calendar, got {text!r}: {error}"
            ) from None
    else:
        raise ValueError(
            "expected a date such as 2026-01-01, or an instant with offset such as "
            f"2026-01-01T08:00:00+08:00, got {text!r}"
        )
    if instant.year < YEAR_MIN:
        raise ValueError(f"expected a year from {YEAR_MIN} on, got {text!r}")
    return (instant - _EPOCH) // _MICROSECOND


def show_instant(at_us: int) -> str:
    """Write an instant as ``read_instant_us`` reads it, in Asia/Shanghai."""
    return (_EPOCH + at_us * _MICROSECOND).astimezone(_CALENDAR_ZONE).isoformat()


def read_service_number(text: str) -> str:
    """Read a dialled number into the form that calls are joined by (domain §5)."""
    if _SCIENTIFIC.fullmatch(text):
        raise ValueError(
            f"expected a number, got {text!r}, which Excel made of one: format the column as text"
        )
    number = normalize.service_number(read_words(text))
    if number is None:
        raise ValueError(f"expected a number as dialled, got {text!r}")
    return number


def read_sources(text: str) -> str:
    """Read source names with semicolons between; give them sorted, each once."""
    names = {read_identifier(name.strip()) for name in text.split(";") if name.strip()}
    return ";".join(sorted(names))


def choice_reader(*choices: str) -> Callable[[str], str]:
    """Make the reader of a column that takes one of a few words."""

    def read_choice(text: str) -> str:
        if text not in choices:
            raise ValueError(f"expected {' or '.join(choices)}, got {text!r}")
        return text

    return read_choice


def area_code_reader(known_area_codes: Mapping[str, int]) -> Callable[[str], int]:
    """Make the reader of a column that takes an area code and gives its region id."""

    def read_area_code(text: str) -> int:
        if text in known_area_codes:
            return known_area_codes[text]
        lost_zero = f"0{text}"
        meant = f"; did you mean {lost_zero!r}?" if lost_zero in known_area_codes else ""
        raise ValueError(f"expected an area code such as '0755', got {text!r}{meant}")

    return read_area_code


def suggest(word: str, known: tuple[str, ...]) -> str:
    """Say which known word was likely meant; empty where none is near."""
    near = get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""
