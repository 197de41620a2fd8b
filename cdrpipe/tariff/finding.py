"""What a check of rate plans found: each with its severity, code, file and line."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from cdrpipe.errors import Fault

ERROR = "error"  # refused at load
WARNING = "warning"  # loaded, and most likely not what was meant
NOTE = "note"  # loaded, and worth knowing

# All that a check can find beside what load refuses.
SEVERITY_OF_CODE = {
    "UNKNOWN_WITHOUT_RATE": WARNING,
    "CALLS_WITHOUT_RATE": WARNING,
    "PREFIX_WITHOUT_DEFAULT": WARNING,
    "PREFIX_UNREACHABLE": WARNING,
    "RATE_UNREACHABLE": WARNING,
    "BAND_GAP": WARNING,
    "BAND_NEVER_ACTIVE": WARNING,
    "BAND_WITHOUT_END": WARNING,
    "BAND_UNUSED": WARNING,
    "ZONE_UNUSED": WARNING,
    "STEP_UNREACHABLE": WARNING,
    "STEP_PRICE_JUMP": WARNING,
    "PRICE_OUTLIER": WARNING,
    "MINIMUM_ABOVE_HOUR": WARNING,
    "MAXIMUM_AT_FIRST_INCREMENT": WARNING,
    "PRICE_PER_OTHER_TIME": NOTE,
    "TOP_UP_CLASS_DEARER": WARNING,
    "POOL_WORTH_LESS": WARNING,
    "ALLOWANCE_USED_FREE": WARNING,
    "VERSIONS_GAP": WARNING,
    "VERSIONS_ORDER": WARNING,
    "CALENDAR_YEAR_UNCONFIRMED": NOTE,
}

# Of one kind in one file; a deck of a million rows may be wrong in every one of them.
FINDINGS_OF_A_KIND_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a check found; line 0 stands for the file as a whole."""

    severity: str
    code: str
    file: str
    line: int
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the plan or of one of its decks."""

    file: str
    line: int


@dataclass(slots=True)
class FindingList:
    """What was found so far in one plan and its decks."""

    _found: list[Finding] = field(default_factory=list)
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, place: Place, code: str, message: str, *, hint: str) -> None:
        """Note what load takes and the check does not."""
        self._note(SEVERITY_OF_CODE[code], place, code, message, hint)

    def take_over(self, faults: Iterable[Fault]) -> None:
        """Note what a reader refused."""
        for fault in faults:
            file, _, line = fault.where.rpartition(":")
            is_line = line.isdigit()
            place = Place(file if is_line else fault.where, int(line) if is_line else 0)
            self._note(ERROR, place, fault.code, fault.message, fault.hint)

    def in_file_order(self, files: Iterable[str]) -> tuple[Finding, ...]:
        """Give all by file, in the order of ``files``, and line; of one line, as they were found.

        What was not kept of a kind is counted in a note at the end of its file.
        """
        for (file, code), count in self._counts.items():
            if count > FINDINGS_OF_A_KIND_MAX:
                more = count - FINDINGS_OF_A_KIND_MAX
                message = f"{more} more findings {code} are not shown"
                self._found.append(
                    Finding(severity=NOTE, code="MORE", file=file, line=0, message=message)
                )
        order = {file: index for index, file in enumerate(files)}
        return tuple(
            sorted(
                self._found,
                key=lambda found: (order.get(found.file, 0), found.code == "MORE", found.line),
            )
        )

    def _note(self, severity: str, place: Place, code: str, message: str, hint: str) -> None:
        self._counts[place.file, code] += 1
        if self._counts[place.file, code] <= FINDINGS_OF_A_KIND_MAX:
            self._found.append(
                Finding(
                    severity=severity,
                    code=code,
                    file=place.file,
                    line=place.line,
                    message=message,
                    hint=hint,
                )
            )
