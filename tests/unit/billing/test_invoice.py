"""billing/invoice_line.py and invoice.py: lines by hand, and that they add up."""

from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from cdrpipe.billing.bill_cycle import bill_cycle
from cdrpipe.billing.invoice import make_invoices
from cdrpipe.billing.invoice_line import (
    USAGE_SUMS_SCHEMA,
    fee_lines,
    usage_lines,
    version_of_month,
)
from cdrpipe.guiding.ownership import Subscription
from cdrpipe.tariff.rate_plan import AllowanceTerms, FunctionFee, MinimumTerms, RatePlanVersion

OCTOBER = bill_cycle("2026-10")
SUM = {
    "account_id": "A1",
    "service_number": "4008001234",
    "plan_id": "p",
    "plan_version": 1,
    "relation": "local",
    "zone": "",
    "band": "",
    "calls": 3,
    "billable_ms": 185_000,
    "usage_micros": 480_000,
}
PLAN = RatePlanVersion(
    plan_id="p",
    version=1,
    name="P",
    tz="Asia/Shanghai",
    valid_from_us=0,
    valid_until_us=None,
    split="independent",
    rates=(),
    monthly_rental_micros=300_000_000,
)
SUBSCRIPTION = Subscription(
    subscription_id="s1",
    account_id="A1",
    plan_id="p",
    service_number=None,
    valid_from_us=0,
    valid_until_us=None,
)


def us(*instant):
    return int(datetime(*instant, tzinfo=UTC).timestamp()) * 1_000_000


def sums(*rows):
    return pa.Table.from_pylist([SUM | row for row in rows], schema=USAGE_SUMS_SCHEMA)


@pytest.mark.parametrize(
    ("usage_micros", "amount_cents"),
    [(480_000, 48), (4_999, 0), (5_000, 1), (14_999, 1), (15_000, 2), (0, 0)],
)
def test_a_usage_line_is_rounded_half_up_to_cents_once(usage_micros, amount_cents):
    (line,) = usage_lines(sums({"usage_micros": usage_micros}), service_on=OCTOBER.date_from)
    assert (line.usage_micros, line.amount_cents) == (usage_micros, amount_cents)


def test_a_usage_line_is_voice_with_its_vat():
    (line,) = usage_lines(sums({"usage_micros": 1_000_000}), service_on=OCTOBER.date_from)
    assert (line.vat_category, line.vat_percent) == ("voice", 9)
    assert (line.net_cents, line.tax_cents) == (92, 8)


def test_an_active_subscription_owes_the_whole_month_whatever_days_it_lasts():
    one_day = replace(SUBSCRIPTION, valid_from_us=us(2026, 10, 30), valid_until_us=us(2026, 10, 31))
    (line,) = fee_lines([one_day], [PLAN], cycle=OCTOBER)
    assert (line.kind, line.amount_cents, line.net_cents, line.tax_cents) == (
        "rental", 30000, 27523, 2477,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("valid_from_us", "valid_until_us"),
    [(0, us(2026, 9, 30, 16)), (us(2026, 10, 31, 16), None)],
)
def test_a_subscription_that_ends_at_the_start_or_begins_at_the_end_owes_nothing(
    valid_from_us, valid_until_us
):
    beside = replace(SUBSCRIPTION, valid_from_us=valid_from_us, valid_until_us=valid_until_us)
    assert fee_lines([beside], [PLAN], cycle=OCTOBER) == []


def test_function_fees_are_lines_of_their_own_taxed_as_information_services():
    plan = replace(
        PLAN,
        monthly_rental_micros=0,
        function_fees=(FunctionFee(name="recording", monthly_micros=10_600_000),),
    )
    (line,) = fee_lines([SUBSCRIPTION], [plan], cycle=OCTOBER)
    assert (line.kind, line.item, line.net_cents, line.tax_cents) == (
        "function_fee", "recording", 1000, 60,
    )  # fmt: skip


def test_terms_are_those_in_force_when_the_month_begins():
    middle = us(2026, 10, 15)
    first = replace(PLAN, valid_until_us=middle)
    second = replace(PLAN, version=2, valid_from_us=middle)
    assert version_of_month(SUBSCRIPTION, [second, first], cycle=OCTOBER) == first
    starts_later = replace(SUBSCRIPTION, valid_from_us=us(2026, 10, 20))
    assert version_of_month(starts_later, [first, second], cycle=OCTOBER) == second
    assert version_of_month(SUBSCRIPTION, [second], cycle=OCTOBER) == second
    # A version without end stays in force beside its successor: the higher number is the one.
    endless = replace(first, valid_until_us=None)
    overlapping = replace(second, valid_from_us=endless.valid_from_us + 1)
    assert version_of_month(SUBSCRIPTION, [endless, overlapping], cycle=OCTOBER) == overlapping
    ended = replace(SUBSCRIPTION, valid_until_us=middle)
    assert version_of_month(ended, [second], cycle=OCTOBER) is None
    assert version_of_month(replace(SUBSCRIPTION, plan_id="q"), [first], cycle=OCTOBER) is None


def test_lines_add_up_to_the_total_and_usage_to_the_micro():
    (invoice,) = make_invoices(
        sums(
            {"usage_micros": 480_000},
            {"usage_micros": 1_234_567, "relation": "long_distance"},
        ),
        account_names={"A1": "Acme"},
        subscriptions=[SUBSCRIPTION],
        plan_versions=[PLAN],
        cycle=OCTOBER,
    )
    # Rental 300.00; 0.48 → net 0.44; 1.234567 → 1.23 → net 1.13.
    assert [line.amount_cents for line in invoice.lines] == [30000, 48, 123]
    assert [line.net_cents for line in invoice.lines] == [27523, 44, 113]
    assert invoice.usage_micros == 1_714_567
    assert (invoice.net_cents, invoice.tax_cents, invoice.total_cents) == (27680, 2491, 30171)
    assert invoice.subtotal_cents("usage") == 171
    assert (invoice.account_name, invoice.month) == ("Acme", "2026-10")


def test_each_account_has_one_invoice_in_order_and_an_unknown_one_no_name():
    invoices = make_invoices(
        sums({"account_id": "B"}, {"account_id": "A0"}),
        account_names={"A1": "Acme"},
        subscriptions=[SUBSCRIPTION],
        plan_versions=[PLAN],
        cycle=OCTOBER,
    )
    assert [(each.account_id, each.account_name) for each in invoices] == [
        ("A0", ""), ("A1", "Acme"), ("B", ""),
    ]  # fmt: skip


def test_terms_that_are_stored_and_not_applied_are_named():
    plan = replace(
        PLAN,
        allowance=AllowanceTerms(monthly_ms=30_000_000),
        minimum=MinimumTerms(monthly_micros=120_000_000),
        activation_fee_micros=1,
    )

    def terms(subscription):
        (invoice,) = make_invoices(
            sums(),
            account_names={},
            subscriptions=[subscription],
            plan_versions=[plan],
            cycle=OCTOBER,
        )
        return invoice.unapplied_terms

    assert terms(SUBSCRIPTION) == ("allowance", "minimum")
    opening = replace(SUBSCRIPTION, valid_from_us=us(2026, 10, 2))
    assert terms(opening) == ("activation_fee", "allowance", "minimum")
