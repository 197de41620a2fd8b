"""billing/allowance_line.py: what a month grants, uses and takes off."""

from dataclasses import replace

import pytest
from billing_terms import OCTOBER, PLAN, SUBSCRIPTION, terms_of, terms_on, us

from cdrpipe.billing.allowance_line import (
    AllowanceUse,
    allowance_lines,
    granted_ms,
    use_allowance,
)
from cdrpipe.rating.allowance import CallKey, GrantedCall
from cdrpipe.rating.rate_group import CallFacts
from cdrpipe.tariff.rate_plan import AllowanceTerms, Rate, RateStep

MINUTE_MS = 60_000
INCLUDED = replace(
    PLAN,
    allowance=AllowanceTerms(monthly_ms=500 * MINUTE_MS),
    rates=(
        Rate(
            rate_id="minute",
            party="enterprise",
            steps=(RateStep(from_ms=0, price_micros=120_000, per_ms=60_000, increment_ms=60_000),),
        ),
    ),
)
NOT_WHOLE = replace(
    INCLUDED,
    allowance=AllowanceTerms(monthly_ms=500 * MINUTE_MS, is_whole_in_opening_month=False),
)


def call(call_id, minutes, *, service_number="4008001234", at_us=OCTOBER.from_us, plan=INCLUDED):
    return GrantedCall(
        key=CallKey(at_us, call_id, "pabx", "", 0),
        service_number=service_number,
        version=plan,
        facts=CallFacts(billable_ms=minutes * MINUTE_MS, start_us=at_us),
        enterprise_charge_micros=minutes * 120_000,
        caller_charge_micros=0,
    )


def granted_minutes(plan, **columns):
    (terms,) = terms_of(replace(SUBSCRIPTION, **columns), plan=plan)
    return granted_ms(terms, cycle=OCTOBER) / MINUTE_MS


def used_by(calls, plan=INCLUDED):
    (terms,) = terms_of(SUBSCRIPTION, plan=plan)
    return use_allowance(terms, calls, cycle=OCTOBER, calendars={})


def test_the_opening_month_and_the_last_are_granted_whole():
    assert granted_minutes(INCLUDED) == 500
    assert granted_minutes(INCLUDED, valid_from_us=us(2026, 10, 31)) == 500
    assert granted_minutes(INCLUDED, valid_until_us=us(2026, 10, 2)) == 500
    assert granted_minutes(PLAN) == 0


@pytest.mark.parametrize(
    ("valid_from_us", "minutes"),
    [
        (OCTOBER.from_us - 1, 500),  # opened in September
        (OCTOBER.from_us, 500),  # 31 of 31 days
        (us(2026, 10, 16, 4), 259),  # 16 of 31 days: 258.06…, a started minute counts
        (OCTOBER.until_us - 1, 17),  # 1 of 31 days: 16.13…
    ],
)
def test_an_opening_month_that_is_not_whole_is_granted_by_its_days_up_to_a_minute(
    valid_from_us, minutes
):
    assert granted_minutes(NOT_WHOLE, valid_from_us=valid_from_us) == minutes


def test_a_month_with_a_change_of_plan_grants_both_subscriptions_whole():
    middle = us(2026, 10, 15)
    bigger = replace(INCLUDED, plan_id="q", allowance=AllowanceTerms(monthly_ms=800 * MINUTE_MS))
    terms = terms_on(
        [
            replace(SUBSCRIPTION, valid_until_us=middle),
            replace(SUBSCRIPTION, subscription_id="s2", plan_id="q", valid_from_us=middle),
        ],
        [INCLUDED, bigger],
    )
    assert [granted_ms(each, cycle=OCTOBER) / MINUTE_MS for each in terms] == [500, 800]


def test_a_new_version_within_the_month_grants_nothing_of_its_own():
    bigger = replace(
        INCLUDED,
        version=2,
        valid_from_us=us(2026, 10, 15),
        allowance=AllowanceTerms(monthly_ms=800 * MINUTE_MS),
    )
    (terms,) = terms_on([SUBSCRIPTION], [INCLUDED, bigger])
    calls = [call("c1", 400), call("c2", 400, at_us=us(2026, 10, 20), plan=bigger)]
    use = use_allowance(terms, calls, cycle=OCTOBER, calendars={})
    assert (use.granted_ms, use.used_ms) == (500 * MINUTE_MS, 500 * MINUTE_MS)
    # 300 of c2's 400 minutes are left to pay.
    assert use.micros == -(48_000_000 + 12_000_000)


def test_use_is_summed_by_number_and_only_over_calls_that_were_paid_for():
    use = used_by(
        [
            call("c1", 300),
            call("c2", 150, service_number="4006005678"),
            call("c3", 60),
            call("c4", 10),
        ]
    )
    assert (use.used_ms, use.left_ms, use.calls) == (500 * MINUTE_MS, 0, 3)
    assert use.micros_of_number == {"4008001234": -42_000_000, "4006005678": -18_000_000}


def test_what_was_taken_off_is_one_line_a_subscription_rounded_half_up_on_its_absolute_value():
    (terms,) = terms_of(replace(SUBSCRIPTION, service_number="4008001234"), plan=INCLUDED)
    use = AllowanceUse(
        terms=terms,
        granted_ms=500 * MINUTE_MS,
        used_ms=180_000,
        calls=2,
        micros_of_number={"4008001234": -12_500, "4006005678": -2_500},
    )
    (line,) = allowance_lines([use], service_on=OCTOBER.date_from)
    assert (line.kind, line.service_number, line.subscription_id) == (
        "allowance", "4008001234", "s1",
    )  # fmt: skip
    # 0.015 is 0.02; its VAT of 9 % is 0.0017 and vanishes.
    assert (line.allowance_micros, line.amount_cents, line.net_cents, line.tax_cents) == (
        -15_000, -2, -2, 0,
    )  # fmt: skip
    assert (line.usage_micros, line.calls, line.billable_ms) == (0, 2, 180_000)


def test_an_allowance_that_was_not_used_has_no_line():
    use = used_by([])
    assert (use.granted_ms, use.used_ms, use.micros) == (500 * MINUTE_MS, 0, 0)
    assert allowance_lines([use], service_on=OCTOBER.date_from) == []
