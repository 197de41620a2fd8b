"""From a stored row back to what its price was made of."""

import pytest

from cdrpipe.rating.call_facts import version_of_row, versions_by_row
from cdrpipe.tariff.rate_deck import parse_rate_plan

PLAN = """
id = "prepaid"
valid_from = 2026-01-01

[prepaid]
top_up_min = "600"

[[prepaid.class]]
top_up_min = "1000"
price_per_minute = "0.10"

[[rate]]
party = "enterprise"
price_per_minute = "0.12"
increment = "60s"
"""
(VERSION,) = parse_rate_plan(PLAN, file="prepaid.toml")


def found(plan_version: int, top_up_class_micros: int | None) -> int | None:
    row = {
        "plan_id": "prepaid",
        "plan_version": plan_version,
        "top_up_class_micros": top_up_class_micros,
    }
    version = version_of_row(row, versions_by_row([VERSION]))
    return None if version is None else version.rates[0].steps[0].price_micros


@pytest.mark.parametrize(
    ("plan_version", "top_up_class_micros", "price_micros"),
    [
        pytest.param(1, None, 120_000, id="the version's own price"),
        pytest.param(1, 1_000_000_000, 100_000, id="the price of the class it was rated in"),
        pytest.param(1, 2_000_000_000, None, id="a class that the register does not know"),
        pytest.param(2, None, None, id="a version that the register does not know"),
    ],
)
def test_a_stored_call_finds_the_prices_it_was_rated_by(
    plan_version: int, top_up_class_micros: int | None, price_micros: int | None
) -> None:
    assert found(plan_version, top_up_class_micros) == price_micros
