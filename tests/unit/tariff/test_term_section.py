import pytest

from cdrpipe.errors import TariffError
from cdrpipe.tariff.rate_deck import parse_rate_plan
from cdrpipe.tariff.rate_plan import (
    AllowanceTerms,
    FunctionFee,
    MinimumTerms,
    PoolTerms,
    PrepaidClass,
    PrepaidTerms,
    RatePlanVersion,
)

HEAD = 'id = "p"\nvalid_from = 2026-01-01\n'
RATE = '[[rate]]\nparty = "enterprise"\nprice_per_minute = "0.12"\nincrement = "60s"\n'


def version_of(terms: str) -> RatePlanVersion:
    [version] = parse_rate_plan(HEAD + terms + RATE, file="plan.toml")
    return version


def faults_of(terms: str) -> list[tuple[str, str]]:
    with pytest.raises(TariffError) as caught:
        version_of(terms)
    return [(fault.where, fault.message) for fault in caught.value.faults]


def test_a_plan_that_names_no_terms_has_none() -> None:
    version = version_of("")
    assert version.monthly_rental_micros == 0
    assert version.activation_fee_micros == version.number_fee_micros == 0
    assert version.function_fees == ()
    assert version.allowance is version.minimum is version.pool is version.prepaid is None


def test_fees_are_kept() -> None:
    version = version_of(
        'monthly_rental = "120"\nactivation_fee = 300\nnumber_fee = 0.5\n'
        '[function_fees]\nmenu = "20"\n"录音" = "10.50"\n'
    )
    assert version.monthly_rental_micros == 120_000_000
    assert version.activation_fee_micros == 300_000_000
    assert version.number_fee_micros == 500_000
    assert version.function_fees == (
        FunctionFee(name="menu", monthly_micros=20_000_000),
        FunctionFee(name="录音", monthly_micros=10_500_000),
    )


def test_allowance_minimum_pool_and_top_ups_are_kept() -> None:
    version = version_of(
        """
[allowance]
minutes_per_month = 500
whole_in_opening_month = false
[minimum]
per_month = "40"
per = "number"
owed_in_opening_month = true
[pool]
price = "3000"
minutes = 25_000
valid_months = 36
renewal_restarts_period = true
[prepaid]
top_up_min = "600"
top_up_minimum_months = 3
[[prepaid.class]]
top_up_min = "2000"
price_per_minute = "0.10"
[[prepaid.class]]
top_up_min = "5000"
price_per_minute = "0.08"
"""
    )
    assert version.allowance == AllowanceTerms(
        monthly_ms=500 * 60_000, is_whole_in_opening_month=False
    )
    assert version.minimum == MinimumTerms(
        monthly_micros=40_000_000, per="number", is_owed_in_opening_month=True
    )
    assert version.pool == PoolTerms(
        price_micros=3_000_000_000,
        granted_ms=25_000 * 60_000,
        valid_months=36,
        renewal_restarts_period=True,
    )
    assert version.prepaid == PrepaidTerms(
        top_up_micros_min=600_000_000,
        top_up_minimum_months=3,
        classes=(
            PrepaidClass(top_up_micros_min=2_000_000_000, price_per_minute_micros=100_000),
            PrepaidClass(top_up_micros_min=5_000_000_000, price_per_minute_micros=80_000),
        ),
    )


def test_terms_default_to_what_the_trade_does() -> None:
    version = version_of(
        "[allowance]\nminutes_per_month = 1\n[minimum]\nper_month = 1\n"
        "[pool]\nprice = 1\nyuan = 2\nvalid_months = 1\n[prepaid]\n"
    )
    assert version.allowance == AllowanceTerms(monthly_ms=60_000, is_whole_in_opening_month=True)
    assert version.minimum == MinimumTerms(
        monthly_micros=1_000_000, per="account", is_owed_in_opening_month=False
    )
    assert version.pool == PoolTerms(
        price_micros=1_000_000, granted_micros=2_000_000, valid_months=1
    )
    assert version.prepaid == PrepaidTerms()


@pytest.mark.parametrize(
    ("terms", "faults"),
    [
        ("[allowance]\n", [(3, "`minutes_per_month` is missing")]),
        (
            "[allowance]\nminutes_per_month = 0\n",
            [(4, "`minutes_per_month`: expected a whole number from 1 to 100000000, got 0")],
        ),
        (
            '[minimum]\nper_month = 1\nper = "call"\nin = 1\n',
            [
                (5, '`per`: expected one of account, number, got "call"'),
                (6, "unknown key `in`"),
            ],
        ),
        (
            "[pool]\nprice = 1\nvalid_months = 1\n",
            [(3, "a pool grants either `yuan` or `minutes`")],
        ),
        (
            "[pool]\nprice = 1\nvalid_months = 1\nyuan = 1\nminutes = 1\n",
            [(3, "a pool grants either `yuan` or `minutes`")],
        ),
        (
            "[[prepaid.class]]\ntop_up_min = 2\nprice_per_minute = 1\n"
            "[[prepaid.class]]\ntop_up_min = 2\nprice_per_minute = 1\n"
            "[[prepaid.class]]\nprice_per_minute = 1\n",
            [
                (7, "classes stand in ascending order of `top_up_min`"),
                (9, "`top_up_min` is missing"),
            ],
        ),
        (
            '[function_fees]\nmenu = "much"\n',
            [(4, '`menu`: expected an amount in yuan such as "0.12", got "much"')],
        ),
    ],
)
def test_each_fault_of_the_terms_is_told_with_its_line(
    terms: str, faults: list[tuple[int, str]]
) -> None:
    assert faults_of(terms) == [(f"plan.toml:{line}", message) for line, message in faults]
