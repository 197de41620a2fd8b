"""report/allowance_calls.py: rows of the lake as the rule takes them."""

from datetime import UTC, datetime

import pytest
from billing_terms import OCTOBER, PLAN, us

from cdrpipe.lake.query import open_query
from cdrpipe.rating.allowance import CallKey
from cdrpipe.rating.rate_group import CallFacts
from cdrpipe.report.allowance_calls import allowance_calls
from cdrpipe.tariff.rate_plan import RatePlanVersion

NOON_US = us(2026, 10, 5, 4)
VERSIONS = (
    PLAN,
    RatePlanVersion(
        plan_id="by-caller",
        version=2,
        name="P",
        tz="Asia/Shanghai",
        valid_from_us=0,
        valid_until_us=None,
        split="independent",
        rates=(),
        prefix_of="calling_number",
    ),
)


def row(call_id, **columns):
    return {
        "call_id": call_id,
        "leg": "a",
        "partial_no": 0,
        "is_continuation": False,
        "billing_started_at": datetime(2026, 10, 5, 4, tzinfo=UTC),
        "account_id": "A1",
        "subscription_id": "s1",
        "service_number": "4008001234",
        "plan_id": "p",
        "plan_version": 1,
        "calling_number": 8613800138000,
        "calling_kind": "mobile",
        "calling_region_id": 110010,
        "answering_number": 862161234567,
        "answering_kind": "landline",
        "answering_region_id": 310021,
        "relation": "long_distance",
        "enterprise_billable_ms": 61_200,
        "enterprise_charge_micros": 240_000,
        "caller_charge_micros": 220_000,
    } | columns


@pytest.fixture
def calls_of(lake_of, region):
    def ask(rows, subscription_ids=("s1", "s2")):
        connection = open_query(lake_of(rows), {"region": region})
        return allowance_calls(connection, subscription_ids, VERSIONS, cycle=OCTOBER)

    return ask


def test_a_row_is_given_with_what_its_price_was_made_of(calls_of):
    (call,) = calls_of([row("c1")])("s1")
    assert call.key == CallKey(NOON_US, "c1", "pabx", "a", 0)
    assert (call.service_number, call.version) == ("4008001234", PLAN)
    assert (call.enterprise_charge_micros, call.caller_charge_micros) == (240_000, 220_000)
    assert call.facts == CallFacts(
        billable_ms=61_200,
        start_us=NOON_US,
        destination="862161234567",
        calling_region_id=110010,
        answering_region_id=310021,
        relation="long_distance",
        calling_kind="mobile",
        answering_kind="landline",
        calling_number=8613800138000,
    )


def test_the_destination_is_the_number_that_the_version_names_and_empty_where_unknown(calls_of):
    of_caller = {"plan_id": "by-caller", "plan_version": 2}
    calls = calls_of(
        [
            row("c1", **of_caller),
            row("c2", **of_caller, calling_number=None),
            row("c3"),
            row("c4", answering_kind="none"),
        ]
    )("s1")
    assert [call.facts.destination for call in calls] == ["8613800138000", "", "862161234567", ""]


def test_each_subscription_has_its_own_calls_in_order_and_others_have_none(calls_of):
    rows = [
        row("c3", subscription_id="s2"),
        row("c2"),
        row("c1"),
        row("c0", billing_started_at=datetime(2026, 10, 5, 5, tzinfo=UTC)),
        row("c4", subscription_id="s3"),
        row("c5", outcome="unanswered", enterprise_charge_micros=None),
    ]
    calls = calls_of(rows)
    assert [call.key.call_id for call in calls("s1")] == ["c1", "c2", "c0"]
    assert [call.key.call_id for call in calls("s2")] == ["c3"]
    assert list(calls("s3")) == []
    assert list(calls_of([], subscription_ids=())("s1")) == []


def test_a_call_of_a_version_that_the_register_no_longer_has_is_left_out(calls_of):
    assert list(calls_of([row("c1", plan_version=9)])("s1")) == []
