"""When in a month calls are made: by day of the week and hour of the day, in Shanghai's time."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import polars as pl

from cdrpipe.demo.draw import below, words
from cdrpipe.demo.register_plan import month_days

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

_ZONE = ZoneInfo("Asia/Shanghai")

# Working hours, with a dip at lunch.
_HOUR_WEIGHTS = (
    *(3, 2, 1, 1, 1, 3, 8, 20),
    *(55, 90, 95, 80, 50, 60, 85, 88),
    *(80, 62, 40, 36, 32, 20, 12, 6),
)
assert len(_HOUR_WEIGHTS) == 24
# Calls of a day against a working day's, Monday first.
_DAY_PERCENT = (108, 103, 100, 98, 96, 58, 50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """A month's hours, each with the calls that begin in it.

    ``first_call`` has one entry more than there are hours: calls first_call[h] until
    first_call[h + 1] begin in hour h.
    """

    start_ms: int
    days: int
    first_call: pl.Series

    @property
    def end_ms(self) -> int:
        """Give the first instant after the month."""
        return self.start_ms + self.days * DAY_MS

    def hour_start_ms(self, call: int) -> int:
        """Give the start of the hour in which a call begins; the month's end behind the last."""
        assert 0 <= call <= self.first_call[-1]
        hour = int(self.first_call.search_sorted(call, side="right")) - 1
        return self.start_ms + min(hour, self.days * 24) * HOUR_MS


def plan_rhythm(month: str, *, calls: int) -> Rhythm:
    """Spread so many calls over a month's hours."""
    first_day, until_day = month_days(month)
    days = (until_day - first_day).days
    weights = [
        _DAY_PERCENT[(first_day + timedelta(days=day)).weekday()] * weight
        for day in range(days)
        for weight in _HOUR_WEIGHTS
    ]
    total = sum(weights)
    borders = [calls * reached // total for reached in accumulate(weights, initial=0)]
    start = datetime.combine(first_day, time(), tzinfo=_ZONE)
    return Rhythm(
        start_ms=int(start.timestamp()) * 1000,
        days=days,
        first_call=pl.Series(borders, dtype=pl.UInt64),
    )


def draw_setup_ms(row: pl.Series, rhythm: Rhythm, *, seed: int) -> pl.Series:
    """Draw when calls are set up: anywhere in the hour that their row number gives them.

    Returns
    -------
    (n,) int64 milliseconds UTC.
    """
    hour = rhythm.first_call.search_sorted(row, side="right").cast(pl.Int64) - 1
    within = below(words(row, seed=seed, purpose="setup"), HOUR_MS)
    return rhythm.start_ms + hour * HOUR_MS + within
