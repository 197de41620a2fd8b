"""Amounts are read exactly or not at all, and rounded half away from zero."""

from fractions import Fraction

import pytest

from cdrpipe.money import (
    cents_of_micros,
    exact_text,
    half_up,
    micros_of,
    yuan_of_cents,
    yuan_of_micros,
)


@pytest.mark.parametrize(
    ("text", "micros"),
    [("0.12", 120_000), ("0", 0), ("-1.5", -1_500_000), ("1e2", 100_000_000), ("0.000001", 1)],
)
def test_an_amount_is_read_to_the_micro(text: str, micros: int) -> None:
    assert micros_of(text) == micros


@pytest.mark.parametrize(
    "text",
    ["", "abc", "0.0000001", "NaN", "Infinity", "1e999999", "0." + "1" * 60, "1" * 60, "1,5"],
)
def test_what_is_no_exact_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected an amount in yuan"):
        micros_of(text)


@pytest.mark.parametrize(("micros", "cents"), [(4_999, 0), (5_000, 1), (-5_000, -1), (14_999, 1)])
def test_cents_are_rounded_half_up_on_the_absolute_value(micros: int, cents: int) -> None:
    assert cents_of_micros(micros) == cents


def test_amounts_are_shown_with_their_decimals() -> None:
    assert str(yuan_of_micros(120_000)) == "0.120000"
    assert str(yuan_of_cents(-5)) == "-0.05"
    assert half_up(1, 3) == 0


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Fraction(240_000), "240000"),
        (Fraction(0), "0"),
        (Fraction(-5, 4), "-1.25"),
        (Fraction(1, 80), "0.0125"),
        (Fraction(5_000, 3), "5000/3"),
        (Fraction(1, 2**50), format(0.5**50, ".50f")),
        (Fraction(10**29 + 1, 2), f"5{'0' * 28}.5"),
    ],
)
def test_an_exact_amount_is_written_in_decimals_where_these_end(
    amount: Fraction, text: str
) -> None:
    assert exact_text(amount) == text
