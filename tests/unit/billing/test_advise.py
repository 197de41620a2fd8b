"""billing/advise.py: what is on offer, and the order of what it would have cost."""

from dataclasses import replace

import pytest
from billing_terms import OCTOBER, us
from months import flat, invoice_of
from references import owned

from cdrpipe.billing.advise import advise, numbers_held, offers_at
from cdrpipe.billing.bill_cycle import bill_cycle, cycles_until
from cdrpipe.billing.invoice_line import make_line
from cdrpipe.billing.plan_cost import Offer, OfferMonth, OfferMonths

MINUTE_MS = 60_000


def test_of_each_plan_the_highest_version_in_force_is_on_offer():
    at_us = us(2026, 10, 31)
    ended = flat("old", 1, valid_until_us=at_us)
    later = flat("p", 1, version=3, valid_from_us=at_us + 1)
    first, second = flat("p", 1, version=1), flat("p", 1, version=2, valid_from_us=at_us)
    offers = offers_at([flat("z", 1), ended, second, first, later], at_us)
    assert [(each.name, each.version.version) for each in offers] == [("p", 2), ("z", 1)]


def test_numbers_are_counted_once_where_they_are_held_in_any_of_the_months():
    held = [
        owned("4008001234", valid_until_us=us(2026, 9, 10)),
        owned("4008001234", valid_from_us=us(2026, 10, 10)),
        owned("4006005678", valid_until_us=bill_cycle("2026-09").from_us),
        owned("4009990000", valid_from_us=OCTOBER.until_us),
        owned("4001112222"),
    ]
    assert numbers_held(held, cycles_until(OCTOBER, count=2)) == 2


def usage(plan_id, cents, *, billable_ms=100 * MINUTE_MS):
    line = make_line(
        kind="usage",
        account_id="A1",
        service_number="4008001234",
        plan_id=plan_id,
        plan_version=1,
        amount_cents=cents,
        calls=2,
        billable_ms=billable_ms,
        usage_micros=cents * 10_000,
        service_on=OCTOBER.date_from,
    )
    return invoice_of("A1", line)


def rental(plan_id, cents, of_usage):
    fee = replace(usage(plan_id, cents).lines[0], kind="rental", calls=0, usage_micros=0)
    return replace(of_usage, lines=(*of_usage.lines, fee))


def evaluated(plan_id, *invoices, unpriced_calls=0):
    return OfferMonths(
        offer=Offer(name=plan_id, version=flat(plan_id, 1)),
        months=tuple(OfferMonth(invoice=invoice) for invoice in invoices),
        numbers=1,
        unpriced_calls=unpriced_calls,
    )


PAID = (usage("p", 500),)


def advice_of(*offers, actual=PAID):
    return advise(
        offers,
        actual=actual,
        account_id="A1",
        account_name="Acme",
        months=["2026-10"] * len(actual),
    )


def test_plans_stand_by_cost_and_those_with_gaps_last_however_cheap():
    advice = advice_of(
        evaluated("gap", usage("gap", 1), unpriced_calls=1),
        evaluated("p", usage("p", 500)),
        evaluated("holes", usage("holes", 0), unpriced_calls=9),
        evaluated("b", usage("b", 400)),
        evaluated("a", usage("a", 400)),
    )
    assert [each.cost.offer.name for each in advice.plans] == ["a", "b", "p", "gap", "holes"]
    assert [each.difference_cents for each in advice.plans] == [-100, -100, 0, -499, -500]
    assert [each.cost.offer.name for each in advice.plans if each.is_current] == ["p"]
    assert advice.cheapest is advice.plans[0]
    assert (advice.actual_cents, advice.calls, advice.billable_ms) == (500, 2, 100 * MINUTE_MS)


def test_where_every_plan_has_gaps_none_is_the_cheapest():
    advice = advice_of(evaluated("gap", usage("gap", 1), unpriced_calls=1))
    assert advice.cheapest is None
    assert advice.plans[0].cheaper_above_ms is None


def test_the_turn_is_told_in_the_accounts_own_minutes_a_month():
    # 5.00 for 100 minutes against 3.00 + 3.00: cheaper above 150 minutes, half a month each.
    cheap = evaluated("a", usage("a", 500), usage("a", 500))
    fee = evaluated("b", *(rental("b", 300, usage("b", 300)) for _ in range(2)))
    advice = advice_of(fee, cheap, actual=(usage("p", 1), usage("p", 1)))
    assert [each.cheaper_above_ms for each in advice.plans] == [None, 150 * MINUTE_MS]
    assert [each.cheaper_below_ms for each in advice.plans] == [None, None]


@pytest.mark.parametrize("unpriced_calls", [0, 1])
def test_no_turn_is_told_of_calls_without_length_or_price(unpriced_calls):
    silent = usage("p", 0, billable_ms=0 if not unpriced_calls else MINUTE_MS)
    fee = evaluated("b", rental("b", 300, usage("b", 100)), unpriced_calls=unpriced_calls)
    advice = advice_of(fee, evaluated("a", usage("a", 300)), actual=(silent,))
    assert advice.plans[1].cheaper_above_ms is None
