import pytest

from cdrpipe.errors import TariffError
from cdrpipe.tariff import price_section
from cdrpipe.tariff.rate_deck import parse_rate_plan
from cdrpipe.tariff.rate_plan import RatePlanVersion

HINT = "there is cn, hk; the setting `calendar_files` adds more"
RATE = '[[rate]]\nparty = "enterprise"\nprice_per_minute = 1\nincrement = 60\n'


def version_of(keys: str, **options) -> RatePlanVersion:
    text = f'id = "p"\nvalid_from = 2026-01-01\n{keys}\n{RATE}'
    [version] = parse_rate_plan(text, file="p.toml", **options)
    return version


def faults_of(keys: str, **options) -> list[tuple[str, str, str]]:
    with pytest.raises(TariffError) as caught:
        version_of(keys, **options)
    return [(fault.where, fault.message, fault.hint) for fault in caught.value.faults]


def test_what_is_left_out_is_by_start_by_answering_number_and_nothing_free() -> None:
    version = version_of("")
    assert (version.band_option, version.prefix_of) == ("by_start", "answering_number")
    assert (version.calendar, version.free_numbers) == (None, ())
    assert (version.bands, version.zones) == ((), ())


def test_the_options_of_a_version_are_read() -> None:
    version = version_of('band_option = "split"\nprefix_of = "service_number"\ncalendar = "cn"')
    assert (version.band_option, version.prefix_of) == ("split", "service_number")
    assert version.calendar == "cn"


def test_free_numbers_are_full_numbers_however_they_are_written() -> None:
    version = version_of('free_numbers = ["+86 138 0013 8000", 13800138001, "02161234567"]')
    assert version.free_numbers == (862161234567, 8613800138000, 8613800138001)


def test_a_free_number_that_is_none_is_told(monkeypatch) -> None:
    assert faults_of('free_numbers = ["1380013800", true]') == [
        (
            "p.toml:3",
            f'`free_numbers`: expected full numbers such as "13800138000", got {shown}',
            "",
        )
        for shown in ('"1380013800"', "true")
    ]
    monkeypatch.setattr(price_section, "FREE_NUMBERS_MAX", 1)
    [(_, message, _)] = faults_of('free_numbers = ["13800138000", "13800138001"]')
    assert message == "expected at most 1 numbers"


def test_a_calendar_that_is_not_there_is_told_where_that_is_known() -> None:
    assert version_of('calendar = "xx"').calendar == "xx"
    assert faults_of('calendar = "cm"', calendars=["cn", "hk"]) == [
        ("p.toml:3", '`calendar`: there is no calendar "cm"', HINT)
    ]


def test_an_option_that_is_none_is_told() -> None:
    assert [
        message for _, message, _ in faults_of('band_option = "cut"\nprefix_of = "callee"')
    ] == [
        '`band_option`: expected one of by_start, split, got "cut"',
        "`prefix_of`: expected one of answering_number, calling_number, service_number, "
        'got "callee"',
    ]
