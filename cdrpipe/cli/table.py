"""Rows drawn for people: all columns where they fit, else those that matter, else a block a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from rich.cells import cell_len
from rich.console import Console

from cdrpipe.report.bars import bars as bars_of
from cdrpipe.report.grid import GAP, Column, Grid

# Narrower prose is a column of single words.
PROSE_WIDTH_MIN = 24
BAR_WIDTH_MIN = 8
BAR_WIDTH_MAX = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A column to draw: its name and what its cells say."""

    name: str
    texts: Sequence[str]
    is_number: bool

    @property
    def is_empty(self) -> bool:
        """Say whether no cell says anything."""
        return not any(self.texts)

    @property
    def column(self) -> Column:
        """Give its column of a grid; only prose (words with spaces, or Chinese) may be folded."""
        is_prose = not self.is_number and any(
            " " in text or not text.isascii() for text in self.texts
        )
        fold_width = max(PROSE_WIDTH_MIN, cell_len(self.name)) if is_prose else None
        return Column(name=self.name, is_right=self.is_number, fold_width=fold_width)


def draw_rows(
    screen: Console,
    columns: Sequence[Drawn],
    *,
    preferred: Sequence[str] = (),
    bars: Sequence[int | Decimal | None] | None = None,
) -> list[str]:
    """Draw rows as a table of all columns, else of fewer, else as blocks of all that is said.

    Parameters
    ----------
    columns
        All columns, each with (n,) cells.
    preferred
        Names of those that matter most; empty: those that say anything.
    bars
        (n,) values that are drawn as bars where width is left.

    Returns
    -------
    The names of the columns that were drawn.
    """
    said = [column for column in columns if not column.is_empty]
    fewer = [column for column in said if not preferred or column.name in preferred]
    for chosen in (columns, fewer):
        grid = _grid(chosen)
        left = screen.width - grid.least_width
        if left >= 0:
            screen.print(grid if bars is None else _with_bars(grid, bars, left=left))
            return [column.name for column in chosen]
    screen.print(_grid(said), crop=False)
    return [column.name for column in said]


def _grid(columns: Sequence[Drawn]) -> Grid:
    rows = list(zip(*(column.texts for column in columns), strict=True))
    return Grid([column.column for column in columns], rows)


def _with_bars(grid: Grid, values: Sequence[int | Decimal | None], *, left: int) -> Grid:
    width = min(left - GAP, BAR_WIDTH_MAX)
    if width < BAR_WIDTH_MIN:
        return grid
    drawn = bars_of(values, width=width)
    rows = [(*row, bar) for row, bar in zip(grid.rows, drawn, strict=True)]
    return Grid([*grid.columns, Column(name="")], rows)
