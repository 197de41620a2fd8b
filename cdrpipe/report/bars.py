"""A column of numbers as bars of text."""

from collections.abc import Sequence
from decimal import Decimal

_EIGHTHS = " ▏▎▍▌▋▊▉"


def bars(values: Sequence[int | Decimal | None], *, width: int) -> list[str]:
    """Draw each value as a bar; the greatest is ``width`` characters long.

    A value that is null, 0 or less has no bar; any other has at least the thinnest.

    >>> bars([8, 4, 1, 0], width=4)
    ['████', '██', '▌', '']
    """
    greatest = max((value for value in values if value), default=0)
    return [_bar(value or 0, greatest, width) for value in values]


def _bar(value: int | Decimal, greatest: int | Decimal, width: int) -> str:
    if value <= 0:
        return ""
    eighths = max(1, int(value * 8 * width / greatest))
    full, rest = divmod(eighths, 8)
    return "█" * full + _EIGHTHS[rest].strip()
