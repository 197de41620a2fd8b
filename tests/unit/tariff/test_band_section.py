from datetime import date

import pytest

from cdrpipe.errors import TariffError
from cdrpipe.tariff.rate_deck import parse_rate_plan
from cdrpipe.tariff.rate_plan import DAY_MS, Band

HOUR_MS = 3_600_000
HEAD = 'id = "p"\nvalid_from = 2026-01-01\ncalendar = "cn"\n[[band]]\n'  # its header is line 4
RATE = '[[rate]]\nparty = "enterprise"\nprice_per_minute = 1\nincrement = 60\n'


def band_of(section: str) -> Band:
    [version] = parse_rate_plan(f'{HEAD}name = "b"\n{section}\n{RATE}', file="plan.toml")
    [band] = version.bands
    return band


def faults_of(text: str) -> list[tuple[int, str]]:
    with pytest.raises(TariffError) as caught:
        parse_rate_plan(text, file="plan.toml")
    return [
        (int(fault.where.removeprefix("plan.toml:")), fault.message)
        for fault in caught.value.faults
    ]


def fault_of(section: str) -> str:
    [(line, message)] = faults_of(f'{HEAD}name = "b"\n{section}\n{RATE}')
    assert line in (4, 6)
    return message


def test_a_band_that_says_nothing_holds_always() -> None:
    assert band_of("") == Band(name="b")


def test_everything_a_band_can_say_is_read() -> None:
    band = band_of(
        """priority = -3
weekdays = ["mon-wed", "fri"]
months = ["11-2", 6]
month_days = [1, "10-12"]
years = ["2026-2028"]
from = "18:00"
until = "07:30:15.5"
dates = ["2026-12-01/2027-03-01", 2026-06-01, "2026-06-11"]
day_kinds = ["restday", "holiday"]
"""
    )
    assert band == Band(
        name="b",
        priority=-3,
        weekdays=(1, 2, 3, 5),
        months=(1, 2, 6, 11, 12),
        month_days=(1, 10, 11, 12),
        years=(2026, 2027, 2028),
        from_ms=18 * HOUR_MS,
        until_ms=7 * HOUR_MS + 30 * 60_000 + 15_500,
        dates=(
            (date(2026, 6, 1), date(2026, 6, 2)),
            (date(2026, 6, 11), date(2026, 6, 12)),
            (date(2026, 12, 1), date(2027, 3, 1)),
        ),
        day_kinds=("restday", "holiday"),
    )
    assert band.is_over_midnight


@pytest.mark.parametrize(
    ("written", "weekdays"),
    [
        ('"mon-fri"', (1, 2, 3, 4, 5)),
        ('["sat-mon"]', (1, 6, 7)),
        ('["周六", "Sunday"]', (6, 7)),
        ("[7, 1]", (1, 7)),
    ],
)
def test_weekdays_are_names_numbers_and_ranges(written: str, weekdays: tuple[int, ...]) -> None:
    assert band_of(f"weekdays = {written}").weekdays == weekdays


@pytest.mark.parametrize(
    ("written", "from_ms", "until_ms"),
    [
        ('from = "00:00"\nuntil = "00:00"', 0, DAY_MS),
        ('from = "18:00"\nuntil = "24:00"', 18 * HOUR_MS, DAY_MS),
        ('from = "18:00"\nuntil = "00:00"', 18 * HOUR_MS, DAY_MS),
        ("from = 18:00:00\nuntil = 18:00:01", 18 * HOUR_MS, 18 * HOUR_MS + 1_000),
        ('until = "9:00"', 0, 9 * HOUR_MS),
    ],
)
def test_midnight_may_be_an_end_and_a_beginning(written: str, from_ms: int, until_ms: int) -> None:
    band = band_of(written)
    assert (band.from_ms, band.until_ms) == (from_ms, until_ms)
    assert not band.is_over_midnight


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ('weekdays = ["monn"]', '`weekdays`: expected entries from 1 to 7 such as "mon"'),
        ("weekdays = []", "`weekdays`: expected a value, or a list of at least one, got a list"),
        ("months = [0]", '`months`: expected entries from 1 to 12 such as 1 or "1-12", got 0'),
        ("month_days = [true]", "`month_days`: expected entries from 1 to 31"),
        ('years = ["2028-2026"]', "`years`: expected a range that ascends"),
        ("years = [1999]", "`years`: expected entries from 2000 to 2099"),
        ('from = "25:00"', '`from`: expected a time of day such as "18:00"'),
        ('until = "24:01"', '`until`: expected a time of day up to "24:00", got "24:01"'),
        ('from = "24:00"', '`from`: a band begins before "24:00"'),
        ('until = "09:00"\nfrom = "09:00"', "`until` is `from`: the band has no length"),
        ('dates = ["2026-10-08/2026-10-01"]', "`dates`: expected a range whose end is after"),
        ('dates = ["2026-10-01..2026-10-08"]', "`dates`: expected dates such as 2026-10-01"),
        ('dates = ["1999-12-31"]', "`dates`: expected dates such as 2026-10-01"),
        ("dates = [2026-10-01T00:00:00]", "`dates`: expected dates such as 2026-10-01"),
        ('day_kinds = ["holyday"]', "`day_kinds`: expected one of workday, restday, holiday"),
        ("priority = 1_000_001", "`priority`: expected a whole number from -1000000 to 1000000"),
        ('form = "18:00"', "unknown key `form`"),
        ("months = [2]\nmonth_days = [30]", 'the band "b" holds on no day'),
    ],
)
def test_what_is_wrong_with_a_band_is_told(written: str, message: str) -> None:
    assert fault_of(written).startswith(message)


def test_day_kinds_need_a_calendar() -> None:
    text = HEAD.replace('calendar = "cn"\n', "") + 'name = "b"\nday_kinds = ["holiday"]\n' + RATE
    assert faults_of(text) == [(1, "a band names `day_kinds`, and the plan names no `calendar`")]


def test_two_bands_have_two_names() -> None:
    text = HEAD + 'name = "b"\n[[band]]\nname = "b"\n[[band]]\n' + RATE
    assert faults_of(text) == [
        (7, 'the band "b" is defined above too'),
        (8, "`name` is missing"),
    ]


def test_a_rate_that_names_a_faulty_band_is_no_fault_of_its_own() -> None:
    text = f'{HEAD}name = "b"\nfrom = "x"\n{RATE}band = "b"\n'
    assert [line for line, _ in faults_of(text)] == [6]


def test_a_rate_that_names_an_unknown_band_is_told_the_nearest() -> None:
    text = f'{HEAD}name = "night"\n{RATE}band = "nihgt"\n'
    with pytest.raises(TariffError) as caught:
        parse_rate_plan(text, file="plan.toml")
    [fault] = caught.value.faults
    assert (fault.where, fault.message) == ("plan.toml:10", '`band`: there is no band "nihgt"')
    assert fault.hint == 'did you mean "night"?'
