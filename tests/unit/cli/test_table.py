"""cli/table.py: all columns where they fit, else fewer, else blocks; bars in what is left."""

import io

import pytest
from rich.console import Console

from cdrpipe.cli.table import BAR_WIDTH_MIN, Drawn, draw_rows

# 6 + 9 + 4 + 7 characters and three gaps of 2.
COLUMNS = [
    Drawn(name="number", texts=["400", "401"], is_number=False),
    Drawn(name="charge", texts=["34.050000", "1.000000"], is_number=True),
    Drawn(name="note", texts=["", ""], is_number=False),
    Drawn(name="account", texts=["A1", "A2"], is_number=False),
]
ALL = ["number", "charge", "note", "account"]


def drawn(width, **more):
    screen = Console(width=width, file=io.StringIO())
    names = draw_rows(screen, COLUMNS, **more)
    return names, [line.rstrip() for line in screen.file.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("width", "preferred", "names"),
    [
        (32, (), ALL),
        (31, (), ["number", "charge", "account"]),
        (31, ("number", "note", "charge"), ["number", "charge"]),
        (16, ("number", "charge"), ["number", "charge", "account"]),
    ],
    ids=["all fit", "those that say anything", "those that matter", "blocks of what is said"],
)
def test_columns_are_left_out_before_rows_become_blocks(width, preferred, names):
    found, lines = drawn(width, preferred=preferred)
    assert found == names
    assert "34.050000" in "\n".join(lines)
    assert lines[0].startswith("─ 1 ─" if width == 16 else "number")


def test_bars_take_what_is_left_and_no_more():
    gap = 2
    for width, bar in ((32 + gap + BAR_WIDTH_MIN, BAR_WIDTH_MIN), (200, 30)):
        _names, lines = drawn(width, bars=[2, 1])
        assert lines[2].endswith("  " + "█" * bar)
        assert lines[3].endswith("  " + "█" * (bar // 2))
    _names, lines = drawn(32 + gap + BAR_WIDTH_MIN - 1, bars=[2, 1])
    assert "█" not in "".join(lines)


def test_prose_folds_and_names_do_not():
    columns = [
        Drawn(name="reason", texts=["SERVICE_NUMBER_NOT_OWNED"], is_number=False),
        Drawn(name="meaning", texts=["one two three four five six seven"], is_number=False),
    ]
    screen = Console(width=24 + 2 + 24, file=io.StringIO())
    assert draw_rows(screen, columns) == ["reason", "meaning"]
    first, second = screen.file.getvalue().splitlines()[2:]
    assert first.startswith("SERVICE_NUMBER_NOT_OWNED  one two")
    assert second.strip()
