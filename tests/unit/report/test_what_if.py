"""report/what_if.py: a month under another tariff, from calls on, by hand."""

import datetime as dt
from dataclasses import replace

import pytest
from months import OWNERSHIPS, by_relation, flat, rated_under, register_of, subscribed
from months import call as call_of
from references import owned

from cdrpipe.billing.bill_cycle import bill_cycle
from cdrpipe.billing.what_if import OtherTariff, PricedBy
from cdrpipe.errors import ConfigError
from cdrpipe.guiding.top_up import TopUp
from cdrpipe.report.what_if import what_if

OCTOBER = bill_cycle("2026-10")
DAY = dt.date(2026, 10, 5)

BOUGHT = (subscribed("A1", "p"), subscribed("A2", "q"))


def compared(register, calls, *tariffs, **options):
    return what_if(
        rated_under(register, calls),
        register,
        [OtherTariff(name=each.plan_id, versions=(each,)) for each in tariffs],
        OCTOBER,
        **options,
    )


@pytest.fixture
def register():
    p = by_relation(flat("p", 100_000), local=50_000)
    return register_of([p, flat("q", 200_000)], BOUGHT)


CALLS = [
    call_of("far", DAY, 61),  # two minutes of 0.10
    call_of("near", DAY, 30, caller="02162345678"),  # one of 0.05
    call_of("second", DAY, 1, number="4009990000"),  # one of 0.20
]


def test_reasons_name_relation_and_both_rates_by_hand(register):
    dear = by_relation(flat("p", 300_000, version=2), local=60_000)
    (first, second) = compared(register, CALLS, dear)
    assert (first.account_id, first.calls, first.calls_changed) == ("A1", 2, 2)
    assert (first.usage_before_micros, first.usage_after_micros) == (250_000, 660_000)
    assert [
        (each.relation, each.before.rate_id, each.difference_micros) for each in first.reasons
    ] == [("long_distance", "minute", 400_000), ("local", "local", 10_000)]
    assert first.reasons[0].after == PricedBy(
        plan_id="p", plan_version=2, rate_id="minute", rate=dear.rates[0]
    )
    assert first.reasons[0].before.rate.steps[0].price_micros == 100_000
    assert (second.account_id, second.calls_changed) == ("A2", 0)


def test_calls_without_a_price_are_counted_with_their_reason(register):
    local_only = by_relation(flat("p", 0), local=50_000)
    local_only = replace(local_only, rates=local_only.rates[1:])
    (first, _second) = compared(register, CALLS, local_only)
    assert dict(first.unpriced) == {"RATE_NOT_FOUND": 1}
    assert (first.calls, first.usage_after_micros) == (2, 50_000)
    assert first.reasons[0].after is None


def test_one_account_may_be_set_on_a_plan_it_is_not_on(register):
    (account,) = compared(register, CALLS, flat("q", 200_000), account_id="A1")
    # Three minutes of 0.20.
    assert (account.account_id, account.usage_after_micros) == ("A1", 600_000)


def test_on_every_plan_all_accounts_are_on_the_tariff(register):
    differences = compared(register, CALLS, flat("new", 1_000_000), every_plan=True)
    assert {each.account_id: each.usage_after_micros for each in differences} == {
        "A1": 3_000_000,
        "A2": 1_000_000,
    }


def test_a_call_stays_with_the_account_that_has_it_whoever_owns_the_number_now(register):
    moved = replace(register, ownerships=(owned("4008001234", "A2"), *OWNERSHIPS[1:]))
    differences = what_if(
        rated_under(register, CALLS),
        moved,
        [OtherTariff(name="q", versions=(flat("q", 200_000),))],
        OCTOBER,
    )
    assert {each.account_id: each.calls for each in differences} == {"A1": 2, "A2": 1}


def test_an_account_that_is_not_there_is_a_fault(register):
    with pytest.raises(ConfigError, match="got 'A9'"):
        compared(register, CALLS, flat("p", 1), account_id="A9")


def test_minutes_that_earlier_months_used_are_not_there_for_this_one(register):
    pool = TopUp(
        top_up_id="t1",
        account_id="A1",
        kind="pool",
        subscription_id="S-A1-p",
        paid_micros=1,
        granted_micros=None,
        granted_ms=3 * 60_000,
        valid_from_us=bill_cycle("2026-08").from_us,
        valid_until_us=None,
    )
    calls = [
        call_of("september", dt.date(2026, 9, 5), 61),
        call_of("october", DAY, 61),
    ]
    register = replace(register, top_ups=(pool,))
    differences = {
        each.account_id: each for each in compared(register, calls, *register.plan_versions)
    }
    # Of three minutes September used two: October's second minute costs 0.10.
    assert differences["A1"].invoice_before_cents == 10
    assert differences["A1"].invoice_difference_cents == 0
