"""tariff/prepaid_class.py: the prices of a plan version for who once paid in enough."""

from dataclasses import replace

import pytest

from cdrpipe.tariff.prepaid_class import with_class, with_reached_classes
from cdrpipe.tariff.rate_deck import parse_rate_plan

PLAN = """
id = "prepaid"
name = "Prepaid"
[[version]]
version = 1
valid_from = 2026-01-01
[[version.prepaid.class]]
top_up_min = "1000"
price_per_minute = "0.10"
[[version.prepaid.class]]
top_up_min = "5000"
price_per_minute = "0.08"
[[version.rate]]
party = "enterprise"
connect_fee = "0.01"
minimum = "0.05"
rounding = "up"
decimals = 2
[[version.rate.step]]
from = "0s"
price = "0"
per = "60s"
increment = "60s"
[[version.rate.step]]
from = "60s"
price = "0.02"
per = "6s"
increment = "6s"
[[version.rate]]
party = "caller"
price_per_minute = "0.22"
increment = "60s"
"""


@pytest.fixture(scope="module", name="version")
def _version():
    (version,) = parse_rate_plan(PLAN, file="prepaid.toml")
    return version


def test_a_class_prices_the_enterprises_paid_minutes_and_leaves_all_else(version):
    of_class = with_class(version, version.prepaid.classes[0])
    enterprise, caller = version.rates
    free, paid = enterprise.steps
    in_class = replace(enterprise, steps=(free, replace(paid, price_micros=100_000, per_ms=60_000)))
    assert of_class == replace(version, rates=(in_class, caller), top_up_class_micros=1_000_000_000)


def test_classes_that_nobody_reached_are_left_out(version):
    def classes(top_up_micros_max):
        found = with_reached_classes([version], top_up_micros_max=top_up_micros_max)
        return [each.top_up_class_micros for each in found]

    assert classes(999_999_999) == [None]
    assert classes(1_000_000_000) == [None, 1_000_000_000]
    assert classes(10**13) == [None, 1_000_000_000, 5_000_000_000]
