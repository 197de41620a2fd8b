"""A month under another tariff, and advice: laws over random months, plans and accounts."""

import datetime as dt
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from months import by_relation, flat, rated_under, register_of, subscribed
from months import call as call_of

from cdrpipe.billing.bill_cycle import bill_cycle, cycles_until
from cdrpipe.billing.plan_cost import Offer
from cdrpipe.billing.what_if import OtherTariff
from cdrpipe.cdr.schema import RELATIONS
from cdrpipe.report.advise import advise_account
from cdrpipe.report.invoice_preview import preview_invoices
from cdrpipe.report.what_if import what_if
from cdrpipe.tariff.rate_plan import AllowanceTerms, MinimumTerms

OCTOBER = bill_cycle("2026-10")
MINUTE_MS = 60_000
NUMBERS = ("4008001234", "4006005678", "4009990000")
# Shanghai, where all numbers are at home and answered, and Beijing; abroad; nobody knows.
CALLERS = ("02162345678", "13800138000", "0044 20 7946 0000", "anonymous")


def priced_alike(version, times):
    """Give a plan with every price so many times as high."""
    return replace(
        version,
        rates=tuple(
            replace(
                rate,
                steps=tuple(
                    replace(step, price_micros=times * step.price_micros) for step in rate.steps
                ),
            )
            for rate in version.rates
        ),
    )


micros = st.integers(0, 500_000)


@st.composite
def plans(draw, plan_id):
    terms = {}
    if draw(st.booleans()):
        terms["allowance"] = AllowanceTerms(monthly_ms=draw(st.integers(1, 20)) * MINUTE_MS)
    if draw(st.booleans()):
        per = draw(st.sampled_from(["account", "number"]))
        terms["minimum"] = MinimumTerms(monthly_micros=draw(micros) * 10, per=per)
    terms["monthly_rental_micros"] = draw(micros)
    prices = draw(st.dictionaries(st.sampled_from(RELATIONS), micros, max_size=3))
    return by_relation(flat(plan_id, draw(micros), **terms), **prices)


@st.composite
def months(draw, *, first_month=10):
    count = draw(st.integers(0, 12))
    return [
        call_of(
            f"c{index}",
            dt.date(2026, draw(st.integers(first_month, 10)), draw(st.integers(1, 30))),
            draw(st.integers(0, 400_000)) / 1000,
            number=draw(st.sampled_from(NUMBERS)),
            caller=draw(st.sampled_from(CALLERS)),
        )
        for index in range(count)
    ]


def compared(register, calls, *tariffs, **options):
    return what_if(
        rated_under(register, calls),
        register,
        [OtherTariff(name=each.plan_id, versions=(each,)) for each in tariffs],
        OCTOBER,
        **options,
    )


BOUGHT = (subscribed("A1", "p"), subscribed("A2", "q"))


@settings(max_examples=15, deadline=None)
@given(plans("p"), plans("q"), months())
def test_under_the_same_tariff_nothing_differs_for_any_account_or_call(p, q, calls):
    differences = compared(register_of([p, q], BOUGHT), calls, p, q)
    assert sum(each.calls for each in differences) == len(calls)
    for each in differences:
        assert each.usage_difference_micros == 0
        assert each.invoice_difference_cents == 0
        assert (each.calls_changed, each.unpriced_calls, each.reasons) == (0, 0, ())


@settings(max_examples=15, deadline=None)
@given(plans("p"), plans("q"), months())
def test_under_doubled_prices_the_usage_is_exactly_twice(p, q, calls):
    differences = compared(register_of([p, q], BOUGHT), calls, priced_alike(p, 2), q)
    for each in differences:
        times = 2 if each.account_id == "A1" else 1
        assert each.usage_after_micros == times * each.usage_before_micros


@settings(max_examples=15, deadline=None)
@given(plans("p"), plans("q"), plans("p"), months())
def test_it_is_what_the_calls_and_invoices_had_been_had_they_come_under_the_tariff(
    p, q, new, calls
):
    before, after = register_of([p, q], BOUGHT), register_of([new, q], BOUGHT)
    differences = compared(before, calls, new)
    found = {each.account_id: each for each in differences}
    for register, usage, cents in (
        (before, "usage_before_micros", "invoice_before_cents"),
        (after, "usage_after_micros", "invoice_after_cents"),
    ):
        for invoice in preview_invoices(rated_under(register, calls), register, OCTOBER):
            assert getattr(found[invoice.account_id], usage) == invoice.usage_micros
            assert getattr(found[invoice.account_id], cents) == invoice.total_cents


@settings(max_examples=15, deadline=None)
@given(plans("p"), plans("q"), plans("r"), months(first_month=8), st.sampled_from(["p", "q", "r"]))
def test_advice_is_the_cheapest_by_the_invoices_of_registers_with_the_account_on_each_plan(
    p, q, r, calls, current
):
    cycles = cycles_until(OCTOBER, count=3)
    on_offer = [p, q, r]
    real = register_of(on_offer, [subscribed("A1", current), subscribed("A2", "p")])
    advice = advise_account(
        rated_under(real, calls),
        real,
        [Offer(name=plan.plan_id, version=plan) for plan in on_offer],
        cycles,
        account_id="A1",
    )
    own = [each for each in calls if each["service_number_raw"] != NUMBERS[2]]
    compared = [
        cycle
        for cycle in cycles
        if any(each["answered_at"].date() < cycle.date_until for each in own)
    ]
    assert list(advice.months) == [cycle.month for cycle in compared]
    owed = {}
    for plan in on_offer if compared else ():
        register = register_of([plan], [subscribed("A1", plan.plan_id)])
        lake = rated_under(register, own)
        owed[plan.plan_id] = sum(
            invoice.total_cents
            for cycle in compared
            for invoice in preview_invoices(lake, register, cycle, account_id="A1")
        )
    assert {each.cost.offer.name: each.cost.total_cents for each in advice.plans} == owed
    if owed:
        assert advice.actual_cents == owed[current]
        assert advice.cheapest.cost.offer.name == min(owed, key=lambda name: (owed[name], name))
