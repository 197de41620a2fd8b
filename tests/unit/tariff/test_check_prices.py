"""Slips of the pen in prices: each told at its line, its lawful neighbour not."""

import pytest
from plan_findings import HEAD, REST, findings_of, told

RATE = '[[rate]]\nparty = "enterprise"\n'
PRICED = 'price_per_minute = "{price}"\nincrement = "60s"\n'


def stepped(*steps: tuple[str, str, str]) -> str:
    """A plan of one rate; its header is line 3, its n-th step (from 0) begins on line 5 + 4 n."""
    return HEAD + RATE + "".join(
        f'[[rate.step]]\nfrom = "{start}"\nprice_per_minute = "{price}"\nincrement = "{by}"\n'
        for start, price, by in steps
    )  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "lines"),
    [
        # Increments of 3 minutes begin at 0 and 3 min: none begins between 1 and 2 min.
        ([("0s", "0.2", "180s"), ("60s", "0.2", "60s"), ("120s", "0.1", "60s")], [9]),
        ([("0s", "0.2", "60s"), ("60s", "0.2", "60s"), ("120s", "0.1", "60s")], []),
        # The increment from 50 s on ends at 70 s, within the second step.
        ([("0s", "0.2", "10s"), ("45s", "0.2", "30s"), ("60s", "0.1", "60s")], []),
        ([("0s", "0.2", "60s"), ("24h", "0.1", "60s")], [9]),
        ([("0s", "0.2", "60s"), ("86399s", "0.1", "60s")], [9]),
        ([("0s", "0.2", "1s"), ("86399s", "0.1", "60s")], []),
    ],
)
def test_a_step_in_which_no_increment_begins_is_told(
    steps: list[tuple[str, str, str]], lines: list[int]
) -> None:
    assert told(stepped(*steps)) == [(line, "STEP_UNREACHABLE") for line in lines]


@pytest.mark.parametrize(
    ("first", "second", "is_told"),
    [
        ("0.10", "1.00", False),
        ("0.10", "1.01", True),
        ("1.01", "0.10", True),
        ("0", "0.12", False),
    ],
)
def test_a_price_that_leaps_tenfold_between_steps_is_told_and_a_free_one_is_not(
    first: str, second: str, *, is_told: bool
) -> None:
    text = stepped(("0s", first, "60s"), ("60s", second, "60s"))
    assert told(text) == ([(9, "STEP_PRICE_JUMP")] if is_told else [])


def one(keys: str, price: str = "0.12") -> str:
    return HEAD + RATE + PRICED.format(price=price) + keys + "\n"


@pytest.mark.parametrize(
    ("keys", "codes"),
    [
        # An hour at 0.12 is 7.20.
        ('minimum = "7.20"', []),
        ('minimum = "7.21"', ["MINIMUM_ABOVE_HOUR"]),
        ('minimum = "8"\nconnect_fee = "0.8"', []),
        # A price a call, whatever it lasts.
        ('minimum = "10"\nmaximum = "10"', []),
        ('maximum = "0.13"', []),
        ('maximum = "0.12"', ["MAXIMUM_AT_FIRST_INCREMENT"]),
        ('maximum = "0.13"\nconnect_fee = "0.01"', ["MAXIMUM_AT_FIRST_INCREMENT"]),
    ],
)
def test_limits_without_sense_are_told_at_the_rate(keys: str, codes: list[str]) -> None:
    assert told(one(keys)) == [(3, code) for code in codes]


def test_a_quantity_without_a_clock_has_no_hour() -> None:
    text = 'price = "0.05"\nper = "1048576 units"\nincrement = "1048576 units"\nminimum = "1"\n'
    assert told(HEAD + RATE + text) == []


@pytest.mark.parametrize(
    ("price", "is_told"), [("12", True), ("11.99", False), ("0.0012", True), ("0.0013", False)]
)
def test_a_price_a_hundred_times_off_the_median_is_told_with_both(
    price: str, *, is_told: bool
) -> None:
    others = REST + REST + 'prefix = "861"\n' + REST + 'prefix = "862"\n'
    odd = RATE + PRICED.format(price=price) + 'prefix = "863"\n'
    found = findings_of(HEAD + others + odd)
    assert [(each.line, each.code) for each in found] == (
        [(3 + 4 + 5 + 5, "PRICE_OUTLIER")] if is_told else []
    )
    if is_told:
        assert f"a minute costs {price}, and 0.12 by the median" in found[0].message


def test_two_prices_have_no_median() -> None:
    assert told(one("") + RATE + PRICED.format(price="30") + 'prefix = "863"\n') == []


def test_a_price_per_another_time_than_most_is_worth_a_note() -> None:
    odd = RATE + 'price = "0.012"\nper = "6s"\nincrement = "6s"\nprefix = "863"\n'
    [found] = findings_of(HEAD + REST + REST + 'prefix = "861"\n' + odd)
    assert (found.severity, found.line, found.code) == ("note", 12, "PRICE_PER_OTHER_TIME")
    assert "the price is per 6s" in found.message
