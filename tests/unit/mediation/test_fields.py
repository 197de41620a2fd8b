import polars as pl
import pytest

from cdrpipe.mediation.fields import (
    flag_field,
    read_field,
    require_field,
    seconds_field,
    text_field,
    whole_field,
)
from cdrpipe.mediation.read_records import places_frame


def frame_of(words: list[str | None]) -> pl.DataFrame:
    frame = places_frame(payload_index=[0] * len(words), row=list(range(len(words))))
    return frame.with_columns(billsec=pl.Series(words, dtype=pl.String))


def test_seconds_become_milliseconds_and_decimals_beyond_the_third_are_dropped() -> None:
    values, bad = seconds_field(pl.Series(["61", "0", " 7 ", "12.3456", "5.", "", None]))
    assert values.to_list() == [61_000, 0, 7_000, 12_345, 5_000, None, None]
    assert not bad.any()


@pytest.mark.parametrize("words", ["6O", "-1", "1,5", "1e3", "0x10", "1234567890123"])
def test_what_is_no_plain_number_of_seconds_is_a_fault(words: str) -> None:
    values, bad = seconds_field(pl.Series([words]))
    assert values.to_list() == [None]
    assert bad.to_list() == [True]


def test_whole_numbers_are_read_from_text_and_from_numbers() -> None:
    assert whole_field(pl.Series(["61200", "", None]))[0].to_list() == [61_200, None, None]
    values, bad = whole_field(pl.Series([61_200, -1, None, 10**15]))
    assert values.to_list() == [61_200, None, None, None]
    assert bad.to_list() == [False, True, False, True]


def test_blank_text_is_null_and_other_text_stands_as_it_is() -> None:
    assert text_field(pl.Series(["", "  ", " a ", None]))[0].to_list() == [None, None, " a ", None]


def test_flags_are_read_from_words_and_digits() -> None:
    values, bad = flag_field(pl.Series(["true", "False", "1", "0", "", "yes"]))
    assert values.to_list() == [True, False, True, False, None, None]
    assert bad.to_list() == [False] * 5 + [True]


def test_a_fault_names_the_column_what_was_expected_and_what_came() -> None:
    frame = read_field(frame_of(["9", "nine"]), "billsec", seconds_field, expected="seconds")
    assert frame["fault"].to_list() == [None, "expected billsec as seconds, came 'nine'"]


def test_the_first_fault_of_a_record_stays() -> None:
    frame = read_field(frame_of(["nine"]), "billsec", seconds_field, expected="seconds")
    frame = require_field(frame, "billsec", expected="a length")
    assert frame["fault"].to_list() == ["expected billsec as seconds, came 'nine'"]
