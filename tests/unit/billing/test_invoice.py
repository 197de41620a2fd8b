"""billing/invoice_line.py and invoice.py: lines by hand, and that they add up."""

from dataclasses import replace

import pyarrow as pa
import pytest
from billing_terms import OCTOBER, PLAN, SUBSCRIPTION, terms_of, us

from cdrpipe.billing.allowance_line import AllowanceUse
from cdrpipe.billing.invoice import make_invoices
from cdrpipe.billing.invoice_line import USAGE_SUMS_SCHEMA, fee_lines, usage_lines
from cdrpipe.tariff.rate_plan import AllowanceTerms, FunctionFee, MinimumTerms

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


def sums(*rows):
    return pa.Table.from_pylist([SUM | row for row in rows], schema=USAGE_SUMS_SCHEMA)


def invoices_of(*rows, month_terms, uses=(), account_names=None):
    return make_invoices(
        sums(*rows),
        uses,
        account_names=account_names or {},
        month_terms=month_terms,
        ownerships=(),
        cycle=OCTOBER,
    )


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
    (line,) = fee_lines(terms_of(one_day), service_on=OCTOBER.date_from)
    assert (line.kind, line.amount_cents, line.net_cents, line.tax_cents) == (
        "rental", 30000, 27523, 2477,
    )  # fmt: skip


def test_function_fees_are_lines_of_their_own_taxed_as_information_services():
    plan = replace(
        PLAN,
        monthly_rental_micros=0,
        function_fees=(FunctionFee(name="recording", monthly_micros=10_600_000),),
    )
    (line,) = fee_lines(terms_of(SUBSCRIPTION, plan=plan), service_on=OCTOBER.date_from)
    assert (line.kind, line.item, line.net_cents, line.tax_cents) == (
        "function_fee", "recording", 1000, 60,
    )  # fmt: skip


def test_lines_add_up_to_the_total_and_usage_to_the_micro():
    (invoice,) = invoices_of(
        {"usage_micros": 480_000},
        {"usage_micros": 1_234_567, "relation": "long_distance"},
        account_names={"A1": "Acme"},
        month_terms=terms_of(SUBSCRIPTION),
    )
    # Rental 300.00; 0.48 → net 0.44; 1.234567 → 1.23 → net 1.13.
    assert [line.amount_cents for line in invoice.lines] == [30000, 48, 123]
    assert [line.net_cents for line in invoice.lines] == [27523, 44, 113]
    assert invoice.usage_micros == 1_714_567
    assert (invoice.net_cents, invoice.tax_cents, invoice.total_cents) == (27680, 2491, 30171)
    assert invoice.subtotal_cents("usage") == 171
    assert (invoice.account_name, invoice.month) == ("Acme", "2026-10")


def test_allowance_and_minimum_are_lines_with_vat_and_leave_usage_as_it_is():
    plan = replace(
        PLAN,
        allowance=AllowanceTerms(monthly_ms=30_000_000),
        minimum=MinimumTerms(monthly_micros=1_000_000),
    )
    terms = terms_of(SUBSCRIPTION, plan=plan)
    use = AllowanceUse(
        terms=terms[0],
        granted_ms=30_000_000,
        used_ms=120_000,
        calls=1,
        micros_of_number={"4008001234": -244_999},
    )
    (invoice,) = invoices_of({"usage_micros": 480_000}, month_terms=terms, uses=[use])
    # 0.48 - 0.24 is 0.76 below the minimum of 1.00; VAT of -0.24 is -0.02, of 0.76 it is 0.06.
    assert [(line.kind, line.amount_cents, line.tax_cents) for line in invoice.lines] == [
        ("rental", 30000, 2477),
        ("usage", 48, 4),
        ("allowance", -24, -2),
        ("minimum", 76, 6),
    ]
    assert invoice.total_cents == 30100
    assert invoice.usage_micros == 480_000
    allowance = invoice.lines[2]
    assert (allowance.allowance_micros, allowance.calls, allowance.billable_ms) == (
        -244_999, 1, 120_000,
    )  # fmt: skip
    assert [each.left_ms for each in invoice.allowances] == [29_880_000]


def test_each_account_has_one_invoice_in_order_and_an_unknown_one_no_name():
    invoices = invoices_of(
        {"account_id": "B"},
        {"account_id": "A0"},
        account_names={"A1": "Acme"},
        month_terms=terms_of(SUBSCRIPTION),
    )
    assert [(each.account_id, each.account_name) for each in invoices] == [
        ("A0", ""), ("A1", "Acme"), ("B", ""),
    ]  # fmt: skip


def test_activation_and_number_fee_are_owed_in_the_opening_month_alone():
    plan = replace(PLAN, activation_fee_micros=100_000_000, number_fee_micros=50_000_000)

    def fees(subscription):
        (invoice,) = invoices_of(month_terms=terms_of(subscription, plan=plan))
        return [(line.kind, line.amount_cents, line.tax_cents) for line in invoice.lines]

    assert fees(SUBSCRIPTION) == [("rental", 30000, 2477)]
    # 100 - 100 / 1.09 = 8.26, 50 - 50 / 1.09 = 4.13.
    assert fees(replace(SUBSCRIPTION, valid_from_us=us(2026, 10, 2))) == [
        ("activation_fee", 10000, 826), ("number_fee", 5000, 413), ("rental", 30000, 2477),
    ]  # fmt: skip
