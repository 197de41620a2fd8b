"""Rows on a terminal: a table where it fits the width, else each row as a block of its values.

No figure is ever cut: a column keeps the width of its longest value, unless it may fold.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.table import Table
from rich.text import Text

GAP = 2
_RULE_WIDTH = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a grid.

    ``fold_width`` is the least width that its words may be folded to; None: never folded.
    """

    name: str
    is_right: bool = False
    fold_width: int | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of text under columns, drawn to the width that there is.

    Parameters
    ----------
    columns
        (m,) columns.
    rows
        (n,) rows of m texts each; a block leaves the empty ones out.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]

    @property
    def width(self) -> int:
        """Give the width of the table where nothing is folded."""
        return sum(self._widths()) + GAP * (len(self.columns) - 1)

    @property
    def least_width(self) -> int:
        """Give the least width in which no figure is cut."""
        least = [
            width if column.fold_width is None else min(width, column.fold_width)
            for column, width in zip(self.columns, self._widths(), strict=True)
        ]
        return sum(least) + GAP * (len(least) - 1)

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        """Draw the table, or the blocks."""
        if self.least_width <= options.max_width:
            yield self._table()
            return
        for number, row in enumerate(self.rows, start=1):
            if len(self.rows) > 1:
                rule = f"─ {number} ".ljust(_RULE_WIDTH, "─")
                yield Text(rule, style="dim", no_wrap=True, overflow="ignore")
            yield from self._block(row)

    def _widths(self) -> list[int]:
        return [
            max(map(_width_of, [column.name, *(row[index] for row in self.rows)]))
            for index, column in enumerate(self.columns)
        ]

    def _table(self) -> Table:
        # The box puts one space between columns, the padding the other.
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, GAP - 1, 0, 0))
        for column in self.columns:
            table.add_column(
                Text(column.name),
                justify="right" if column.is_right else "left",
                no_wrap=column.fold_width is None,
                overflow="fold",
            )
        for row in self.rows:
            table.add_row(*map(Text, row))
        return table

    def _block(self, row: Sequence[str]) -> Iterator[RenderableType]:
        """Give a line for each value; one that may not be folded is as long as it is."""
        width = max(cell_len(column.name) for column in self.columns)
        for column, value in zip(self.columns, row, strict=True):
            if value and column.fold_width is None:
                name = (column.name + " " * (width + GAP - cell_len(column.name)), "bold")
                yield Text.assemble(name, value, no_wrap=True, overflow="ignore")
            elif value:
                line = Table.grid(padding=(0, GAP, 0, 0))
                line.add_column(no_wrap=True, min_width=width)
                line.add_column(overflow="fold")
                line.add_row(Text(column.name, style="bold"), Text(value))
                yield line


def _width_of(text: str) -> int:
    return max(map(cell_len, text.splitlines()), default=0)
