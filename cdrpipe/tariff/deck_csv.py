"""Decks: thousands of rates as lines of a CSV file beside the rate plan that names it.

A column is a key of a ``[[rate]]`` section, a blank cell the key left out. Rates of several steps
are written in the plan itself; "30/6" is the one form of two that fits a cell.
"""

import csv
import difflib
from dataclasses import dataclass, fields, replace
from operator import itemgetter
from typing import Any

from cdrpipe.tariff.fault_list import FaultList
from cdrpipe.tariff.prefix_book import PREFIX_BYTES_MAX, is_prefix_fit
from cdrpipe.tariff.rate_collection import Places, RateCollection
from cdrpipe.tariff.rate_plan import Rate
from cdrpipe.tariff.rate_section import DefinedNames, read_rate
from cdrpipe.tariff.toml_table import NAME_CHARS_MAX, TomlTable

DECK_COLUMNS = (
    "id",
    "party",
    "prefix",
    "calling_area",
    "calling_province",
    "zone",
    "answering_area",
    "answering_province",
    "relation",
    "calling_kind",
    "answering_kind",
    "band",
    "price_per_minute",
    "price",
    "per",
    "increment",
    "connect_fee",
    "minimum",
    "maximum",
    "rounding",
    "decimals",
)
ROWS_MAX = 2_000_000

# Whoever hands in the wrong file need not read a million faults.
FAULTS_MAX = 1_000

_DEFAULT_PARTY = "enterprise"
_OWN_COLUMNS = ("prefix", "id")  # what hardly two rows share


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pattern:
    """What rows share that are alike but for prefix and id."""

    fields: dict[str, Any]
    id_start: str
    id_end: str
    places: Places


def read_deck(text: str, *, file: str, collection: RateCollection, defined: DefinedNames) -> None:
    """Read a deck into a collection of rates; faults go to the deck's list.

    Notes
    -----
    Cost: rows alike but for prefix and id are read once, so that a row takes a few microseconds.
    """
    faults, deck_place = collection.open_deck(file)
    reader = csv.reader(text.removeprefix("\ufeff").split("\n"))
    columns = [name.strip() for name in next(reader, [])]
    if not _accept_header(columns, faults):
        collection.leave_out_any()
        return
    rows = _RowReader(columns, faults, collection, defined)
    for cells in reader:
        line = reader.line_num
        if line > ROWS_MAX + 1:
            message = f"the deck was read no further: it has more than {ROWS_MAX} rows"
            faults.note_at(line, message, code="DECK_TOO_LONG")
            collection.leave_out_any()
            return
        if cells and not rows.read(cells, line, deck_place + line) and len(faults) > FAULTS_MAX:
            message = f"the deck was read no further: it has more than {FAULTS_MAX} faults"
            faults.note_at(line, message, code="DECK_TOO_WRONG")
            collection.leave_out_any()
            return


def _accept_header(columns: list[str], faults: FaultList) -> bool:
    """Note what is wrong with the names of the columns."""
    for index, name in enumerate(columns):
        if name not in DECK_COLUMNS:
            close = difflib.get_close_matches(name, DECK_COLUMNS, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"one of {', '.join(DECK_COLUMNS)}"
            faults.note_at(1, f"unknown column `{name}`", code="COLUMN_UNKNOWN", hint=hint)
        elif name in columns[:index]:
            faults.note_at(1, f"the column `{name}` stands twice", code="COLUMN_TWICE")
    if not columns:
        message = "the deck is empty: its first line names the columns"
        faults.note_at(1, message, code="DECK_EMPTY")
    return len(faults) == 0


class _RowReader:
    """Reads the rows of one deck; knows the patterns of those before."""

    def __init__(
        self,
        columns: list[str],
        faults: FaultList,
        collection: RateCollection,
        defined: DefinedNames,
    ) -> None:
        self._columns = columns
        self._faults = faults
        self._collection = collection
        self._defined = defined
        self._prefix_index = columns.index("prefix") if "prefix" in columns else None
        self._id_index = columns.index("id") if "id" in columns else None
        shared = [index for index, name in enumerate(columns) if name not in _OWN_COLUMNS]
        self._shared = itemgetter(*shared) if shared else tuple
        self._patterns: dict[object, _Pattern] = {}

    def read(self, cells: list[str], line: int, place: int) -> bool:
        """Take the rate of one row into the collection; False where something is wrong with it."""
        if len(cells) != len(self._columns):
            message = f"expected {len(self._columns)} cells, got {len(cells)}"
            self._faults.note_at(line, message, code="DECK_ROW_WRONG")
            self._collection.leave_out_any()
            return False
        key = self._shared(cells)
        prefix = "" if self._prefix_index is None else cells[self._prefix_index].strip()
        pattern = self._patterns.get(key) or self._read_pattern(cells, line, prefix or None)
        if pattern is None:
            return False
        self._patterns[key] = pattern
        rate_id = "" if self._id_index is None else cells[self._id_index].strip()
        if not is_prefix_fit(prefix) or len(rate_id) > NAME_CHARS_MAX:
            message = f"expected a prefix of at most {PREFIX_BYTES_MAX} bytes and an id of at most "
            message += f"{NAME_CHARS_MAX} characters"
            self._faults.note_at(line, message, code="VALUE_WRONG")
            self._collection.left_out.append(Rate(rate_id="", **pattern.fields))
            return False
        if not rate_id:
            middle = f" {prefix}" if prefix else ""
            rate_id = f"{pattern.id_start}{middle}{pattern.id_end}"
        rate = Rate(rate_id=rate_id, prefix=prefix or None, **pattern.fields)
        return self._collection.add(rate, pattern.places, place)

    def _read_pattern(self, cells: list[str], line: int, prefix: str | None) -> _Pattern | None:
        """Read a row as if it stood in a ``[[rate]]`` section; prefix and id do not matter."""
        values: dict[str, object] = {"party": _DEFAULT_PARTY}
        for name, cell in zip(self._columns, cells, strict=True):
            text = cell.strip()
            if text and name not in _OWN_COLUMNS:
                is_number = name == "decimals" and text.isascii() and text.isdigit()
                values[name] = int(text) if is_number else text
        rate, is_right = read_rate(TomlTable(values, (line,), self._faults), self._defined)
        if not is_right:
            self._collection.left_out.append(replace(rate, prefix=prefix))
            return None
        shared = {field.name: getattr(rate, field.name) for field in fields(rate)}
        shared.pop("rate_id")
        shared.pop("prefix")
        return _Pattern(
            fields=shared,
            id_start=rate.party,
            id_end=rate.rate_id.removeprefix(rate.party),
            places=self._collection.places_of(rate),
        )
