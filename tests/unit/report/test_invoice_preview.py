"""report/invoice_preview.py and invoice_sheet.py: from rows of the lake to a sheet."""

import io
from dataclasses import replace

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
from cdrpipe.tariff.rate_plan import AllowanceTerms, RatePlanVersion

OCTOBER = bill_cycle("2026-10")
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
    allowance=AllowanceTerms(monthly_ms=30_000_000),
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


def test_the_sheet_shows_lines_sums_and_what_is_not_applied(asked):
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
    assert lines[-1] == "Stored, not applied yet in this preview: included minutes"


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
