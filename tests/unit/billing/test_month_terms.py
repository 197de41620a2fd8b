"""billing/month_terms.py: which plan version's terms a subscription owes in a month."""

from dataclasses import replace

import pytest
from billing_terms import OCTOBER, PLAN, SUBSCRIPTION, terms_of, us

from cdrpipe.billing.month_terms import terms_of_month, version_of_month

MIDDLE = us(2026, 10, 15)


@pytest.mark.parametrize(
    ("valid_from_us", "valid_until_us"),
    [(0, us(2026, 9, 30, 16)), (us(2026, 10, 31, 16), None)],
)
def test_a_subscription_that_ends_at_the_start_or_begins_at_the_end_owes_nothing(
    valid_from_us, valid_until_us
):
    beside = replace(SUBSCRIPTION, valid_from_us=valid_from_us, valid_until_us=valid_until_us)
    assert terms_of(beside) == []


def test_terms_are_those_in_force_when_the_month_begins():
    first = replace(PLAN, valid_until_us=MIDDLE)
    second = replace(PLAN, version=2, valid_from_us=MIDDLE)
    assert version_of_month(SUBSCRIPTION, [second, first], cycle=OCTOBER) == first
    starts_later = replace(SUBSCRIPTION, valid_from_us=us(2026, 10, 20))
    assert version_of_month(starts_later, [first, second], cycle=OCTOBER) == second
    assert version_of_month(SUBSCRIPTION, [second], cycle=OCTOBER) == second
    ended = replace(SUBSCRIPTION, valid_until_us=MIDDLE)
    assert version_of_month(ended, [second], cycle=OCTOBER) is None
    assert version_of_month(replace(SUBSCRIPTION, plan_id="q"), [first], cycle=OCTOBER) is None


def test_of_versions_in_force_together_the_highest_is_owed():
    later = replace(PLAN, version=2, valid_from_us=us(2026, 7, 1))
    latest = replace(PLAN, version=3, valid_from_us=MIDDLE)
    assert version_of_month(SUBSCRIPTION, [PLAN, latest, later], cycle=OCTOBER) == later
    both = [replace(PLAN, version=5, valid_from_us=MIDDLE), latest]
    assert version_of_month(SUBSCRIPTION, both, cycle=OCTOBER) == both[0]


@pytest.mark.parametrize(
    ("valid_from_us", "is_opening"),
    [
        (us(2026, 9, 30, 16) - 1, False),
        (us(2026, 9, 30, 16), True),
        (us(2026, 10, 31, 16) - 1, True),
    ],
)
def test_the_month_a_subscription_begins_in_is_its_opening_month(valid_from_us, is_opening):
    (terms,) = terms_of(replace(SUBSCRIPTION, valid_from_us=valid_from_us))
    assert terms.is_opening_month is is_opening


def test_terms_keep_the_order_of_the_subscriptions_and_their_numbers():
    of_number = replace(SUBSCRIPTION, subscription_id="s0", service_number="4008001234")
    unknown_plan = replace(SUBSCRIPTION, subscription_id="s2", plan_id="q")
    found = terms_of_month([SUBSCRIPTION, of_number, unknown_plan], [PLAN], cycle=OCTOBER)
    assert [(each.subscription.subscription_id, each.service_number) for each in found] == [
        ("s1", ""), ("s0", "4008001234"),
    ]  # fmt: skip
