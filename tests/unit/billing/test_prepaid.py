"""billing/prepaid.py: what yuan pay of an invoice, stretch by stretch."""

from dataclasses import replace
from datetime import UTC, datetime

from billing_terms import OCTOBER, PLAN, SUBSCRIPTION
from hypothesis import given
from hypothesis import strategies as st

from cdrpipe.billing.pool import OwedCharge, Pool, pay_from_pools
from cdrpipe.billing.pool_period import Renewal
from cdrpipe.billing.prepaid import (
    Owed,
    left_after,
    pay_invoice,
    prepaid_at_first,
    stretches_us,
)
from cdrpipe.guiding.top_up import TopUp
from cdrpipe.rating.allowance import CallKey
from cdrpipe.tariff.rate_plan import PoolTerms


def october(day):
    """Give a midnight of October in Shanghai."""
    return OCTOBER.from_us + (day - 1) * 86_400_000_000


def top_up(top_up_id, cents, *, kind="top_up", from_us=0, until_us=None, subscription_id=None):
    return TopUp(
        top_up_id=top_up_id,
        account_id="A1",
        kind=kind,
        subscription_id=subscription_id,
        paid_micros=cents * 10_000,
        granted_micros=cents * 10_000,
        granted_ms=None,
        valid_from_us=from_us,
        valid_until_us=until_us,
    )


def paid(owed, *top_ups):
    uses = pay_invoice(owed, prepaid_at_first(top_ups, [], []), cycle=OCTOBER)
    return {
        use.after.top_up.top_up_id: (use.paid_micros // 10_000, use.after.left_micros // 10_000)
        for use in uses
    }


def owed(total_cents, *, fees_cents=None, usage_micros=None, usage_cents=0):
    return Owed(
        total_cents=total_cents,
        fees_cents=fees_cents or {},
        usage_micros=usage_micros or {},
        usage_cents=usage_cents,
    )


def test_fees_are_owed_as_the_month_begins_calls_when_they_do_and_the_minimum_at_its_end():
    # 300 of rental, 5 of calls before and 6 after the 16th, 9 up to the minimum.
    asked = owed(
        32_000,
        fees_cents={OCTOBER.from_us: 30_000},
        usage_micros={OCTOBER.from_us: 5_000_000, october(16): 6_000_000},
        usage_cents=1_100,
    )
    early = top_up("early", 100_000, until_us=october(16))
    late = top_up("late", 100_000, from_us=october(16))
    assert paid(asked, early) == {"early": (30_500, 69_500)}
    assert paid(asked, late) == {"late": (1_500, 98_500)}
    assert paid(asked, early, late) == {"early": (30_500, 69_500), "late": (1_500, 98_500)}


def test_gifts_pay_first_then_pools_and_top_ups_by_expiry():
    asked = owed(1_000, usage_micros={OCTOBER.from_us: 10_000_000}, usage_cents=1_000)
    assert paid(
        asked,
        top_up("never", 500),
        top_up("pool", 300, kind="pool", until_us=october(40)),
        top_up("gift", 400, kind="gift", until_us=october(99)),
    ) == {"never": (300, 200), "pool": (300, 0), "gift": (400, 0)}


def test_cents_of_the_stretches_add_up_to_the_invoice_whose_lines_were_rounded_one_by_one():
    # Lines of 0.4 and 0.4 cents are 0 each, but 0.8 cents together: nothing is owed.
    asked = owed(0, usage_micros={OCTOBER.from_us: 8_000}, usage_cents=0)
    assert paid(asked, top_up("t", 100)) == {"t": (0, 100)}
    # Lines of 0.5 and 0.5 cents are 1 each: two cents are owed, the second by the last stretch.
    asked = owed(2, usage_micros={OCTOBER.from_us: 5_000, october(16): 5_000}, usage_cents=2)
    early = top_up("early", 100, until_us=october(16))
    assert paid(asked, early, top_up("late", 100)) == {"early": (1, 99), "late": (1, 99)}


def test_a_credit_of_rounding_pays_nothing_back():
    asked = owed(-1, usage_micros={OCTOBER.from_us: 0}, usage_cents=-1)
    assert paid(asked, top_up("t", 100)) == {"t": (0, 100)}


def test_what_is_void_when_the_month_begins_is_not_told_of():
    asked = owed(1_000, fees_cents={OCTOBER.from_us: 1_000})
    assert paid(asked, top_up("void", 500, until_us=OCTOBER.from_us)) == {}


def test_what_is_left_goes_to_the_next_month():
    prepaid = prepaid_at_first([top_up("a", 500), top_up("b", 500)], [], [])
    uses = pay_invoice(owed(700, fees_cents={OCTOBER.from_us: 700}), prepaid, cycle=OCTOBER)
    after = left_after(prepaid, uses)
    assert [each.left_micros for each in after] == [0, 3_000_000]


def test_a_use_says_when_the_rest_is_void_and_whether_it_is():
    nothing = owed(0)
    prepaid = prepaid_at_first(
        [
            top_up("never", 1),
            top_up("at its end", 1, until_us=OCTOBER.until_us),
            top_up("later", 1, until_us=OCTOBER.until_us + 1),
        ],
        [],
        [],
    )
    uses = pay_invoice(nothing, prepaid, cycle=OCTOBER)
    assert [(use.void_from_us, use.is_void) for use in uses] == [
        (None, False), (OCTOBER.until_us, True), (OCTOBER.until_us + 1, False),
    ]  # fmt: skip


def test_a_plan_version_in_force_at_the_renewal_says_whether_it_restarts_the_period():
    bought = datetime(2026, 10, 16, tzinfo=UTC)
    bought_us = int(bought.timestamp()) * 1_000_000
    terms = PoolTerms(price_micros=1, granted_micros=1, valid_months=1)
    plan = replace(PLAN, pool=terms)
    restarting = replace(
        plan,
        version=2,
        valid_from_us=bought_us,
        pool=replace(terms, renewal_restarts_period=True),
    )
    old = top_up("old", 1, kind="pool", until_us=bought_us + 5, subscription_id="s1")
    new = top_up(
        "new", 1, kind="pool", from_us=bought_us, until_us=bought_us + 99, subscription_id="s1"
    )
    for versions, expected in (
        ([plan], ()),
        ([plan, restarting], (Renewal(at_us=bought_us, until_us=bought_us + 99),)),
        ([plan, replace(restarting, valid_from_us=bought_us + 1)], ()),
    ):
        prepaid = prepaid_at_first([old, new], [SUBSCRIPTION], versions)
        assert prepaid[0].renewals == expected
        assert stretches_us(prepaid, cycle=OCTOBER)[0] == OCTOBER.from_us


INSTANTS = st.integers(0, 12)


@given(
    charges=st.lists(st.tuples(INSTANTS, st.integers(0, 9)), max_size=12),
    pools=st.lists(
        st.tuples(
            st.integers(0, 20),
            st.sampled_from(["gift", "top_up", "pool"]),
            INSTANTS,
            st.integers(1, 14),
            st.none() | st.tuples(INSTANTS, st.integers(1, 14)),
        ),
        max_size=4,
    ),
)
def test_between_two_borders_a_sum_is_paid_as_its_calls_are(charges, pools):
    prepaid = [
        Pool(
            pool_id=str(index),
            kind=kind,
            left_micros=left,
            valid_from_us=from_us,
            valid_until_us=from_us + length,
            renewals=()
            if renewal is None
            else (Renewal(at_us=renewal[0], until_us=renewal[0] + renewal[1]),),
        )
        for index, (left, kind, from_us, length, renewal) in enumerate(pools)
    ]
    borders = {0}
    for each in prepaid:
        borders |= {each.valid_from_us, each.valid_until_us}
        borders |= {us for renewal in each.renewals for us in (renewal.at_us, renewal.until_us)}
    calls = [
        OwedCharge(key=CallKey(at, str(index), "", "", 0), charge_micros=micros)
        for index, (at, micros) in enumerate(charges)
    ]
    sums = {}
    for at, micros in charges:
        start = max(border for border in borders if border <= at)
        sums[start] = sums.get(start, 0) + micros
    together = [
        OwedCharge(key=CallKey(at, "", "", "", 0), charge_micros=micros)
        for at, micros in sums.items()
    ]
    one_by_one, in_sums = pay_from_pools(calls, prepaid), pay_from_pools(together, prepaid)
    assert in_sums.left_micros == one_by_one.left_micros
    assert in_sums.credit_micros == one_by_one.credit_micros
