"""billing/plan_cost.py: what a plan costs over months, by hand."""

from dataclasses import replace

import pytest
from billing_terms import OCTOBER, us
from months import flat, subscribed

from cdrpipe.billing.allowance_line import AllowanceUse
from cdrpipe.billing.invoice import make_invoices
from cdrpipe.billing.invoice_line import USAGE_SUMS_SCHEMA
from cdrpipe.billing.month_terms import terms_of_month
from cdrpipe.billing.plan_cost import (
    LOWEST_TOP_UP_CLASS,
    ONE_TIME_FEES_LEFT_OUT,
    POOL_PRO_RATA,
    Offer,
    OfferMonth,
    OfferMonths,
    cost_shape,
    plan_cost,
    pooled_ms,
)
from cdrpipe.rating.allowance import CallKey, GrantedCall
from cdrpipe.rating.rate_group import CallFacts
from cdrpipe.tariff.rate_plan import (
    AllowanceTerms,
    FunctionFee,
    MinimumTerms,
    PoolTerms,
    PrepaidClass,
    PrepaidTerms,
)

YUAN = 1_000_000
MINUTE_MS = 60_000


def month_of(version, usage_micros, *, used_ms=0, taken_off_micros=0, pool_ms=0):
    """A month of calls that cost so much, some of which included time paid for."""
    (terms,) = terms_of_month([subscribed("A1", version.plan_id)], [version], cycle=OCTOBER)
    uses = []
    if version.allowance:
        uses.append(
            AllowanceUse(
                terms=terms,
                granted_ms=version.allowance.monthly_ms,
                used_ms=used_ms,
                calls=1,
                micros_of_number={"4008001234": -taken_off_micros},
            )
        )
    row = {
        "account_id": "A1", "service_number": "4008001234", "plan_id": version.plan_id,
        "plan_version": 1, "relation": "local", "zone": "", "band": "", "calls": 1,
        "billable_ms": 1, "usage_micros": usage_micros,
    }  # fmt: skip
    (invoice,) = make_invoices(
        USAGE_SUMS_SCHEMA.empty_table().from_pylist([row], schema=USAGE_SUMS_SCHEMA),
        uses,
        account_names={},
        month_terms=[terms],
        ownerships=(),
        cycle=OCTOBER,
    )
    return OfferMonth(invoice=invoice, pool_ms=pool_ms)


def months_of(version, *months, numbers=1, unpriced_calls=0):
    return OfferMonths(
        offer=Offer(name=version.plan_id, version=version),
        months=tuple(months),
        numbers=numbers,
        unpriced_calls=unpriced_calls,
    )


def test_a_plan_costs_its_invoices_and_a_month_its_average():
    plan = flat(
        "p",
        120_000,
        monthly_rental_micros=100 * YUAN,
        function_fees=(FunctionFee(name="menu", monthly_micros=10 * YUAN),),
        minimum=MinimumTerms(monthly_micros=40 * YUAN),
    )
    # 110 + 50, and 110 + 25.004999 lifted to 40.
    cost = plan_cost(
        months_of(plan, month_of(plan, 50 * YUAN), month_of(plan, 25_004_999), unpriced_calls=3)
    )
    assert cost.total_cents == 16_000 + 15_000
    assert (cost.average_cents, cost.fees_cents, cost.minimum_cents) == (15_500, 22_000, 1_500)
    assert (cost.usage_micros, cost.pool_cents, cost.unpriced_calls) == (75_004_999, 0, 3)
    assert cost.assumptions == ()


def test_included_minutes_used_and_left_are_summed():
    plan = flat("p", 120_000, allowance=AllowanceTerms(monthly_ms=500 * MINUTE_MS))
    used = month_of(plan, 72 * YUAN, used_ms=500 * MINUTE_MS, taken_off_micros=60 * YUAN)
    left = month_of(plan, 12 * YUAN, used_ms=100 * MINUTE_MS, taken_off_micros=12 * YUAN)
    cost = plan_cost(months_of(plan, used, left))
    assert cost.total_cents == 1_200
    assert cost.included_ms == 1_000 * MINUTE_MS
    assert cost.included_used_ms == 600 * MINUTE_MS
    assert cost.included_left_ms == 400 * MINUTE_MS


def test_a_month_in_which_nothing_is_owed_costs_nothing_and_counts():
    plan = flat("p", 120_000)
    cost = plan_cost(months_of(plan, OfferMonth(invoice=None), month_of(plan, 1_010_000)))
    assert (cost.total_cents, cost.average_cents) == (101, 51)


POOL = PoolTerms(price_micros=3000 * YUAN, granted_micros=3000 * YUAN, valid_months=36)


@pytest.mark.parametrize(
    ("usage", "pool_cents"),
    [
        # Three months of 3000 / 36: 250.00 is owed though 100 are used.
        pytest.param((40, 60, 0), 25_000, id="share of time"),
        pytest.param((100, 100, 200), 40_000, id="share of use"),
    ],
)
def test_a_pool_of_yuan_costs_its_share_of_time_or_of_use(usage, pool_cents):
    plan = flat("p", 120_000, pool=POOL, monthly_rental_micros=10 * YUAN)
    cost = plan_cost(months_of(plan, *(month_of(plan, each * YUAN) for each in usage)))
    assert cost.pool_cents == pool_cents
    assert cost.total_cents == pool_cents + 3_000
    assert cost.assumptions == (POOL_PRO_RATA,)


def test_a_pool_that_grants_more_than_it_costs_is_rounded_to_cents_once():
    # 1000 yuan buy 3000; 2 months of 36: 55.555…, and 100.005 used cost 33.335: 55.56.
    # 200.02 used cost 66.67333…: 66.67.
    pool = replace(POOL, price_micros=1000 * YUAN)
    plan = flat("p", 120_000, pool=pool)
    low = months_of(plan, month_of(plan, 50_002_500), month_of(plan, 50_002_500))
    high = months_of(plan, month_of(plan, 100_010_000), month_of(plan, 100_010_000))
    assert (plan_cost(low).total_cents, plan_cost(high).total_cents) == (5_556, 6_667)


def test_a_pool_of_yuan_pays_what_included_minutes_left_and_a_minimum_stays():
    plan = flat(
        "p",
        120_000,
        pool=replace(POOL, valid_months=3000),
        allowance=AllowanceTerms(monthly_ms=MINUTE_MS),
        minimum=MinimumTerms(monthly_micros=10 * YUAN),
    )
    month = month_of(plan, 6 * YUAN, used_ms=MINUTE_MS, taken_off_micros=120_000)
    cost = plan_cost(months_of(plan, month))
    # 5.88 used, and 4.12 missing from 10.
    assert (cost.pool_cents, cost.minimum_cents, cost.total_cents) == (588, 412, 1_000)


def test_a_pool_of_minutes_costs_by_the_minutes_used():
    plan = flat(
        "p",
        120_000,
        pool=PoolTerms(price_micros=600 * YUAN, granted_ms=1_000 * MINUTE_MS, valid_months=12),
    )
    cost = plan_cost(months_of(plan, month_of(plan, 999 * YUAN, pool_ms=150 * MINUTE_MS)))
    # 0.60 a minute: 90.00 is more than 600 / 12.
    assert cost.total_cents == 9_000


def test_what_is_not_in_the_total_is_said():
    plan = flat(
        "p",
        120_000,
        activation_fee_micros=100 * YUAN,
        number_fee_micros=20 * YUAN,
        minimum=MinimumTerms(monthly_micros=250 * YUAN),
        prepaid=PrepaidTerms(
            top_up_micros_min=600 * YUAN,
            top_up_minimum_months=3,
            classes=(PrepaidClass(top_up_micros_min=1, price_per_minute_micros=1),),
        ),
    )
    cost = plan_cost(months_of(plan, month_of(plan, 0), numbers=2))
    assert cost.total_cents == 25_000
    assert cost.one_time_micros == 140 * YUAN
    assert cost.top_up_micros_min == 750 * YUAN  # three minimums are more than 600
    assert cost.assumptions == (LOWEST_TOP_UP_CLASS, ONE_TIME_FEES_LEFT_OUT)


def test_a_shape_at_its_own_size_costs_what_the_plan_costs():
    plan = flat(
        "p",
        120_000,
        monthly_rental_micros=300 * YUAN,
        allowance=AllowanceTerms(monthly_ms=500 * MINUTE_MS),
        minimum=MinimumTerms(monthly_micros=20 * YUAN, per="number"),
    )
    used_up = month_of(plan, 120 * YUAN, used_ms=500 * MINUTE_MS, taken_off_micros=60 * YUAN)
    idle = OfferMonth(invoice=None)
    shape = cost_shape(months_of(plan, used_up, idle, numbers=2))
    (first, second) = shape.months
    # 120 yuan at 0.12 are 1000 minutes, of which 500 are included; two numbers owe 20 each.
    assert (first.time_ms, first.minimum_micros) == (1_000 * MINUTE_MS, 40 * YUAN)
    assert shape.cost(1) == (300 + 60 + 40) * YUAN
    assert shape.cost(2) == (300 + 180 + 40) * YUAN
    assert second.fees_micros == 0


def granted_call(call_id, seconds):
    at_us = us(2026, 10, 5)
    return GrantedCall(
        key=CallKey(at_us, call_id, "native", "", 0),
        service_number="4008001234",
        version=flat("p", 120_000),
        facts=CallFacts(
            billable_ms=round(seconds * 1000),
            start_us=at_us,
            destination="",
            calling_region_id=0,
            answering_region_id=0,
            relation="local",
            calling_kind="mobile",
            answering_kind="mobile",
            is_continuation=False,
            calling_number=None,
        ),
        enterprise_charge_micros=120_000,
        caller_charge_micros=0,
    )


def test_a_pool_of_minutes_pays_whole_increments_behind_included_ones():
    calls = [granted_call("a", 61.2), granted_call("b", 10), granted_call("c", 0)]
    pooled = pooled_ms(calls, included_ms=MINUTE_MS, cycle=OCTOBER, calendars={})
    assert pooled == 2 * MINUTE_MS
