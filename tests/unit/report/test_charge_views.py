"""report/charge_views.py: charge_share and charge_segment, and what they price to answer."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from cdrpipe.errors import InputError
from cdrpipe.lake.query import open_query, run_statement
from cdrpipe.report import charge_views
from cdrpipe.report.charge_views import PricedBy, add_charge_views
from cdrpipe.tariff.rate_deck import parse_rate_plan

PLAN = """
id = "p"
name = "By hand"
valid_from = 2026-01-01
split = "rest"

[[rate]]
id = "total"
party = "enterprise"
connect_fee = "0.05"
maximum = "0.30"
[[rate.step]]
from = "0s"
price_per_minute = "0.10"
increment = "1s"
[[rate.step]]
from = "60s"
price_per_minute = "0.20"
increment = "60s"

[[rate]]
id = "share"
party = "caller"
price_per_minute = "0.10"
increment = "1s"
minimum = "0.02"
"""
NOON = datetime(2026, 10, 1, 4, tzinfo=UTC)


def call(call_id, **columns):
    return {
        "call_id": call_id,
        "leg": "",
        "partial_no": 0,
        "is_continuation": False,
        "billing_started_at": NOON,
        "answered_at": NOON,
        "calling_kind": "mobile",
        "calling_region_id": 110010,
        "answering_kind": "none",
        "answering_region_id": 0,
        "relation": "unknown",
        "account_id": "A1",
        "service_number": "4008001234",
        "plan_id": "p",
        "plan_version": 1,
    } | columns


CALLS = [
    # 61 s: 60 s at 0.10 a minute and a started minute at 0.20: 0.30, fee 0.05, at most 0.30.
    # The caller's 1 s is 0.001666…, at least 0.02.
    call(
        "c1",
        enterprise_billable_ms=61_000,
        caller_billable_ms=1_000,
        enterprise_charge_micros=280_000,
        caller_charge_micros=20_000,
    ),
    # 1 s: 0.001666… + 0.05 = 0.051666…, rounded 0.0517; the caller's is 0.02.
    call(
        "c2",
        billing_date=date(2026, 10, 2),
        account_id="A2",
        enterprise_billable_ms=1_000,
        caller_billable_ms=1_000,
        enterprise_charge_micros=31_700,
        caller_charge_micros=20_000,
    ),
    call("c3", outcome="unanswered", plan_id=None, plan_version=None),
    # Of a version that the register does not have.
    call(
        "c4",
        plan_version=2,
        enterprise_billable_ms=1_000,
        caller_billable_ms=1_000,
        enterprise_charge_micros=7,
        caller_charge_micros=0,
    ),
]


@pytest.fixture
def priced(monkeypatch):
    """The call ids that were priced, as they were."""
    seen = []
    explain = charge_views.explain_call

    def noting(row, *others):
        seen.append(row["call_id"])
        return explain(row, *others)

    monkeypatch.setattr(charge_views, "explain_call", noting)
    return seen


@pytest.fixture
def ask(lake_of, region):
    connection = open_query(lake_of(CALLS), {"region": region})
    add_charge_views(connection, lambda: PricedBy(parse_rate_plan(PLAN, file="p.toml"), {}))
    return lambda statement: run_statement(connection, statement).read_all().to_pylist()


def test_a_segment_has_where_it_begins_and_what_it_costs(ask):
    rows = ask("SELECT * FROM charge_segment WHERE call_id = 'c1' ORDER BY party, segment")
    assert [
        (row["party"], row["segment"], row["rate_id"], row["step_index"], row["position_ms"],
         row["billed_ms"], row["increments"], row["price"], row["exact_micros"])
        for row in rows
    ] == [
        ("caller", 1, "share", 0, 0, 1_000, 1, Decimal("0.10"), "5000/3"),
        ("enterprise", 1, "total", 0, 0, 60_000, 60, Decimal("0.10"), "100000"),
        ("enterprise", 2, "total", 1, 60_000, 60_000, 1, Decimal("0.20"), "200000"),
    ]  # fmt: skip
    assert rows[0]["amount"] == Decimal("0.001666666666667")
    assert rows[2]["started_at"] == datetime(2026, 10, 1, 4, 1, tzinfo=UTC)


def test_the_steps_from_the_segments_to_the_charge_are_given(ask):
    rows = ask("SELECT * FROM charge_share WHERE call_id <> 'c4' ORDER BY call_id, party DESC")
    steps = ("connect_fee", "over_maximum", "under_minimum", "split_by", "charge")
    assert [[str(row[name].normalize() + 0) for name in steps] for row in rows] == [
        ["0.05", "-0.05", "0", "-0.02", "0.28"],
        ["0", "0", "0.018333333333333", "0", "0.02"],
        ["0.05", "0", "0", "-0.02", "0.0317"],
        ["0", "0", "0.018333333333333", "0", "0.02"],
    ]
    assert [row["agrees"] for row in rows] == [True] * 4
    assert rows[2]["rounded_by"] == Decimal("0.000033333333333")


def test_segments_and_steps_add_up_to_the_charge_in_sql(ask):
    (row,) = ask(
        "SELECT count(*) AS shares, count(*) FILTER (segments_amount + connect_fee + over_maximum"
        " + under_minimum + rounded_by + split_by = charge AND segments_amount = amount) AS good"
        " FROM charge_share JOIN (SELECT call_id, party, sum(amount) AS amount FROM charge_segment"
        " GROUP BY ALL) USING (call_id, party)"
    )
    assert row == {"shares": 4, "good": 4}


def test_a_call_whose_plan_version_is_gone_has_a_charge_and_no_explanation(ask):
    rows = ask("SELECT * FROM charge_share WHERE call_id = 'c4' ORDER BY party DESC")
    assert [
        (row["why"], row["charge"], row["explained_charge"], row["agrees"]) for row in rows
    ] == [
        ("plan_unknown", Decimal("0.000007"), None, False),
        ("plan_unknown", Decimal(0), None, False),
    ]
    assert ask("SELECT * FROM charge_segment WHERE call_id = 'c4'") == []


@pytest.mark.parametrize(
    "condition",
    [
        "call_id = 'c2'",
        "account_id = 'A2' AND party = 'caller'",
        "billing_date >= '2026-10-02' AND segment = 1",
        "call_id IN ('c2', 'c9') AND amount > 0",
    ],
)
def test_a_question_prices_the_calls_it_is_about_and_no_others(ask, priced, condition):
    assert ask(f"SELECT * FROM charge_segment WHERE {condition}")
    assert priced == ["c2"]


def test_the_register_is_read_by_the_first_question_and_only_once(lake_of, region):
    asked_for = []

    def priced_by():
        asked_for.append(1)
        return PricedBy(parse_rate_plan(PLAN, file="p.toml"), {})

    connection = open_query(lake_of(CALLS), {"region": region})
    add_charge_views(connection, priced_by)
    run_statement(connection, "SELECT count(*) FROM rated").read_all()
    run_statement(connection, "DESCRIBE charge_share").read_all()
    assert asked_for == []
    for _ in range(2):
        run_statement(connection, "SELECT count(*) FROM charge_share").read_all()
    assert asked_for == [1]


def test_a_question_about_too_many_calls_is_told_what_to_narrow(ask, monkeypatch):
    monkeypatch.setattr(charge_views, "CALLS_MAX", 2)
    with pytest.raises(InputError, match="at most 2 calls, got 3: name billing dates"):
        ask("SELECT * FROM charge_segment")
