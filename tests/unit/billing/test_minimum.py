"""billing/minimum.py: what is missing from the minimum, worked by hand in cents."""

from dataclasses import replace

from billing_terms import OCTOBER, PLAN, SUBSCRIPTION, terms_of, terms_on, us

from cdrpipe.billing.allowance_line import AllowanceUse, allowance_lines
from cdrpipe.billing.invoice_line import fee_lines, make_line
from cdrpipe.billing.minimum import minimum_lines
from cdrpipe.guiding.ownership import Ownership
from cdrpipe.tariff.rate_plan import MinimumTerms

PER_ACCOUNT = replace(PLAN, minimum=MinimumTerms(monthly_micros=40_000_000))
PER_NUMBER = replace(PLAN, minimum=MinimumTerms(monthly_micros=40_000_000, per="number"))


def usage(amount_cents, *, service_number="4008001234", account_id="A1"):
    return make_line(
        kind="usage",
        account_id=account_id,
        service_number=service_number,
        plan_id="p",
        plan_version=1,
        usage_micros=amount_cents * 10_000,
        amount_cents=amount_cents,
        service_on=OCTOBER.date_from,
    )


def held(service_number, *, valid_from_us=0, valid_until_us=None):
    return Ownership(
        service_number=service_number,
        account_id="A1",
        valid_from_us=valid_from_us,
        valid_until_us=valid_until_us,
        bill_from="answered",
        bridged_is_answered_for=(),
        home_region_id=0,
    )


def use_of(terms, micros_of_number):
    return AllowanceUse(
        terms=terms,
        granted_ms=60_000,
        used_ms=60_000,
        calls=1,
        micros_of_number=micros_of_number,
    )


def missing(lines, month_terms, *, uses=(), ownerships=()):
    """The minimum lines' amounts by number, "" for the account's."""
    lines = [*lines, *allowance_lines(uses, service_on=OCTOBER.date_from)]
    return {
        line.service_number: line.amount_cents
        for line in minimum_lines(
            lines, uses, month_terms=month_terms, ownerships=ownerships, cycle=OCTOBER
        )
    }


def test_what_is_missing_from_the_minimum_is_a_line_and_a_reached_one_is_none():
    terms = terms_of(SUBSCRIPTION, plan=PER_ACCOUNT)
    assert missing([usage(1_250)], terms) == {"": 2_750}
    assert missing([usage(3_999)], terms) == {"": 1}
    assert missing([usage(4_000)], terms) == {}
    assert missing([usage(9_000)], terms) == {}
    assert missing([], terms) == {"": 4_000}


def test_rental_and_fees_do_not_count_to_the_minimum():
    terms = terms_of(SUBSCRIPTION, plan=PER_ACCOUNT)
    lines = [*fee_lines(terms, service_on=OCTOBER.date_from), usage(1_000)]
    assert [line.kind for line in lines] == ["rental", "usage"]
    assert missing(lines, terms) == {"": 3_000}


def test_usage_counts_after_what_included_time_took_off():
    terms = terms_of(SUBSCRIPTION, plan=PER_ACCOUNT)
    use = use_of(terms[0], {"4008001234": -4_995_000, "4006005678": -10_000_000})
    # 50.00 - 15.00 (14.995 half up) = 35.00.
    assert missing([usage(5_000)], terms, uses=[use]) == {"": 500}


def test_a_line_that_went_below_zero_is_made_up_for():
    terms = terms_of(SUBSCRIPTION, plan=PER_ACCOUNT)
    assert missing([], terms, uses=[use_of(terms[0], {"4008001234": -8_000})]) == {"": 4_001}


def test_the_opening_month_owes_no_minimum_unless_the_plan_says_so():
    opening = replace(SUBSCRIPTION, valid_from_us=us(2026, 10, 2))
    assert missing([], terms_of(opening, plan=PER_ACCOUNT)) == {}
    owed = MinimumTerms(monthly_micros=40_000_000, is_owed_in_opening_month=True)
    assert missing([], terms_of(opening, plan=replace(PLAN, minimum=owed))) == {"": 4_000}


def test_an_account_owes_the_highest_minimum_of_its_plans_once_over_all_its_usage():
    higher = replace(PER_ACCOUNT, plan_id="q", minimum=MinimumTerms(monthly_micros=100_000_000))
    subscriptions = [
        SUBSCRIPTION,
        replace(SUBSCRIPTION, subscription_id="s2", plan_id="q", service_number="4006005678"),
        replace(SUBSCRIPTION, subscription_id="s3", service_number="4007001111"),
    ]
    terms = terms_on(subscriptions, [PER_ACCOUNT, higher])
    lines = [usage(1_000), usage(2_000, service_number="4006005678")]
    (line,) = minimum_lines(lines, (), month_terms=terms, ownerships=(), cycle=OCTOBER)
    assert (line.service_number, line.amount_cents) == ("", 7_000)
    assert (line.subscription_id, line.plan_id, line.vat_percent) == ("s2", "q", 9)


def test_in_a_month_with_a_change_of_plan_the_ending_plans_minimum_is_owed_over_both():
    middle = us(2026, 10, 15)
    higher = replace(PER_ACCOUNT, plan_id="q", minimum=MinimumTerms(monthly_micros=100_000_000))
    terms = terms_on(
        [
            replace(SUBSCRIPTION, valid_until_us=middle),
            replace(SUBSCRIPTION, subscription_id="s2", plan_id="q", valid_from_us=middle),
        ],
        [PER_ACCOUNT, higher],
    )
    assert missing([usage(1_000), usage(500)], terms) == {"": 2_500}


def test_accounts_are_apart():
    other = replace(SUBSCRIPTION, subscription_id="s2", account_id="A2")
    terms = terms_of(SUBSCRIPTION, other, plan=PER_ACCOUNT)
    lines = minimum_lines(
        [usage(4_000), usage(1_000, account_id="A2"), usage(1, account_id="A3")],
        (),
        month_terms=terms,
        ownerships=(),
        cycle=OCTOBER,
    )
    assert [(line.account_id, line.amount_cents) for line in lines] == [("A2", 3_000)]


def test_a_minimum_per_number_is_owed_by_each_number_without_calls_too():
    terms = terms_of(SUBSCRIPTION, plan=PER_NUMBER)
    ownerships = [held("4008001234"), held("4006005678"), held("4007001111")]
    lines = [usage(1_000), usage(9_000, service_number="4006005678")]
    assert missing(lines, terms, ownerships=ownerships) == {
        "4008001234": 3_000,
        "4007001111": 4_000,
    }


def test_a_number_that_was_not_held_in_the_month_or_opened_in_it_owes_none():
    terms = terms_of(SUBSCRIPTION, plan=PER_NUMBER)
    ownerships = [
        held("4008001234", valid_until_us=OCTOBER.from_us),
        held("4006005678", valid_from_us=OCTOBER.until_us),
        held("4007001111", valid_from_us=us(2026, 10, 5)),
        held("4009001111", valid_until_us=us(2026, 10, 5)),
    ]
    assert missing([], terms, ownerships=ownerships) == {"4009001111": 4_000}
    owed = replace(PER_NUMBER.minimum, is_owed_in_opening_month=True)
    opened_too = terms_of(SUBSCRIPTION, plan=replace(PER_NUMBER, minimum=owed))
    assert missing([], opened_too, ownerships=ownerships).keys() == {"4007001111", "4009001111"}


def test_a_subscription_of_one_number_owes_that_numbers_minimum_and_no_other_subscription_does():
    own = replace(SUBSCRIPTION, subscription_id="s2", plan_id="q", service_number="4006005678")
    cheaper = replace(
        PER_NUMBER, plan_id="q", minimum=MinimumTerms(monthly_micros=10_000_000, per="number")
    )
    terms = terms_on([SUBSCRIPTION, own], [PER_NUMBER, cheaper])
    ownerships = [held("4008001234"), held("4006005678")]
    assert missing([], terms, ownerships=ownerships) == {"4008001234": 4_000, "4006005678": 1_000}


def test_a_number_counts_its_own_part_of_shared_included_time_and_an_account_the_rest():
    whole = replace(PER_ACCOUNT, plan_id="q")
    own = replace(SUBSCRIPTION, subscription_id="s2", service_number="4006005678")
    terms = terms_on([replace(SUBSCRIPTION, plan_id="q"), own], [whole, PER_NUMBER])
    use = use_of(terms[0], {"4008001234": -3_000_000, "4006005678": -2_000_000})
    lines = [usage(1_000), usage(1_500, service_number="4006005678")]
    # The number: 40.00 - (15.00 - 2.00). The account: 40.00 - (10.00 - 3.00).
    assert missing(lines, terms, uses=[use]) == {"4006005678": 2_700, "": 3_300}
