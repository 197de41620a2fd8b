"""report/bars.py: bars grow with their values."""

from decimal import Decimal

from cdrpipe.report.bars import bars


def test_the_greatest_fills_the_width_and_others_are_in_proportion():
    assert bars([Decimal("10.00"), Decimal("5.00"), Decimal("2.50")], width=4) == [
        "████",
        "██",
        "█",
    ]


def test_a_small_value_is_still_seen_and_none_is_not():
    assert bars([1_000_000, 1, 0, None], width=3) == ["███", "▏", "", ""]


def test_nothing_has_no_bars():
    assert bars([], width=3) == []
    assert bars([0, None], width=3) == ["", ""]
