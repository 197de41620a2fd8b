"""The faults of a rate plan and of the decks beside it, each with its file and line."""

from collections.abc import Iterable
from typing import Protocol

from cdrpipe.errors import Fault
from cdrpipe.tariff.toml_lines import Path

# What has no name of its own among the faults of a plan.
DEFAULT_CODE = "PLAN_WRONG"


class LineFinder(Protocol):
    """What knows on which line of a file something stands."""

    def line_of(self, path: Path) -> int:
        """Find the line, from 1, of what stands at a path."""


class RowLines:
    """The lines of a deck, in which a path begins with the line itself."""

    def line_of(self, path: Path) -> int:
        """Give the line that the path begins with."""
        line = path[0]
        assert isinstance(line, int)
        return line


class FaultList:
    """The faults found in one file so far, and in the decks it names."""

    def __init__(self, *, file: str, lines: LineFinder) -> None:
        self.file = file
        self._lines = lines
        self._faults: list[tuple[int, Fault]] = []
        self._decks: list[FaultList] = []

    def __len__(self) -> int:
        """Count the faults noted so far, in the decks too."""
        return len(self._faults) + sum(len(deck) for deck in self._decks)

    def note(self, path: Path, message: str, *, code: str = "", hint: str = "") -> None:
        """Note a fault at the line of ``path``."""
        self.note_at(self._lines.line_of(path), message, code=code, hint=hint)

    def note_at(self, line: int, message: str, *, code: str = "", hint: str = "") -> None:
        """Note a fault at a line."""
        where = f"{self.file}:{line}"
        fault = Fault(message, code=code or DEFAULT_CODE, where=where, hint=hint)
        self._faults.append((line, fault))

    def take_over(self, line: int, faults: Iterable[Fault]) -> None:
        """Note faults that have their own places, as if they stood at a line."""
        self._faults.extend((line, fault) for fault in faults)

    def line_of(self, path: Path) -> int:
        """Find the line of a table or key."""
        return self._lines.line_of(path)

    def open_deck(self, file: str) -> "FaultList":
        """Give the list of a deck beside this file; its faults come after the file's own."""
        deck = FaultList(file=file, lines=RowLines())
        self._decks.append(deck)
        return deck

    def in_file_order(self) -> tuple[Fault, ...]:
        """Give all faults by file and line; of one line, as they were found."""
        own = [fault for _, fault in sorted(self._faults, key=lambda pair: pair[0])]
        return (*own, *(fault for deck in self._decks for fault in deck.in_file_order()))
