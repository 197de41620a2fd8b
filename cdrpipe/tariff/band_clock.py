"""The bands of a batch's time, laid out as instants at which another one becomes active.

Local time, calendars and priorities are ``time_band.py``'s; the kernel only looks for an instant
among the changes.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cdrpipe.numbering.calendar import Calendar
from cdrpipe.tariff.rate_plan import Band
from cdrpipe.tariff.time_band import NO_BAND, band_timeline

# Changes are looked up for whole spans of this length, and kept: batches of one day share them.
SPAN_US = 32 * 86_400_000_000
_SPANS_KEPT = 4_096
_TIMELINES_KEPT = 16

_BEGIN_OF_TIME_US, _END_OF_TIME_US = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BandSet:
    """Bands that the rates of one group name, in the order of the plan."""

    bands: tuple[Band, ...]
    tz: str
    calendar: Calendar | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timelines:
    """Which band is active when, for every band set of a rate table.

    Attributes
    ----------
    start
        int32 a band set, and one more: where its entries begin.
    change_us, state
        int64 and int32 an entry: from this instant on the band at this position of the set is the
        active one; behind the last position: none is; UNCONFIRMED. The first entry of a set is
        before all instants, its last behind all of them.
    """

    start: memoryview
    change_us: memoryview
    state: memoryview


class BandClock:
    """Timelines of band sets over the times of batches; keeps those that were asked for last."""

    def __init__(self, band_sets: Sequence[BandSet]) -> None:
        self.band_sets = tuple(band_sets)
        self._kept: dict[tuple[int, ...], Timelines] = {}

    def timelines(self, spans: tuple[int, ...]) -> Timelines:
        """Give the timelines over some spans of time, the n-th from n * SPAN_US on, ascending.

        Between spans that are not neighbours they say nothing.
        """
        found = self._kept.get(spans)
        if found is None:
            found = _timelines(self.band_sets, spans)
            if len(self._kept) >= _TIMELINES_KEPT:
                self._kept.clear()
            self._kept[spans] = found
        return found


def _timelines(band_sets: Sequence[BandSet], spans: Sequence[int]) -> Timelines:
    start, change_us, state = array("i", [0]), array("q"), array("i")
    for band_set in band_sets:
        previous = None
        for span in spans:
            for instant_us, active in _changes(band_set, span):
                if active != previous:
                    change_us.append(_BEGIN_OF_TIME_US if previous is None else instant_us)
                    state.append(len(band_set.bands) if active == NO_BAND else active)
                    previous = active
        change_us.append(_END_OF_TIME_US)
        state.append(len(band_set.bands))
        start.append(len(state))
    return Timelines(
        start=memoryview(start), change_us=memoryview(change_us), state=memoryview(state)
    )


@lru_cache(maxsize=_SPANS_KEPT)
def _changes(band_set: BandSet, span: int) -> list[tuple[int, int]]:
    return band_timeline(
        band_set.bands, span * SPAN_US, (span + 1) * SPAN_US, band_set.tz, band_set.calendar
    )
