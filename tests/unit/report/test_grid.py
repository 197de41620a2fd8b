"""report/grid.py: a table where it fits, blocks where it does not, every figure whole."""

import io

import pytest
from rich.console import Console

from cdrpipe.report.grid import Column, Grid

GRID = Grid(
    [
        Column(name="number"),
        Column(name="yuan", is_right=True),
        Column(name="note"),
    ],
    [["4009555123", "34.050000", ""], ["4008001234", "7.000000", "中文"]],
)


def printed(grid, *, width):
    console = Console(width=width, file=io.StringIO())
    console.print(grid)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_a_table_is_as_wide_as_its_cells_and_the_gaps():
    # 10 + 9 + 4 and two gaps of 2.
    assert GRID.width == 27
    header, _rule, first, second = printed(GRID, width=27)
    assert header.split() == ["number", "yuan", "note"]
    assert (first, second) == ("4009555123  34.050000", "4008001234   7.000000  中文")


def test_what_does_not_fit_is_a_block_a_row_without_empty_values():
    assert printed(GRID, width=26) == [
        "─ 1 ────────────────────",
        "number  4009555123",
        "yuan    34.050000",
        "─ 2 ────────────────────",
        "number  4008001234",
        "yuan    7.000000",
        "note    中文",
    ]


def test_a_single_row_needs_no_number():
    assert printed(Grid(GRID.columns, GRID.rows[:1]), width=20) == [
        "number  4009555123",
        "yuan    34.050000",
    ]


@pytest.mark.parametrize("width", [20, 26, 27, 80])
def test_no_figure_is_cut_at_any_width(width):
    text = "\n".join(printed(GRID, width=width))
    assert "…" not in text
    assert all(value in text for row in GRID.rows for value in row)


def test_words_fold_between_their_least_and_their_whole_width():
    grid = Grid(
        [Column(name="n", is_right=True), Column(name="says", fold_width=9)],
        [["1234567", "three little words"]],
    )
    assert [line.split() for line in printed(grid, width=7 + 2 + 12)[2:]] == [
        ["1234567", "three", "little"],
        ["words"],
    ]
    assert printed(grid, width=17) == [
        "n     1234567",
        "says  three",
        "      little",
        "      words",
    ]


def test_markup_and_line_feeds_of_values_stay():
    grid = Grid([Column(name="a")], [["[red]x[/]\ny"]])
    assert grid.width == 9
    assert printed(grid, width=80)[2:] == ["[red]x[/]", "y"]
