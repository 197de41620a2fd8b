"""report/explain_call.py, its sheet and its document: differences, gone plans, many records."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from cdrpipe.guiding.ownership import Ownership
from cdrpipe.lake.query import open_query
from cdrpipe.register.snapshot import Account, RegisterSnapshot
from cdrpipe.report.explain_call import RECORDS_MAX, explain_records
from cdrpipe.report.explain_document import call_document, segment_rows
from cdrpipe.report.explain_sheet import explain_sheet
from cdrpipe.report.explain_words import call_sentences
from cdrpipe.tariff.rate_deck import parse_rate_plan
from cdrpipe.tariff.rate_plan import PrepaidClass, PrepaidTerms

PLAN = """
id = "p"
name = "P"
valid_from = 2026-01-01
free_numbers = ["13800138000"]

[[rate]]
id = "second"
party = "enterprise"
price_per_minute = "0.01"
increment = "1s"
maximum = "5"
minimum = "0.001"
"""
(VERSION,) = parse_rate_plan(PLAN, file="p.toml")
NOON = datetime(2026, 10, 1, 4, tzinfo=UTC)
OWNERSHIP = Ownership(
    service_number="4008001234",
    account_id="A1",
    valid_from_us=1_767_196_800_000_000,  # 2026-01-01 in China
    valid_until_us=1_798_732_800_000_000,  # 2027-01-01
    bill_from="bridged",
    bridged_is_answered_for=(),
    home_region_id=0,
)
SNAPSHOT = RegisterSnapshot(
    accounts=(Account(account_id="A1", name="Acme", opened_on=None, contact=None),),
    ownerships=(OWNERSHIP,),
    subscriptions=(),
    plan_versions=(VERSION,),
    revision=1,
)
# One second at 0.01 a minute is 0.000166…, at least 0.001.
CALL = {
    "call_id": "c1",
    "leg": "",
    "partial_no": 0,
    "is_continuation": False,
    "billing_started_at": NOON,
    "answered_at": NOON,
    "bridged_at": NOON,
    "calling_number": 8613900139000,
    "calling_kind": "mobile",
    "calling_region_id": 110010,
    "answering_kind": "landline",
    "answering_region_id": 440755,
    "relation": "long_distance",
    "account_id": "A1",
    "subscription_id": "s1",
    "service_number": "4008001234",
    "plan_id": "p",
    "plan_version": 1,
    "file": "calls.csv",
    "enterprise_billable_ms": 1_000,
    "caller_billable_ms": 1_000,
    "enterprise_charge_micros": 1_000,
    "caller_charge_micros": 0,
}


@pytest.fixture
def explained(lake_of, region):
    """Explain call c1 among rows that differ from CALL in what is given."""

    def explain(*rows, snapshot=SNAPSHOT):
        stored = lake_of([CALL | row for row in rows])
        connection = open_query(stored, {"region": region})
        return explain_records(connection, snapshot, {}, call_id="c1")

    return explain


def shown(call):
    console = Console(width=200, file=io.StringIO())
    for record in call.records:
        console.print(explain_sheet(record, tz="Asia/Shanghai"))
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]


def test_limits_and_amounts_without_end_are_shown_as_such(explained):
    lines = shown(explained({}))
    assert "Sum of the segments ≈ 0.000166667" in lines
    assert "At most 5.000000 ≈ 0.000166667" in lines
    assert "At least 0.001000 0.001000" in lines
    assert "number 4008001234 A1 Acme theirs from 2026-01-01 until 2027-01-01" in lines


def test_a_charge_that_differs_from_the_rule_is_never_hidden(explained):
    call = explained({"enterprise_charge_micros": 999})
    (record,) = call.records
    assert not record.agrees
    sentence = "Difference: stored is 0.000999; plan and calendar as they stand now make 0.001000."
    assert sentence in shown(call)
    document = call_document(call, tz="UTC")["records"][0]
    assert document["agrees"] is False
    assert (
        document["enterprise"]["stored_micros"],
        document["enterprise"]["explained_micros"],
    ) == (
        999,
        1_000,
    )
    assert document["enterprise"]["sentences"] == [sentence]


def test_a_plan_version_that_is_gone_is_said_with_the_stored_charges(explained):
    call = explained({"plan_version": 7})
    assert not call.records[0].agrees
    said = "Plan p version 7 is not in the register: what the call was priced by is not known"
    assert any(said in line for line in shown(call))
    document = call_document(call, tz="UTC")["records"][0]
    assert document["enterprise"] == {"stored_micros": 1_000, "agrees": False}
    assert list(segment_rows(call, tz="UTC")) == []


def test_a_call_nobody_took_on_a_number_billed_from_the_bridge_says_so(explained):
    missed = {
        "bridged_at": None,
        "answering_kind": "none",
        "enterprise_billable_ms": 0,
        "enterprise_charge_micros": 0,
    }
    sentence = "The number is billed from a person's answer, and nobody took the call."
    assert sentence in shown(explained(missed))
    by_answer = replace(SNAPSHOT, ownerships=(replace(OWNERSHIP, bill_from="answered"),))
    lines = shown(explained(missed, snapshot=by_answer))
    assert sentence not in lines
    assert "No billable time by this party's clock: neither fee nor minimum is owed." in lines


def test_a_free_numbers_call_says_so_for_both_parties(explained):
    caller = replace(VERSION.rates[0], rate_id="share", party="caller")
    version = replace(VERSION, rates=(*VERSION.rates, caller))
    call = explained(
        {"calling_number": 8613800138000, "enterprise_charge_micros": 0},
        snapshot=replace(SNAPSHOT, plan_versions=(version,)),
    )
    sentence = "The caller's number is one of the plan's free numbers: nobody pays."
    assert shown(call).count(sentence) == 2
    assert call.records[0].choices == {}


def test_a_year_that_no_calendar_confirms_leaves_the_stored_charge_without_a_price(explained):
    holidays = PLAN + '\n[[rate]]\nparty = "enterprise"\nband = "holiday"\nprice_per_minute = "1"\n'
    holidays += 'increment = "1s"\n[[band]]\nname = "holiday"\nday_kinds = ["holiday"]\n'
    holidays = holidays.replace("valid_from", 'calendar = "cn"\nvalid_from')
    (version,) = parse_rate_plan(
        holidays.replace('maximum = "5"\nminimum = "0.001"\n', ""), file="p"
    )
    lines = shown(explained({}, snapshot=replace(SNAPSHOT, plan_versions=(version,))))
    assert "Difference: stored is 0.001000, and there is no price to hold against it." in lines
    assert any("depends on the kind of a day in a year" in line for line in lines)


def test_more_records_than_fit_are_counted(explained):
    call = explained(*({"leg": f"{number:02}"} for number in range(RECORDS_MAX + 3)))
    assert [record.row["leg"] for record in call.records][:2] == ["00", "01"]
    assert (len(call.records), call.left_out) == (RECORDS_MAX, 3)


def test_the_price_of_a_prepaid_class_and_the_carriers_cost_are_said(explained):
    prepaid_class = PrepaidClass(top_up_micros_min=1_000_000_000, price_per_minute_micros=60_000)
    version = replace(VERSION, prepaid=PrepaidTerms(classes=(prepaid_class,)))
    row = {
        "top_up_class_micros": 1_000_000_000,
        "enterprise_charge_micros": 1_000,
        "carrier_rate_id": "carrier",
        "carrier_cost_micros": 500,
    }
    call = explained(row, snapshot=replace(SNAPSHOT, plan_versions=(version,)))
    (record,) = call.records
    # One second at the class's 0.06 a minute is 0.001.
    assert record.explanation.enterprise.pieces[0].price_micros == 60_000
    assert record.agrees
    sentences = " ".join(call_sentences(record))
    assert "had paid in ¥ 1000.000000 or more at one time" in sentences
    assert "The carrier is owed ¥ 0.000500 for it (rate carrier)" in sentences
    assert "prepaid class" not in " ".join(call_sentences(explained({}).records[0]))
