"""report/catalog.py and its SQL: each answer worked out by hand from a few rows."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from cdrpipe.errors import ConfigError
from cdrpipe.lake.query import open_query
from cdrpipe.report import catalog
from cdrpipe.report.catalog import REPORTS, Report, find_report, has_difference, run_report

OCTOBER_2 = date(2026, 10, 2)


def call(call_id, **columns):
    return {
        "call_id": call_id,
        "account_id": "A1",
        "service_number": "4008001234",
        "plan_id": "p",
        "plan_version": 1,
        "relation": "local",
        "zone": "",
        "band": "",
        "calling_region_id": 110010,
        "bridged_stated": True,
        "enterprise_billable_ms": 60_000,
        "enterprise_charge_micros": 300_000,
        "caller_charge_micros": 110_000,
    } | columns


def unanswered(call_id, **columns):
    nothing = dict.fromkeys(
        ("enterprise_billable_ms", "enterprise_charge_micros", "caller_charge_micros")
    )
    return call(call_id, outcome="unanswered", **nothing) | columns


@pytest.fixture
def asked(lake_of, region):
    return lambda rows: open_query(lake_of(rows), {"region": region})


# What previews, explanations and comparisons ask for themselves.
OTHER_FILES = {
    "allowance-calls",
    "charge-calls",
    "explain-call",
    "first-call",
    "rating-differences",
    "rating-difference-calls",
    "stored-calls",
    "stretch-sums",
    "unpriced-calls",
    "what-if-calls",
}


def test_every_report_has_an_sql_file_and_every_other_file_is_known():
    files = {path.stem.replace("_", "-") for path in Path(catalog.__file__).parent.glob("*.sql")}
    assert files == {report.name for report in REPORTS} | OTHER_FILES


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_every_report_runs_on_an_empty_lake(asked, report):
    table = run_report(asked([]), report)
    assert table.num_rows == 0
    assert set(report.difference_columns) <= set(table.schema.names)
    assert report.bar_column is None or report.bar_column in table.schema.names


def test_usage_by_region_counts_calls_minutes_charges_and_shares(asked):
    connection = asked(
        [
            call("c1", bridged_at=None),
            call("c2", calling_region_id=440755, enterprise_charge_micros=100_000),
            unanswered("c3", calling_region_id=440755),
            unanswered("c4", bridged_stated=False, calling_region_id=0),
        ]
    )
    table = run_report(connection, find_report("usage-by-region"))
    columns = (
        "province_en", "calls", "answered", "unanswered", "missed", "minutes", "enterprise_charge",
    )  # fmt: skip
    assert [tuple(row[name] for name in columns) for row in table.to_pylist()] == [
        ("Beijing", 1, 1, 0, 1, Decimal("1.0"), Decimal("0.300000")),
        ("Guangdong", 2, 1, 1, 2, Decimal("1.0"), Decimal("0.100000")),
        ("Unknown", 1, 0, 1, 0, Decimal("0.0"), Decimal("0.000000")),
    ]
    assert table["share_percent"].to_pylist() == [
        Decimal("75.00"), Decimal("25.00"), Decimal("0.00"),
    ]  # fmt: skip


def test_shares_of_nothing_are_unknown(asked):
    table = run_report(asked([unanswered("c1")]), find_report("usage-by-region"))
    assert table["share_percent"].to_pylist() == [None]


def test_minutes_are_rounded_half_up_to_a_tenth(asked):
    connection = asked([call("c1", enterprise_billable_ms=63_000)])
    table = run_report(connection, find_report("usage-by-region"))
    assert table["minutes"].to_pylist() == [Decimal("1.1")]


def test_a_period_is_half_open_and_an_account_sees_its_own(asked):
    connection = asked(
        [
            call("c1"),
            call("c2", billing_date=OCTOBER_2),
            call("c3", account_id="A2"),
        ]
    )
    table = run_report(
        connection,
        find_report("usage-by-region"),
        date_from=date(2026, 10, 1),
        date_until=OCTOBER_2,
        parameters={"account_id": "A1"},
    )
    assert table["calls"].to_pylist() == [1]


def test_usage_sums_have_one_row_a_key_and_leave_unanswered_calls_out(asked):
    connection = asked(
        [
            call("c1"),
            call("c2", enterprise_charge_micros=1),
            call("c3", relation="long_distance"),
            call("c4", plan_version=2, zone=None, band=None),
            unanswered("c5"),
        ]
    )
    table = run_report(connection, find_report("usage-sums"))
    found = [
        (row["plan_version"], row["relation"], row["calls"], row["usage_micros"])
        for row in table.to_pylist()
    ]
    assert found == [
        (1, "local", 2, 300_001),
        (1, "long_distance", 1, 300_000),
        (2, "local", 1, 300_000),
    ]
    assert table["zone"].to_pylist() == ["", "", ""]


def test_usage_sums_are_exact_beyond_what_a_float_holds(asked):
    connection = asked(
        [call("c1", enterprise_charge_micros=2**53), call("c2", enterprise_charge_micros=1)]
    )
    table = run_report(connection, find_report("usage-sums"))
    assert table["usage_micros"].to_pylist() == [2**53 + 1]


def test_reconciliation_holds_for_a_sound_lake(asked):
    places = [{"topic": "cdr", "partition": 0, "offset": offset, "row": 0} for offset in range(5)]
    outcomes = ("rated", "unanswered", "merged", "duplicate", "suspended")
    rows = [
        call(f"c{place['offset']}", outcome=outcome) | place
        for place, outcome in zip(places, outcomes, strict=True)
    ]
    in_file = call("f1", file="a.csv", file_id="0f", row=1)
    report = find_report("reconciliation")
    table = run_report(asked([*rows, in_file]), report)
    of_topic, of_file = sorted(table.to_pylist(), key=lambda row: row["file"] or "")
    assert of_topic["read"] == 5
    assert [of_topic[outcome] for outcome in outcomes] == [1, 1, 1, 1, 1]
    assert (of_topic["first_place"], of_topic["last_place"]) == (0, 4)
    assert (of_file["read"], of_file["rated"]) == (1, 1)
    assert not has_difference(report, table)


def test_a_place_stored_twice_is_a_difference(asked):
    place = {"topic": "cdr", "partition": 0, "offset": 7, "row": 0}
    report = find_report("reconciliation")
    table = run_report(asked([call("c1") | place, call("c1") | place]), report)
    assert table["stored_twice"].to_pylist() == [1]
    assert has_difference(report, table)


def leg(call_id, belongs_to, **columns):
    return call(call_id, outcome="merged", belongs_to=belongs_to) | columns


def test_legs_whose_call_is_stored_are_no_difference(asked):
    report = find_report("legs-without-call")
    table = run_report(
        asked(
            [
                call("c1"),
                leg("c1-b", "c1"),
                leg("c1-ring", "c1-b"),
                call("long", partial_no=2, is_final=True),
                leg("long", "long", partial_no=1),
                call("held", outcome="suspended"),
                leg("held-b", "held"),
            ]
        ),
        report,
    )
    assert table.to_pylist() == []
    assert not has_difference(report, table)


def test_legs_without_their_call_are_a_difference_one_row_a_call(asked):
    report = find_report("legs-without-call")
    connection = asked(
        [
            call("c1", source="other"),
            leg("b1", "c1"),
            leg("b2", "c1", billing_date=OCTOBER_2),
            leg("long", "long", partial_no=1),
        ]
    )
    table = run_report(connection, report)
    columns = ("source", "belongs_to", "records", "first_date", "last_date", "example")
    assert [tuple(row[name] for name in columns) for row in table.to_pylist()] == [
        ("pabx", "c1", 2, date(2026, 10, 1), OCTOBER_2, "b1"),
        ("pabx", "long", 1, date(2026, 10, 1), date(2026, 10, 1), "long"),
    ]
    assert has_difference(report, table)
    of_october_2 = run_report(connection, report, date_from=OCTOBER_2)
    assert of_october_2["records"].to_pylist() == [1]


def test_suspense_is_counted_by_reason_the_most_frequent_first(asked):
    held = [
        call("s1", outcome="suspended", suspense_reason="NO_PLAN_IN_FORCE", suspense_detail="x"),
        call("s2", outcome="suspended", suspense_reason="RATE_NOT_FOUND", suspense_detail="y"),
        call("s3", outcome="suspended", suspense_reason="RATE_NOT_FOUND", suspense_detail="z"),
    ]
    connection = asked(held)
    counted = run_report(connection, find_report("suspense-by-reason")).to_pylist()
    assert [(row["suspense_reason"], row["records"]) for row in counted] == [
        ("RATE_NOT_FOUND", 2), ("NO_PLAN_IN_FORCE", 1),
    ]  # fmt: skip
    one = run_report(
        connection, find_report("suspended-records"), parameters={"reason": "NO_PLAN_IN_FORCE"}
    )
    assert one["call_id"].to_pylist() == ["s1"]


def test_an_unknown_report_names_the_nearest():
    with pytest.raises(ConfigError, match="got 'usage-by-regoin'") as raised:
        find_report("usage-by-regoin")
    assert "did you mean usage-by-region?" in raised.value.hint


def test_an_unknown_parameter_names_the_known_ones(asked):
    report = Report(name="usage-by-region", title="", parameters=("account_id",))
    with pytest.raises(ConfigError, match="got 'acount'") as raised:
        run_report(asked([]), report, parameters={"acount": "A1"})
    assert "account_id" in raised.value.hint
