from array import array

from cdrpipe.tariff.band_clock import SPAN_US, BandClock, BandSet, Timelines
from cdrpipe.tariff.rate_plan import Band
from cdrpipe.tariff.time_band import UNCONFIRMED, active_index

HOUR_US = 3_600_000_000
NIGHT = Band(name="night", from_ms=21 * 3_600_000, until_ms=7 * 3_600_000)
OFF = Band(name="off", day_kinds=("holiday", "restday"), priority=1)
ALWAYS = Band(name="always")


def state_at(timelines: Timelines, band_set: int, instant_us: int) -> int:
    """Look for an instant one by one, where the kernel halves."""
    start, end = timelines.start[band_set], timelines.start[band_set + 1]
    changes = timelines.change_us[start:end].tolist()
    assert changes == sorted(set(changes))
    assert (changes[0], changes[-1]) == (-(2**63), 2**63 - 1)
    at = max(index for index, change_us in enumerate(changes) if change_us <= instant_us)
    return timelines.state[start + at]


def test_every_instant_of_the_spans_has_the_band_that_is_active_then() -> None:
    sets = [
        BandSet(bands=bands, tz=tz, calendar=None)
        for bands, tz in (
            ((NIGHT,), "Asia/Shanghai"),
            ((NIGHT,), "America/New_York"),
            ((NIGHT, OFF), "Asia/Shanghai"),
            ((ALWAYS,), "UTC"),
        )
    ]
    spans = (638, 639, 645)
    timelines = BandClock(sets).timelines(spans)
    for span in spans:
        for instant_us in range(span * SPAN_US, (span + 1) * SPAN_US, 5 * HOUR_US + 1_000):
            for index, band_set in enumerate(sets):
                active = active_index(band_set.bands, instant_us, band_set.tz, None)
                expected = len(band_set.bands) if active == -1 else active
                assert state_at(timelines, index, instant_us) == expected


def test_a_day_of_unknown_kind_is_told_apart_from_no_band() -> None:
    clock = BandClock([BandSet(bands=(OFF,), tz="UTC", calendar=None)])
    timelines = clock.timelines((638,))
    assert timelines.state.tolist() == [UNCONFIRMED, 1]


def test_an_unbroken_band_is_one_entry() -> None:
    timelines = BandClock([BandSet(bands=(ALWAYS,), tz="UTC", calendar=None)]).timelines((1, 2, 9))
    assert timelines.state.tolist() == [0, 1]
    assert timelines.start.tolist() == [0, 2]


def test_timelines_are_kept_until_there_are_many() -> None:
    clock = BandClock([BandSet(bands=(ALWAYS,), tz="UTC", calendar=None)])
    first = clock.timelines((0,))
    assert clock.timelines((0,)) is first
    for span in range(1, 17):
        clock.timelines((span,))
    assert clock.timelines((0,)) is not first
    assert clock.timelines((0,)).change_us == memoryview(array("q", first.change_us))


def test_no_span_at_all_has_no_band() -> None:
    timelines = BandClock([BandSet(bands=(ALWAYS,), tz="UTC", calendar=None)]).timelines(())
    assert timelines.start.tolist() == [0, 1]
