from datetime import date

import pytest

from cdrpipe.register.cells import (
    area_code_reader,
    choice_reader,
    read_date,
    read_identifier,
    read_instant_us,
    read_service_number,
    read_sources,
    read_words,
)

# 2026-01-01T00:00:00Z, 20,454 days after the epoch.
NEW_YEAR_UTC_US = 20_454 * 86_400 * 10**6
EIGHT_HOURS_US = 8 * 3_600 * 10**6


@pytest.mark.parametrize(
    ("text", "instant_us"),
    [
        ("2026-01-01", NEW_YEAR_UTC_US - EIGHT_HOURS_US),
        ("2026-01-01T08:00:00+08:00", NEW_YEAR_UTC_US),
        ("2026-01-01 08:00+0800", NEW_YEAR_UTC_US),
        ("2026-01-01T00:00:00Z", NEW_YEAR_UTC_US),
        ("2025-12-31T19:00:00.000001-05:00", NEW_YEAR_UTC_US + 1),
        # Shanghai kept summer time in 1990: midnight was at 15:00 UTC.
        ("1990-07-01", (7_486 * 86_400 - 9 * 3_600) * 10**6),
    ],
)
def test_a_date_is_midnight_in_shanghai_and_an_instant_is_exact(text, instant_us):
    assert read_instant_us(text) == instant_us


def test_the_last_date_of_the_calendar_may_stand_for_never():
    assert read_instant_us("9999-12-31") == 2_932_895 * 86_400 * 10**6 + 16 * 3_600 * 10**6


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2026/1/1", "expected a date such as 2026-01-01, or an instant with offset"),
        ("20260101", "expected a date such as"),
        ("2026-01-01T08:00:00", "with offset"),
        ("2026-01-01T08:00:00.0000001Z", "expected a date such as"),
        ("2026-02-30", "expected a date of the calendar"),
        ("2026-01-01T25:00:00Z", "expected an instant of the calendar"),
        ("0206-01-01", "expected a year from 1970 on"),
    ],
)
def test_other_forms_of_an_instant_are_refused(text, message):
    with pytest.raises(ValueError, match=message):
        read_instant_us(text)


def test_a_date_may_be_older_than_any_number():
    assert read_date("1898-05-01") == date(1898, 5, 1)
    with pytest.raises(ValueError, match=r"expected a date such as 2026-01-01, got '1\.5\.1898'"):
        read_date("1.5.1898")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("400-800-1234", "4008001234"),
        ("+86 400 800 1234", "4008001234"),
        ("010 8888 8888", "01088888888"),
        ("voicemail", "voicemail"),
        ("park+700", "park+700"),
        ("1002", "1002"),
    ],
)
def test_a_number_is_read_into_the_form_that_calls_are_joined_by(text, number):
    assert read_service_number(text) == number


def test_a_number_that_excel_made_a_quantity_of_is_refused():
    for text in ("4.008E+09", "4E9", "4.00800123e+09"):
        with pytest.raises(ValueError, match="Excel"):
            read_service_number(text)


def test_names_that_others_refer_to_have_no_spaces():
    assert read_identifier("华东-1") == "华东-1"
    with pytest.raises(ValueError, match="without spaces"):
        read_identifier("A 1")
    with pytest.raises(ValueError, match="without spaces"):
        read_identifier("A\x07")
    with pytest.raises(ValueError, match="at most 64 characters, got 65"):
        read_identifier("A" * 65)


def test_free_text_is_one_line_of_bounded_length():
    assert read_words("上海 有限公司") == "上海 有限公司"
    with pytest.raises(ValueError, match="control characters"):
        read_words("a\nb")
    with pytest.raises(ValueError, match="at most 200 characters, got 201"):
        read_words("a" * 201)


def test_sources_are_sorted_and_stand_once():
    assert read_sources("pbx; asterisk ;pbx;") == "asterisk;pbx"


def test_a_choice_names_what_may_be_chosen():
    assert choice_reader("answered", "bridged")("bridged") == "bridged"
    with pytest.raises(ValueError, match="expected answered or bridged, got 'Bridged'"):
        choice_reader("answered", "bridged")("Bridged")


def test_an_area_code_gives_its_region_and_one_that_lost_its_zero_is_found_out():
    read = area_code_reader({"0755": 440755})
    assert read("0755") == 440755
    with pytest.raises(ValueError, match=r"got '755'; did you mean '0755'\?"):
        read("755")
    with pytest.raises(ValueError, match=r"got '0999'$"):
        read("0999")
