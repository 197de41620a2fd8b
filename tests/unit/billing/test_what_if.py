"""billing/what_if.py: which tariff stands in for which, and that the differences add up."""

from dataclasses import replace

import pytest
from billing_terms import OCTOBER, us
from hypothesis import given
from hypothesis import strategies as st
from months import flat, invoice_of, subscribed

from cdrpipe.billing.invoice_line import make_line
from cdrpipe.billing.what_if import (
    CallGroup,
    OtherTariff,
    PricedBy,
    compare_accounts,
    under_other_tariffs,
)
from cdrpipe.errors import ConfigError, Refused

P, Q = flat("p", 100_000), flat("q", 200_000)
ON_P, ON_Q = subscribed("A1", "p"), subscribed("A2", "q")


def terms_under(*versions, account_id=None, every_plan=False, subscriptions=(ON_P, ON_Q)):
    return under_other_tariffs(
        [OtherTariff(name=f"{each.plan_id}.toml", versions=(each,)) for each in versions],
        subscriptions=subscriptions,
        plan_versions=(P, Q),
        cycle=OCTOBER,
        account_id=account_id,
        every_plan=every_plan,
    )


def test_a_tariff_stands_in_for_all_versions_of_its_own_plan_and_no_other():
    dearer = flat("p", 300_000, version=7)
    terms = terms_under(dearer)
    assert terms.plan_versions == (Q, dearer)
    assert terms.subscriptions == (ON_P, ON_Q)


def test_several_tariffs_stand_in_each_for_its_own_plan():
    assert terms_under(flat("q", 1), flat("p", 2)).plan_versions == (flat("q", 1), flat("p", 2))


def test_a_tariff_of_nobody_is_refused_for_all_accounts_unless_it_is_said():
    with pytest.raises(Refused, match="subscribed to in 2026-10, got new") as caught:
        terms_under(flat("new", 1))
    assert "--every-plan" in caught.value.hint
    terms = terms_under(flat("new", 1), every_plan=True)
    assert [each.plan_id for each in terms.subscriptions] == ["new", "new"]


def test_for_one_account_a_plan_it_is_not_on_stands_in_for_its_plans():
    terms = terms_under(flat("q", 1), account_id="A1")
    assert [(each.account_id, each.plan_id) for each in terms.subscriptions] == [("A1", "q")]


def test_a_subscription_that_ended_before_the_month_counts_as_none():
    gone = replace(ON_P, valid_until_us=OCTOBER.from_us)
    with pytest.raises(Refused):
        terms_under(flat("p", 1), subscriptions=(gone, ON_Q))


def test_on_one_plan_a_change_of_plan_begins_no_second_subscription():
    day_us = us(2026, 10, 10)
    first = replace(ON_P, valid_until_us=day_us)
    second = subscribed("A1", "q", valid_from_us=day_us)
    own = subscribed("A1", "q", service_number="4008001234", valid_from_us=day_us)
    terms = terms_under(flat("new", 1), account_id="A1", subscriptions=(second, own, first))
    assert terms.subscriptions == (
        replace(first, plan_id="new", valid_until_us=None),
        replace(own, plan_id="new"),
    )


def test_subscriptions_with_a_gap_between_them_stay_two():
    first = replace(ON_P, valid_until_us=us(2026, 10, 10))
    second = subscribed("A1", "q", valid_from_us=us(2026, 10, 11))
    terms = terms_under(flat("new", 1), account_id="A1", subscriptions=(first, second))
    assert len(terms.subscriptions) == 2


def test_two_tariffs_of_one_plan_are_refused():
    with pytest.raises(ConfigError, match="expected one tariff a plan, got 2 of p"):
        terms_under(flat("p", 1), flat("p", 2))


@pytest.mark.parametrize("every_plan", [False, True])
def test_a_tariff_that_stands_in_for_every_plan_stands_alone(every_plan):
    with pytest.raises(ConfigError, match="stands in for every plan, got 2"):
        terms_under(flat("p", 1), flat("new", 2), every_plan=every_plan)


def priced(plan_id="p"):
    return PricedBy(plan_id=plan_id, plan_version=1, rate_id="minute", rate=None)


def group(account_id, before_micros, after_micros, *, relation="local", reason="", calls=1):
    return CallGroup(
        account_id=account_id,
        relation=relation,
        zone="",
        band="",
        before=priced(),
        after=None if reason else priced("q"),
        reason=reason,
        calls=calls,
        calls_changed=calls,
        before_micros=before_micros,
        after_micros=after_micros,
    )


def invoice(account_id, cents):
    line = make_line(
        kind="rental",
        account_id=account_id,
        service_number="",
        plan_id="p",
        plan_version=1,
        amount_cents=cents,
        service_on=OCTOBER.date_from,
    )
    return invoice_of(account_id, line)


def test_the_three_groups_that_differ_most_are_the_reasons_the_greatest_first():
    groups = [
        group("A1", 100, 110, relation="unknown"),
        group("A1", 100, 50, relation="local"),
        group("A1", 100, 100, relation="local"),
        group("A1", 0, 30, relation="international"),
        group("A1", 0, 40, relation="long_distance"),
    ]
    (account,) = compare_accounts(groups, before=[], after=[], account_names={"A1": "Acme"})
    assert [each.difference_micros for each in account.reasons] == [-50, 40, 30]
    assert (account.account_name, account.calls, account.usage_difference_micros) == ("Acme", 5, 30)


def test_calls_without_a_price_are_counted_by_reason_and_cost_nothing_then():
    groups = [
        group("A1", 70, 0, reason="RATE_NOT_FOUND", calls=3),
        group("A1", 5, 0, reason="NO_PLAN_IN_FORCE", calls=2),
        group("A1", 7, 0, reason="RATE_NOT_FOUND", relation="unknown"),
    ]
    (account,) = compare_accounts(groups, before=[], after=[], account_names={})
    assert dict(account.unpriced) == {"NO_PLAN_IN_FORCE": 2, "RATE_NOT_FOUND": 4}
    assert account.unpriced_calls == 6
    assert account.usage_difference_micros == -82


def test_an_account_without_calls_differs_by_its_invoice_alone():
    differences = compare_accounts(
        [group("A2", 10, 20)],
        before=[invoice("A1", 500), invoice("A2", 100)],
        after=[invoice("A2", 130), invoice("A3", 90)],
        account_names={},
    )
    assert [(each.account_id, each.invoice_difference_cents) for each in differences] == [
        ("A1", -500), ("A3", 90), ("A2", 30),
    ]  # fmt: skip


money = st.integers(0, 10**12)
accounts = st.sampled_from(["A1", "A2", "A3"])


@given(
    st.lists(st.builds(group, accounts, money, money)),
    st.dictionaries(accounts, st.integers(0, 10**9)),
    st.dictionaries(accounts, st.integers(0, 10**9)),
)
def test_differences_add_up_to_what_is_new_less_what_is_old(groups, before, after):
    found = compare_accounts(
        groups,
        before=[invoice(*pair) for pair in before.items()],
        after=[invoice(*pair) for pair in after.items()],
        account_names={},
    )
    assert sum(each.usage_difference_micros for each in found) == sum(
        each.after_micros - each.before_micros for each in groups
    )
    assert sum(each.invoice_difference_cents for each in found) == sum(after.values()) - sum(
        before.values()
    )
    assert sum(each.calls for each in found) == len(groups)
