"""Typed reading of a TOML table that notes every fault with its line instead of stopping at one.

A reading method gives None where the key is absent or faulty. Absent and faulty are told apart by
the list of faults: who must know compares ``len(faults)`` before and after.
"""

import difflib
import re
from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal

from cdrpipe.money import micros_of
from cdrpipe.tariff.fault_list import FaultList
from cdrpipe.tariff.rate_plan import AMOUNT_MICROS_MAX, DURATION_MS_MAX, STEP_MS_MAX
from cdrpipe.tariff.toml_lines import Path

NAME_CHARS_MAX = 200

# More than 24 characters could not be an amount within bounds, and stay exact in a Decimal.
_AMOUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,11})?")
_DURATION = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,11})?) ?(ms|s|min|h)?")
_UNITS = re.compile(r"([0-9]{1,13}(?:\.[0-9]{1,3})?) ?units?")
_MS_OF_UNIT = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, None: 1_000}


class TomlTable:
    """One table of a document, read key by key; what was never asked for is unknown."""

    def __init__(self, values: dict[str, object], path: Path, faults: FaultList) -> None:
        self.path = path
        self.faults = faults
        self._values = values
        self._asked: list[str] = []

    def __contains__(self, key: str) -> bool:
        """Tell whether the key stands in the table, right or wrong."""
        return key in self._values

    def fault(self, key: str | None, message: str, *, code: str = "", hint: str = "") -> None:
        """Note a fault of one key, or of the whole table."""
        path = self.path if key is None else (*self.path, key)
        self.faults.note(path, message, code=code, hint=hint)

    def line_of(self, *path: str | int) -> int:
        """Find the line of what stands at a path below this table."""
        return self.faults.line_of((*self.path, *path))

    def require(self, *keys: str) -> None:
        """Note each key that is absent."""
        for key in keys:
            if key not in self._values:
                self.fault(None, f"`{key}` is missing", code="KEY_MISSING")

    def refuse_unknown(self) -> None:
        """Note every key that no reading method asked for, with the nearest known one."""
        for key in self._values:
            if key not in self._asked:
                close = difflib.get_close_matches(key, self._asked, n=1)
                hint = f"did you mean `{close[0]}`?" if close else _one_of(sorted(set(self._asked)))
                self.fault(key, f"unknown key `{key}`", code="KEY_UNKNOWN", hint=hint)

    def peek(self, key: str) -> object:
        """Look at a value as it stands, without judging it."""
        return self._take(key)

    def text(self, key: str) -> str | None:
        """Read a text that is not blank."""
        value = self._take(key)
        if value is None:
            return None
        if isinstance(value, str) and value.strip() and len(value) <= NAME_CHARS_MAX:
            return value.strip()
        self.wrong(key, f"a text of 1 to {NAME_CHARS_MAX} characters", value)
        return None

    def choice(self, key: str, choices: Sequence[str]) -> str | None:
        """Read one of a few words."""
        value = self._take(key)
        if value is None or (isinstance(value, str) and value in choices):
            return value
        close = difflib.get_close_matches(str(value), choices, n=1)
        hint = f'did you mean "{close[0]}"?' if close else ""
        self.wrong(key, _one_of(choices), value, hint=hint)
        return None

    def defined(self, key: str, names: Collection[str]) -> str | None:
        """Read the name of a section of this kind, ``[[key]]``, that the version must define."""
        name = self.text(key)
        if name is None or name in names:
            return name
        close = difflib.get_close_matches(name, names, n=1)
        hint = f'did you mean "{close[0]}"?' if close else f"define it in a [[{key}]] section"
        self.fault(key, f'`{key}`: there is no {key} "{name}"', code="NAME_UNKNOWN", hint=hint)
        return name

    def list_of(self, key: str) -> list[object] | None:
        """Read a list of at least one; a value that stands alone is a list of itself."""
        value = self._take(key)
        if value is None or (isinstance(value, list) and value):
            return value
        if isinstance(value, (list, dict)):
            self.wrong(key, "a value, or a list of at least one", value)
            return None
        return [value]

    def flag(self, key: str) -> bool | None:
        """Read true or false."""
        value = self._take(key)
        if value is None or isinstance(value, bool):
            return value
        self.wrong(key, "true or false", value)
        return None

    def whole(self, key: str, *, least: int, most: int) -> int | None:
        """Read a whole number within bounds."""
        value = self._take(key)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.wrong(key, f"a whole number from {least} to {most}", value)
        return None

    def amount_micros(self, key: str) -> int | None:
        """Read an amount in yuan, as text or number, exactly."""
        value = self._take(key)
        if value is None:
            return None
        text = _plain_number(value)
        if text is None or not _AMOUNT.fullmatch(text):
            self.wrong(key, 'an amount in yuan such as "0.12"', value)
            return None
        try:
            micros = micros_of(text)
        except ValueError:
            self.wrong(key, "an amount in yuan with at most six decimals", value)
            return None
        if 0 <= micros <= AMOUNT_MICROS_MAX:
            return micros
        self.wrong(key, "an amount from 0 to 1000000 yuan", value)
        return None

    def duration_ms(self, key: str) -> int | None:
        """Read a duration such as "60s", "500ms", "3min", "24h"; plain numbers are seconds.

        Of a quantity without a clock, "1024 units", a unit counts as a second.
        """
        value = self._take(key)
        if value is None:
            return None
        text = _plain_number(value)
        duration_ms = None if text is None else duration_ms_of(text)
        if duration_ms is None:
            self.wrong(key, 'a duration up to 24 h in whole milliseconds such as "60s"', value)
        return duration_ms

    def day_or_instant(self, key: str) -> date | datetime | None:
        """Read a calendar date, or an instant that says its offset."""
        value = self._take(key)
        if isinstance(value, datetime) and value.tzinfo is None:
            self.wrong(key, "an offset behind the time, such as 2026-03-01T12:30:00+08:00", value)
            return None
        if value is None or isinstance(value, date):
            return value
        self.wrong(key, "a date such as 2026-01-01, without quotes", value)
        return None

    def table(self, key: str) -> "TomlTable | None":
        """Open a table below this one."""
        value = self._take(key)
        if value is None:
            return None
        if isinstance(value, dict):
            return TomlTable(value, (*self.path, key), self.faults)
        self.wrong(key, f"a table [{key}]", value)
        return None

    def tables(self, key: str) -> list["TomlTable"]:
        """Open an array of tables below this one."""
        value = self._take(key)
        if value is None:
            return []
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            return [
                TomlTable(item, (*self.path, key, position), self.faults)
                for position, item in enumerate(value)
            ]
        self.wrong(key, f"tables [[{key}]]", value)
        return []

    def keys(self) -> list[str]:
        """Give the keys of a table whose keys are names, such as the function fees."""
        return list(self._values)

    def wrong(self, key: str, expected: str, value: object, *, hint: str = "") -> None:
        """Note that a key has another value than expected."""
        message = f"`{key}`: expected {expected}, got {_shown(value)}"
        self.fault(key, message, code="VALUE_WRONG", hint=hint)

    def _take(self, key: str) -> object:
        self._asked.append(key)
        return self._values.get(key)


def duration_ms_of(text: str) -> int | None:
    """Read one duration or quantity; None where it is none, or is out of bounds.

    A duration is a whole number of milliseconds up to 24 hours, a quantity up to 2^40 units.
    """
    match, limit_ms = _DURATION.fullmatch(text.strip()), DURATION_MS_MAX
    if match is None:
        match, limit_ms = _UNITS.fullmatch(text.strip()), STEP_MS_MAX
    if match is None:
        return None
    of_unit = _MS_OF_UNIT[match[2]] if match.re is _DURATION else 1_000
    duration_ms = Decimal(match[1]) * of_unit
    if duration_ms != duration_ms.to_integral_value() or duration_ms > limit_ms:
        return None
    return int(duration_ms)


def _plain_number(value: object) -> str | None:
    """Give a TOML text or number as plain digits; None for anything else."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return None
    if isinstance(value, Decimal):
        # An exponent beyond this would print as a text of that many zeros.
        is_small = value.is_finite() and abs(value.adjusted()) < 24
        return format(value, "f") if is_small else None
    return str(value) if isinstance(value, int) else None


def _one_of(words: Sequence[str]) -> str:
    return "one of " + ", ".join(words)


def _shown(value: object) -> str:
    if isinstance(value, (str, Decimal)):
        text = f'"{value}"' if isinstance(value, str) else str(value)
        return text if len(text) <= 60 else text[:57] + "..."
    if isinstance(value, (dict, list)):
        return "a table" if isinstance(value, dict) else "a list"
    return str(value).lower() if isinstance(value, bool) else str(value)[:60]
