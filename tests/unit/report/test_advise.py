"""report/advise.py and its sheet: an account's months under every plan, by hand."""

import datetime as dt
import io
from dataclasses import replace

import pytest
from months import call as call_of
from months import flat, rated_under, register_of, subscribed
from rich.console import Console

from cdrpipe.billing.bill_cycle import bill_cycle, cycles_until
from cdrpipe.billing.plan_cost import Offer
from cdrpipe.errors import ConfigError
from cdrpipe.language import use_language
from cdrpipe.report.advise import advise_account
from cdrpipe.report.advise_sheet import advice_sentence, advice_sheet
from cdrpipe.tariff.rate_plan import (
    AllowanceTerms,
    MinimumTerms,
    PoolTerms,
    PrepaidTerms,
)

YUAN = 1_000_000
MINUTE_MS = 60_000
CYCLES = cycles_until(bill_cycle("2026-10"), count=3)

BY_MINUTE = flat("by-minute", YUAN, minimum=MinimumTerms(monthly_micros=10 * YUAN))
INCLUDED = flat(
    "included",
    3 * YUAN,
    monthly_rental_micros=5 * YUAN,
    allowance=AllowanceTerms(monthly_ms=4 * MINUTE_MS),
)
MINUTES = flat(
    "minutes",
    9 * YUAN,
    pool=PoolTerms(price_micros=60 * YUAN, granted_ms=20 * MINUTE_MS, valid_months=12),
    prepaid=PrepaidTerms(top_up_micros_min=600 * YUAN),
)
LOCAL_ONLY = replace(
    flat("local-only", 1),
    rates=(replace(flat("local-only", 1).rates[0], relation="local"),),
)
ALL = (BY_MINUTE, INCLUDED, MINUTES, LOCAL_ONLY)

# September: 61 s are two minutes. October: three and one, of two numbers, and one from Shanghai.
CALLS = [
    call_of("c1", dt.date(2026, 9, 30), 61),
    call_of("c2", dt.date(2026, 10, 1), 180),
    call_of("c3", dt.date(2026, 10, 2), 1, number="4006005678"),
    call_of("c4", dt.date(2026, 10, 3), 60, caller="02162345678"),
    call_of("other", dt.date(2026, 8, 1), 6_000, number="4009990000"),
]


@pytest.fixture(scope="module")
def advice():
    # Since the last instant of September: a month that opens a subscription owes no minimum.
    bought = subscribed("A1", "by-minute", valid_from_us=CYCLES[-1].from_us - 1)
    register = register_of(ALL, [bought, subscribed("A2", "included")])
    ever = register_of(ALL, [subscribed("A1", "by-minute"), subscribed("A2", "included")])
    return advise_account(
        rated_under(ever, CALLS),
        register,
        [Offer(name=plan.plan_id, version=plan) for plan in ALL],
        CYCLES,
        account_id="A1",
    )


def test_each_plan_costs_what_its_months_would_have(advice):
    assert advice.months == ("2026-09", "2026-10")  # no call of the account in August
    assert (advice.calls, advice.account_name) == (4, "Name A1")
    assert {each.cost.offer.name: each.cost.total_cents for each in advice.plans} == {
        "by-minute": 1_000 + 1_000,  # 2 and 5 minutes of 1.00, both below the minimum
        "included": 500 + 500 + 300,  # the fifth minute of October at 3.00
        "minutes": 2_100,  # 7 of 20 minutes for 60: more than two twelfths of it
        "local-only": 0,
    }
    assert [each.cost.offer.name for each in advice.plans] == [
        "included", "by-minute", "minutes", "local-only",
    ]  # fmt: skip
    by_name = {each.cost.offer.name: each.cost for each in advice.plans}
    assert by_name["local-only"].unpriced_calls == 3
    assert by_name["by-minute"].minimum_cents == 800 + 500
    assert by_name["included"].included_left_ms == 2 * MINUTE_MS


def test_what_was_paid_is_the_real_invoices(advice):
    # September opens the subscription, so 2.00 are owed; October is lifted to 10.00.
    assert advice.actual_cents == 200 + 1_000
    assert [each.cost.offer.name for each in advice.plans if each.is_current] == ["by-minute"]
    assert advice.cheapest.difference_cents == 1_300 - 1_200


def printed(advice):
    use_language("en")
    console = Console(width=150, file=io.StringIO())
    console.print(advice_sheet(advice))
    return console.file.getvalue()


def test_the_sheet_names_every_plan_and_what_its_cost_rests_on(advice):
    sheet = printed(advice)
    lines = [line.strip() for line in sheet.splitlines()]
    assert lines[0] == "A1  Name A1"
    assert lines[1] == "2026-09, 2026-10: 4 calls, 5.0 minutes"
    assert "included would cost ¥ 13.00, you paid ¥ 12.00" in lines[2]
    row = next(line.split() for line in lines if line.startswith("by-minute *"))
    assert row[2:8] == ["20.00", "10.00", "+8.00", "0.00", "7.00", "13.00"]
    assert "local-only: 3 calls have no price" in lines
    assert any(line.startswith("minutes: the pool of 60.00 yuan for 12 months") for line in lines)
    assert "minutes: top-ups of at least 600.00 yuan" in lines
    assert any("cheaper than included above some" in line for line in lines)


def test_the_sentence_says_what_would_have_been_saved(advice):
    use_language("en")
    saved = replace(
        advice,
        actual_cents=1_500,
        plans=tuple(
            replace(plan, difference_cents=plan.cost.total_cents - 1_500) for plan in advice.plans
        ),
    )
    assert advice_sentence(saved) == (
        "included would have cost ¥ 13.00, ¥ 2.00 less than what you paid, ¥ 15.00"
    )
    none = replace(advice, plans=advice.plans[-1:])
    assert advice_sentence(none) == "No plan on offer has a price for every call."


def test_an_account_without_calls_gets_no_plans():
    register = register_of(ALL, [subscribed("A1", "by-minute")])
    advice = advise_account(
        rated_under(register, CALLS[:0]),
        register,
        [Offer(name="by-minute", version=BY_MINUTE)],
        CYCLES,
        account_id="A1",
    )
    assert (advice.months, advice.plans, advice.actual_cents) == ((), (), 0)


def test_an_account_that_is_not_there_is_a_fault():
    register = register_of(ALL, [])
    with pytest.raises(ConfigError, match="got 'A9'"):
        advise_account(rated_under(register, []), register, [], CYCLES, account_id="A9")
