"""report/invoice_preview.py and invoice_sheet.py: from rows of the lake to a sheet."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from cdrpipe.billing.bill_cycle import bill_cycle
from cdrpipe.errors import ConfigError
from cdrpipe.guiding.ownership import Subscription
from cdrpipe.lake.query import open_query
from cdrpipe.language import use_language
from cdrpipe.register.snapshot import Account, RegisterSnapshot
from cdrpipe.report.invoice_preview import preview_invoices
from cdrpipe.report.invoice_sheet import invoice_sheet
from cdrpipe.tariff.rate_plan import (
    AllowanceTerms,
    MinimumTerms,
    PoolTerms,
    Rate,
    RatePlanVersion,
    RateStep,
)

OCTOBER = bill_cycle("2026-10")
PLAN = RatePlanVersion(
    plan_id="p",
    version=1,
    name="P",
    tz="Asia/Shanghai",
    valid_from_us=0,
    valid_until_us=None,
    split="independent",
    rates=(
        Rate(
            rate_id="minute",
            party="enterprise",
            steps=(RateStep(from_ms=0, price_micros=120_000, per_ms=60_000, increment_ms=60_000),),
        ),
    ),
    monthly_rental_micros=300_000_000,
    pool=PoolTerms(price_micros=1, granted_ms=60_000, valid_months=1),
)
INCLUDED = replace(
    PLAN,
    plan_id="q",
    allowance=AllowanceTerms(monthly_ms=180_000),
    minimum=MinimumTerms(monthly_micros=1_000_000),
)
SUBSCRIPTION = Subscription(
    subscription_id="s1",
    account_id="A1",
    plan_id="p",
    service_number=None,
    valid_from_us=0,
    valid_until_us=None,
)
SNAPSHOT = RegisterSnapshot(
    accounts=tuple(
        Account(account_id=account_id, name=f"Name {account_id}", opened_on=None, contact=None)
        for account_id in ("A1", "A2")
    ),
    ownerships=(),
    subscriptions=(SUBSCRIPTION, replace(SUBSCRIPTION, subscription_id="s2", account_id="A2")),
    plan_versions=(PLAN,),
    revision=1,
)


def call(call_id, **columns):
    return {
        "call_id": call_id,
        "leg": "",
        "partial_no": 0,
        "is_continuation": False,
        "billing_started_at": datetime(2026, 10, 1, 4, tzinfo=UTC),
        "calling_kind": "mobile",
        "calling_region_id": 110010,
        "answering_kind": "landline",
        "answering_region_id": 310021,
        "subscription_id": "s1",
        "account_id": "A1",
        "service_number": "4008001234",
        "plan_id": "p",
        "plan_version": 1,
        "relation": "long_distance",
        "zone": "",
        "band": "",
        "enterprise_billable_ms": 61_200,
        "enterprise_charge_micros": 240_000,
        "caller_charge_micros": 0,
    } | columns


@pytest.fixture
def asked(lake_of, region):
    calls = [
        call("c1"),
        call("c2", enterprise_charge_micros=120_001),
        call("c3", account_id="A2", relation="local", enterprise_charge_micros=7),
    ]
    return open_query(lake_of(calls), {"region": region})


def test_usage_of_all_previews_is_the_sum_of_all_charges(asked):
    invoices = preview_invoices(asked, SNAPSHOT, OCTOBER)
    assert [each.account_id for each in invoices] == ["A1", "A2"]
    assert [each.usage_micros for each in invoices] == [360_001, 7]
    # A1: 300.00 + 0.36; A2: 300.00 + 0.00.
    assert [each.total_cents for each in invoices] == [30036, 30000]


def test_another_month_has_rental_and_no_usage(asked):
    invoices = preview_invoices(asked, SNAPSHOT, bill_cycle("2026-11"))
    assert [each.usage_micros for each in invoices] == [0, 0]
    assert [each.total_cents for each in invoices] == [30000, 30000]


def test_one_account_is_previewed_alone(asked):
    (invoice,) = preview_invoices(asked, SNAPSHOT, OCTOBER, account_id="A2")
    assert invoice.account_id == "A2"


def test_an_unknown_account_is_a_fault(asked):
    with pytest.raises(ConfigError, match="got 'A9'"):
        preview_invoices(asked, SNAPSHOT, OCTOBER, account_id="A9")


def printed(invoice, *, width):
    console = Console(width=width, file=io.StringIO())
    console.print(invoice_sheet(invoice))
    return console.file.getvalue().splitlines()


def test_the_sheet_shows_lines_and_sums(asked):
    use_language("en")
    (invoice,) = preview_invoices(asked, SNAPSHOT, OCTOBER, account_id="A1")
    lines = printed(invoice, width=80)

    def line_with(word):
        return next(line.split() for line in lines if word in line)

    assert "Name A1" in lines[0]
    assert line_with("long distance")[-4:] == ["2", "2.0", "0.360001", "0.36"]
    # Net 275.23 + 0.33, VAT 24.77 + 0.03.
    assert line_with("Net") == ["Net", "275.56"]
    assert line_with("Total")[-1] == "300.36"
    assert lines[-1].startswith("Total")  # nothing was prepaid


@pytest.fixture
def included(lake_of, region):
    """Two numbers of A1, whose plan includes three minutes; 61.2 s are two of them."""
    calls = [
        call("c2", plan_id="q", billing_started_at=datetime(2026, 10, 1, 5, tzinfo=UTC)),
        call("c1", plan_id="q", service_number="4006005678", relation="local"),
        call("c3", plan_id="q", billing_started_at=datetime(2026, 10, 1, 6, tzinfo=UTC)),
    ]
    snapshot = replace(
        SNAPSHOT,
        subscriptions=(replace(SUBSCRIPTION, plan_id="q"),),
        plan_versions=(PLAN, INCLUDED),
    )
    (invoice,) = preview_invoices(
        open_query(lake_of(calls), {"region": region}), snapshot, OCTOBER, account_id="A1"
    )
    return invoice


def test_included_minutes_are_taken_off_in_the_order_of_the_calls_and_the_minimum_is_owed(included):
    # c1 two minutes, c2 the third: 0.24 + 0.12 of 0.72 are taken off, 0.64 are missing from 1.00.
    assert [(line.kind, line.amount_cents) for line in included.lines] == [
        ("rental", 30000), ("usage", 24), ("usage", 48), ("allowance", -36), ("minimum", 64),
    ]  # fmt: skip
    assert included.usage_micros == 720_000
    assert included.total_cents == 30100
    (use,) = included.allowances
    assert (use.granted_ms, use.used_ms, use.left_ms, use.calls) == (180_000, 180_000, 0, 2)
    assert use.micros_of_number == {"4006005678": -240_000, "4008001234": -120_000}


def test_the_sheet_shows_what_included_minutes_paid_and_what_is_left(included):
    use_language("en")
    console = Console(width=120, file=io.StringIO())
    console.print(invoice_sheet(included))
    lines = console.file.getvalue().splitlines()
    paid = next(line.split() for line in lines if "Paid by minutes" in line)
    # all numbers, calls, minutes, exact, amount
    assert paid[3:] == ["all", "2", "3.0", "-0.360000", "-0.36"]
    minimum = next(line.split() for line in lines if "Up to the monthly minimum" in line)
    assert minimum[-1] == "0.64"
    assert "Included minutes of s1: 3.0 granted, 3.0 used, 0.0 left, void after 2026-10" in lines


def test_a_year_of_money_fits_80_columns_and_is_never_cut(asked):
    use_language("en")
    (invoice,) = preview_invoices(asked, SNAPSHOT, OCTOBER, account_id="A1")
    rental, usage = invoice.lines
    great = replace(
        usage, calls=1_234_567, billable_ms=987_654 * 60_000, usage_micros=34_050_000_001
    )
    lines = printed(replace(invoice, lines=(rental, great)), width=80)
    assert max(map(len, lines)) <= 80
    assert not any("…" in line for line in lines)
    (shown,) = [line for line in lines if "34,050.000001" in line]
    assert {"4008001234", "1,234,567", "987,654.0"} <= set(shown.split())


def test_lines_stand_under_the_plan_they_are_of(asked):
    use_language("en")
    (invoice,) = preview_invoices(asked, SNAPSHOT, OCTOBER, account_id="A1")
    rental, usage = invoice.lines
    lines = printed(replace(invoice, lines=(rental, replace(usage, plan_version=2))), width=80)
    first, second = lines.index("plan p v1"), lines.index("plan p v2")
    assert "Monthly rental" in " ".join(lines[first:second])
    assert "Usage" in " ".join(lines[second:])


def test_a_sheet_too_wide_for_the_terminal_names_each_figure(asked):
    use_language("en")
    (invoice,) = preview_invoices(asked, SNAPSHOT, OCTOBER, account_id="A1")
    lines = printed(invoice, width=40)
    assert "exact, yuan   0.360001" in [line.rstrip() for line in lines]
