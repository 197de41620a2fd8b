"""The six CSV files of a CGRateS tariff plan, cut into rows that know their lines.

Owns the files' names and columns, comments and headers; ``cgrates_cells.py`` reads the cells.

Source: the tariff plan folders of CGRateS v0.8 to v0.11 (``#`` begins a comment; no header).
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field

from cdrpipe.errors import Fault, TariffError

# A folder of 170,000 destinations is 4 MB; a bigger file is another kind of thing.
TEXT_CHARS_MAX = 2**26


@dataclass(frozen=True, slots=True, kw_only=True)
class TableForm:
    """A file's columns; those from ``required`` on may be left out."""

    columns: tuple[str, ...]
    required: int
    is_optional: bool = False


FORMS: Mapping[str, TableForm] = {
    "Destinations.csv": TableForm(columns=("id", "prefix"), required=2, is_optional=True),
    "Timings.csv": TableForm(
        columns=("id", "years", "months", "month_days", "weekdays", "time"),
        required=6,
        is_optional=True,
    ),
    "Rates.csv": TableForm(
        columns=("id", "connect_fee", "rate", "rate_unit", "increment", "from"), required=6
    ),
    "DestinationRates.csv": TableForm(
        columns=(
            "id",
            "destination_id",
            "rates_id",
            "rounding_method",
            "rounding_decimals",
            "max_cost",
            "max_cost_strategy",
        ),
        required=5,
    ),
    "RatingPlans.csv": TableForm(
        columns=("id", "destination_rates_id", "timing_id", "weight"), required=4
    ),
    "RatingProfiles.csv": TableForm(
        columns=(
            "tenant",
            "category",
            "subject",
            "activation_time",
            "rating_plan_id",
            "fallback_subjects",
        ),
        required=5,
    ),
}

# Up to v0.9 a profile began with the direction and ended with the queues of its statistics.
_DIRECTIONS = ("*out", "*in")

# The first words of a header that was left uncommented.
_HEADER_WORDS = ("id", "tag", "tenant", "direction")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a file: its cells by column, stripped; "" where the line has none."""

    file: str
    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        """Give one cell."""
        return self.cells[column]

    @property
    def where(self) -> str:
        """Name the line as people read it."""
        return f"{self.file}:{self.line}"


@dataclass(slots=True)
class PlanFaults:
    """Everything wrong in the six files so far; grows until ``raise_if_any``."""

    _faults: list[tuple[int, int, Fault]] = field(default_factory=list)

    def __len__(self) -> int:
        """Count the faults noted so far."""
        return len(self._faults)

    def add(self, row: Row, message: str, *, hint: str = "") -> None:
        """Note what is wrong in a line."""
        self._note(row.file, row.line, message, hint=hint)

    def add_to_file(self, file: str, message: str, *, hint: str = "") -> None:
        """Note what is wrong with a file as a whole."""
        self._note(file, 0, message, hint=hint)

    def raise_if_any(self) -> None:
        """Raise all faults as one error, file by file and line by line.

        Raises
        ------
        TariffError
            There is at least one fault.
        """
        if not self._faults:
            return
        faults = tuple(fault for *_, fault in sorted(self._faults, key=lambda each: each[:2]))
        raise TariffError(
            f"{len(faults)} fault{'s' * (len(faults) > 1)} in the CGRateS tariff plan",
            faults=faults,
            code="CGRATES_PLAN_WRONG",
            where=faults[0].where,
            hint="nothing was taken; mend the files and import them again, all together",
        )

    def _note(self, file: str, line: int, message: str, *, hint: str) -> None:
        where = f"{file}:{line}" if line else file
        self._faults.append((list(FORMS).index(file), line, Fault(message, where=where, hint=hint)))


def read_tables(texts: Mapping[str, str], faults: PlanFaults) -> dict[str, list[Row]]:
    """Cut the files into rows, by file name; faults go to the list."""
    tables: dict[str, list[Row]] = {}
    for file, form in FORMS.items():
        if file in texts:
            tables[file] = _read_table(texts[file], file, form, faults)
        else:
            tables[file] = []
            if not form.is_optional:
                faults.add_to_file(file, f"expected a file {file}, found none")
    return tables


def _read_table(text: str, file: str, form: TableForm, faults: PlanFaults) -> list[Row]:
    if len(text) > TEXT_CHARS_MAX:
        faults.add_to_file(file, f"expected at most {TEXT_CHARS_MAX} characters, got {len(text)}")
        return []
    rows: list[Row] = []
    # Lines are read one by one: no cell of a tariff plan holds a line break, and a quote that is
    # never closed must not swallow the rest of the file.
    for line, content in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if not content.strip() or content.lstrip().startswith("#"):
            continue
        cells = [cell.strip() for cell in next(csv.reader([content]))]
        if not rows and _is_header(cells, form):
            continue
        row = _row(cells, file=file, line=line, form=form, faults=faults)
        if row is not None:
            rows.append(row)
    return rows


def _is_header(cells: list[str], form: TableForm) -> bool:
    words = [cell.casefold() for cell in cells]
    return len(words) >= form.required and words[0] in _HEADER_WORDS and "*any" not in words


def _row(
    cells: list[str], *, file: str, line: int, form: TableForm, faults: PlanFaults
) -> Row | None:
    if file == "RatingProfiles.csv" and cells[0] in _DIRECTIONS:
        cells = cells[1 : 1 + len(form.columns)]
    place = Row(file=file, line=line, cells={})
    if not form.required <= len(cells) or any(cells[len(form.columns) :]):
        names = ", ".join(form.columns)
        faults.add(place, f"expected the cells {names}; got {len(cells)} cells")
        return None
    if any(not character.isprintable() for cell in cells for character in cell):
        faults.add(place, "the line holds a character that cannot be printed")
        return None
    padded = [*cells, *[""] * len(form.columns)]
    return Row(file=file, line=line, cells=dict(zip(form.columns, padded, strict=False)))
