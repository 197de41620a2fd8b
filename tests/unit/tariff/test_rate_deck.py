from datetime import UTC, datetime, timedelta

import pytest

from cdrpipe.errors import TariffError
from cdrpipe.tariff.rate_deck import parse_rate_plan

RATE = '[[rate]]\nparty = "enterprise"\nprice_per_minute = "0.12"\nincrement = "60s"\n'
VERSION_RATE = RATE.replace("[[rate]]", "[[version.rate]]")


def us_of(text: str) -> int:
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        microseconds=1
    )


def refusal_of(text: str) -> TariffError:
    with pytest.raises(TariffError) as caught:
        parse_rate_plan(text, file="plan.toml")
    return caught.value


def faults_of(text: str) -> list[tuple[str, str]]:
    return [(fault.where, fault.message) for fault in refusal_of(text).faults]


def test_a_flat_file_is_a_plan_with_one_version() -> None:
    [version] = parse_rate_plan(
        'id = "p"\nname = "计划"\nvalid_from = 2026-01-01\n' + RATE, file="plan.toml"
    )
    assert (version.plan_id, version.version, version.name) == ("p", 1, "计划")
    assert (version.tz, version.split) == ("Asia/Shanghai", "independent")
    # Midnight in China is 16:00 UTC of the day before.
    assert version.valid_from_us == us_of("2025-12-31T16:00:00+00:00")
    assert version.valid_until_us is None


def test_a_version_number_may_stand_in_a_flat_file() -> None:
    [version] = parse_rate_plan(
        'id = "p"\nversion = 7\nsplit = "rest"\nvalid_from = 2026-01-01\n' + RATE, file="f"
    )
    assert (version.version, version.name, version.split) == (7, "p", "rest")


def test_versions_come_in_the_order_of_their_validity() -> None:
    versions = parse_rate_plan(
        'id = "p"\ntz = "Asia/Urumqi"\n'
        "[[version]]\nversion = 2\nvalid_from = 2026-07-01\n" + VERSION_RATE
        + "[[version]]\nversion = 1\nvalid_from = 2026-01-01\nvalid_until = 2026-07-01\n"
        + VERSION_RATE,
        file="plan.toml",
    )  # fmt: skip
    assert [version.version for version in versions] == [1, 2]
    assert versions[0].valid_until_us == versions[1].valid_from_us
    assert versions[1].valid_from_us == us_of("2026-07-01T00:00:00+06:00")


def test_the_same_text_gives_the_same_plan() -> None:
    text = 'id = "p"\nvalid_from = 2026-01-01\n' + RATE
    assert parse_rate_plan(text, file="a") == parse_rate_plan(text, file="b")


def test_versions_in_force_at_once_are_refused() -> None:
    text = 'id = "p"\n' + "".join(
        f"[[version]]\nversion = {number}\nvalid_from = {start}\n{until}" + VERSION_RATE
        for number, start, until in (
            (1, "2026-01-01", "valid_until = 2027-01-01\n"),
            (2, "2026-02-01", "valid_until = 2026-03-01\n"),
            (3, "2026-06-01", ""),
        )
    )
    assert faults_of(text) == [
        ("plan.toml:12", "version 2 begins while version 1 is in force"),
        ("plan.toml:20", "version 3 begins while version 1 is in force"),
    ]


def test_a_version_without_an_end_reaches_over_all_later_ones() -> None:
    text = 'id = "p"\n' + "".join(
        f"[[version]]\nversion = {number}\nvalid_from = 2026-0{number}-01\n" + VERSION_RATE
        for number in (1, 2)
    )
    refusal = refusal_of(text)
    assert [fault.hint for fault in refusal.faults] == [
        "give version 1 a `valid_until` no later than this"
    ]


def test_a_version_number_is_given_once() -> None:
    text = 'id = "p"\n' + "".join(
        f"[[version]]\nversion = 1\nvalid_from = {year}-01-01\nvalid_until = {year}-02-01\n"
        + VERSION_RATE
        for year in (2026, 2027)
    )
    assert faults_of(text) == [("plan.toml:11", "version 1 is defined in line 2 too")]


def test_all_faults_of_a_file_are_told_at_once() -> None:
    text = """\
nam = "x"
tz = "Asia/Peking"
split = "halves"
valid_from = 2026-02-01
valid_until = 2026-02-01
monthly_rental = "-1"

[[rate]]
party = "enterprise"
relation = "lokal"
price_per_minute = "0,12"
increment = "60s"

[[rate]]
party = "callers"
price = 1
per = "60s"
increment = "0s"

[allowance]
minutes = 500
"""
    refusal = refusal_of(text)
    assert refusal.message == "12 faults in rate plan plan.toml"
    assert refusal.where == "plan.toml:1"
    assert refusal.hint == "nothing of the file was taken; mend it and import it again"
    lines = [int(fault.where.removeprefix("plan.toml:")) for fault in refusal.faults]
    assert lines == [1, 1, 2, 3, 5, 6, 10, 11, 15, 18, 20, 21]
    hints = {fault.hint for fault in refusal.faults}
    assert {"did you mean `name`?", 'did you mean "local"?', 'did you mean "caller"?'} <= hints


@pytest.mark.parametrize("tz", ["Asia", "../etc/passwd", "Mars/Phobos"])
def test_a_time_zone_that_does_not_exist_is_a_fault(tz: str) -> None:
    text = f'id = "p"\ntz = "{tz}"\nvalid_from = 2026-01-01\n' + RATE
    expected = f'`tz`: expected a time zone such as "Asia/Shanghai", got "{tz}"'
    assert faults_of(text) == [("plan.toml:2", expected)]


def test_a_section_beside_the_versions_is_unknown() -> None:
    text = 'id = "p"\n[[version]]\nversion = 1\nvalid_from = 2026-01-01\n' + VERSION_RATE + RATE
    assert faults_of(text) == [("plan.toml:9", "unknown key `rate`")]


def test_an_empty_file_is_told_what_it_lacks() -> None:
    assert faults_of("") == [
        ("plan.toml:1", "`id` is missing"),
        ("plan.toml:1", "`valid_from` is missing"),
        ("plan.toml:1", "the plan has no rate for the enterprise"),
    ]


def test_a_syntax_error_is_told_with_its_line() -> None:
    [(where, message)] = faults_of('id = "p"\nname = plan\n')
    assert where == "plan.toml:2"
    assert message == "the file is no TOML: Invalid value"
    [(where, message)] = faults_of('id = "p"\nname =')
    assert where == "plan.toml:2"
    assert message == "the file is no TOML: Invalid value"


@pytest.mark.parametrize(
    "value", ["9" * 5_000, "[" * 5_000, "1e" + "9" * 30], ids=["digits", "nesting", "exponent"]
)
def test_a_value_beyond_all_bounds_is_refused_without_harm(value: str) -> None:
    [(where, message)] = faults_of(f"id = {value}")
    assert where == "plan.toml:1"
    assert message.startswith("the file is no TOML: ")


def test_a_text_too_long_for_a_plan_is_refused() -> None:
    [(where, message)] = faults_of("#" * (2**21 + 1))
    assert (where, message) == (
        "plan.toml",
        "expected a rate plan of at most 2097152 characters, got 2097153",
    )


TWELVE_FAULTS = """id = "p"
tz = "Asia/Beijing"
valid_from = 2026-02-01
valid_until = 2026-01-01
split = "half"
deck = "national.csv"

[[band]]
name = "night"
from = "18:00"
until = "7 o'clock"

[[band]]
name = "rest"
day_kinds = ["holiday"]

[[zone]]
name = "south"
provinces = ["Guangdon"]

[[rate]]
party = "enterprise"
band = "nihgt"
price_per_minute = "0.12"
increment = "60s"

[[rate]]
party = "caller"
price_per_minute = "-1"
increment = "0s"
rouding = "up"

[allowance]
minutes_per_month = 0
"""


def test_a_file_with_twelve_faults_is_told_all_twelve_at_once() -> None:
    deck = "prefix,price_per_minute,increment\n86755,0.12,60s\n86755,0.13,60s\n"
    with pytest.raises(TariffError) as caught:
        parse_rate_plan(TWELVE_FAULTS, file="plan.toml", read_deck=lambda _: deck)
    assert [fault.where for fault in caught.value.faults] == [
        "plan.toml:1",  # day_kinds without a calendar
        "plan.toml:2",
        "plan.toml:4",
        "plan.toml:5",
        "plan.toml:11",
        "plan.toml:19",
        "plan.toml:23",
        "plan.toml:29",
        "plan.toml:30",
        "plan.toml:31",
        "plan.toml:34",
        "national.csv:3",
    ]
    assert caught.value.message == "12 faults in rate plan plan.toml"
