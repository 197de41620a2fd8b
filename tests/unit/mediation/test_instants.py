from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from cdrpipe.mediation.instants import instants_of_counts, instants_of_text

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


def read(*stamps: str | None, tz: ZoneInfo = SHANGHAI) -> list[datetime | None]:
    return instants_of_text(pl.Series("at", stamps, dtype=pl.String), tz).to_list()


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-03-01 09:30:00",
        "2026-03-01T09:30:00",
        "2026/03/01 09:30:00",
        "2026/3/1 9:30",
        "2026-03-01 09:30",
        "2026-03-01T01:30:00Z",
        "2026-03-01T09:30:00+08:00",
        "2026-03-01T09:30:00.000+0800",
        "2026-03-01 03:30:00 +02:00",
        "1772328600",
        "1772328600000",
        "1772328600000000",
    ],
)
def test_every_way_of_writing_half_past_nine_in_shanghai_is_one_instant(stamp: str) -> None:
    assert read(stamp) == [datetime(2026, 3, 1, 1, 30, tzinfo=UTC)]


def test_stamps_of_several_formats_in_one_column_are_all_read() -> None:
    assert read("2026-03-01T01:30:00Z", None, "2026-03-01 09:30:00", "1772328600") == [
        datetime(2026, 3, 1, 1, 30, tzinfo=UTC),
        None,
        datetime(2026, 3, 1, 1, 30, tzinfo=UTC),
        datetime(2026, 3, 1, 1, 30, tzinfo=UTC),
    ]


def test_fractions_are_kept_to_the_microsecond() -> None:
    assert read("2026-03-01T09:30:00.123456789+08:00", "2026-03-01 09:30:00.5") == [
        datetime(2026, 3, 1, 1, 30, 0, 123456, tzinfo=UTC),
        datetime(2026, 3, 1, 1, 30, 0, 500000, tzinfo=UTC),
    ]


def test_a_local_time_that_occurs_twice_is_the_earlier_instant() -> None:
    # Clocks go back at 03:00 on 2026-10-25: 02:30 is first 00:30 UTC, then 01:30 UTC.
    assert read("2026-10-25 02:30:00", tz=BERLIN) == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]


def test_a_local_time_that_does_not_exist_is_not_read() -> None:
    assert read("2026-03-29 02:30:00", tz=BERLIN) == [None]


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-02-30 10:00:00",
        "2026-03-01",
        "01/03/2026 09:30",
        "noon",
        "-1",
        "1969-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
        "99999999999999999999999",
        "20260301093000",
    ],
)
def test_what_is_no_stamp_of_1970_to_2199_is_not_read(stamp: str) -> None:
    assert read(stamp) == [None]


def test_counts_are_told_apart_by_magnitude() -> None:
    counts = pl.Series("at", [1772328600, 1772328600123, 1772328600123456, None, 10**17])
    assert instants_of_counts(counts).to_list() == [
        datetime(2026, 3, 1, 1, 30, tzinfo=UTC),
        datetime(2026, 3, 1, 1, 30, 0, 123000, tzinfo=UTC),
        datetime(2026, 3, 1, 1, 30, 0, 123456, tzinfo=UTC),
        None,
        None,
    ]


def test_a_column_without_stamps_is_a_column_of_nulls() -> None:
    assert read(None, None) == [None, None]
    assert read() == []
