"""``cdrpipe.rate``: every origin of a table, one plan or a register, and what is refused."""

import doctest
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from records import NOW_US, cdr, decoded, unanswered
from references import PLAN, owned, reference
from registers import register_owning

import cdrpipe
from cdrpipe.api import RATED_COLUMNS
from cdrpipe.cdr.duplicate import SeenWindow
from cdrpipe.errors import ConfigError, InputError, TariffError
from cdrpipe.numbering.calendar import Calendar
from cdrpipe.pipeline import process_batch
from cdrpipe.register import load_snapshot, open_register
from cdrpipe.register.accounts import import_accounts
from cdrpipe.tariff.rate_deck import parse_rate_plan

DOCS = Path(__file__).parents[2] / "docs"

NUMBER = "4008001234"
FLAT = """
id = "flat"
valid_from = 2026-01-01
{more}
[[rate]]
party = "enterprise"
price_per_minute = "{price}"
increment = "60s"
"""
MARCH = datetime(2026, 3, 2, 12, tzinfo=UTC)


def flat(price="0.10", more=""):
    return FLAT.format(price=price, more=more)


def calls(*starts, **columns):
    lengths = {"billable_ms": [61_000] * len(starts)}
    return pa.table({"start_at": list(starts), **lengths, **columns})


def charges(table, *words, **more):
    rated = cdrpipe.rate(table, *words, **more)
    return rated["enterprise_charge_micros"].to_pylist()


def reasons(table, *words, **more):
    return cdrpipe.rate(table, *words, **more)["suspense_reason"].to_pylist()


def test_the_rows_keep_their_order_and_columns_and_get_the_prices():
    table = calls(MARCH, MARCH.replace(year=2025), name=["b", "a"])
    rated = cdrpipe.rate(table, flat())
    assert rated.column_names == [*table.column_names, *RATED_COLUMNS]
    assert {name: rated.schema.field(name).type for name in RATED_COLUMNS} == RATED_COLUMNS
    assert rated["name"].to_pylist() == ["b", "a"]
    first, second = rated.to_pylist()
    assert first["enterprise_charge_micros"] == 200_000
    assert (first["plan_id"], first["plan_version"]) == ("flat", 1)
    assert (first["enterprise_rate_id"], first["caller_charge_micros"]) == ("enterprise", 0)
    assert second["enterprise_charge_micros"] is None
    assert second["suspense_reason"] == "NO_PLAN_IN_FORCE"
    assert second["suspense_detail"].endswith(".")


def test_a_column_of_the_input_gives_way_to_the_price():
    table = calls(MARCH, enterprise_charge_micros=[7], zone=["old"])
    rated = cdrpipe.rate(table, flat())
    assert rated.column_names.count("zone") == 1
    assert rated["enterprise_charge_micros"].to_pylist() == [200_000]


def test_every_origin_of_a_table_has_the_same_prices():
    table = calls(MARCH, MARCH, destination=["a", "b"])
    for other in (
        table.to_batches()[0],
        pl.DataFrame(table),
        duckdb.from_arrow(table),
        pa.concat_tables([table.slice(0, 1), table.slice(1)]),
        table.slice(0, 2),
    ):
        assert charges(other, flat()) == [200_000, 200_000]


def test_an_empty_table_has_the_columns_and_no_rows():
    rated = cdrpipe.rate(calls(MARCH).slice(0, 0), flat())
    assert (rated.num_rows, rated.column_names[2:]) == (0, list(RATED_COLUMNS))


def test_a_tariff_is_its_text_its_file_or_its_versions(tmp_path):
    file = tmp_path / "flat.toml"
    file.write_text(flat(), encoding="utf-8")
    for tariff in (flat(), file, str(file), parse_rate_plan(flat(), file="flat.toml")):
        assert charges(calls(MARCH), tariff) == [200_000]


def test_a_deck_beside_a_file_is_read(tmp_path):
    plan = 'id = "flat"\nvalid_from = 2026-01-01\ndeck = "prices.csv"\n'
    (tmp_path / "flat.toml").write_text(plan, encoding="utf-8")
    deck = "prefix,price_per_minute,increment\n4008,0.20,60s\n,0.10,60s\n"
    (tmp_path / "prices.csv").write_text(deck, encoding="utf-8")
    table = calls(MARCH, MARCH, destination=["4008001234", "95588"])
    assert charges(table, tmp_path / "flat.toml") == [400_000, 200_000]
    (tmp_path / "prices.csv").unlink()
    with pytest.raises(TariffError) as caught:
        cdrpipe.rate(table, tmp_path / "flat.toml")
    assert caught.value.faults[0].where == str(tmp_path / "prices.csv")


def test_each_row_is_under_the_version_in_force_at_its_start():
    [first] = parse_rate_plan(flat(), file="1")
    until_us = int(datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp()) * 1_000_000
    [second] = parse_rate_plan(flat("0.20"), file="2")
    versions = (
        replace(first, valid_until_us=until_us),
        replace(second, version=2, valid_from_us=until_us),
    )
    before = MARCH.replace(hour=11, minute=59, second=59)
    assert charges(calls(before, MARCH), versions) == [200_000, 400_000]


def test_a_quantity_has_no_clock_and_no_band():
    banded = flat(more='band_option = "split"\n[[band]]\nname = "noon"\nfrom = "12:00"\n') + (
        '[[rate]]\nparty = "enterprise"\nband = "noon"\nprice = "1"\nper = "60s"\nincrement = "60s"'
    )
    table = pa.table({"quantity": [61, 0]})
    assert charges(table, banded) == [200_000, 0]
    rated = cdrpipe.rate(table, banded)
    assert rated["enterprise_billable_ms"].to_pylist() == [61_000, 0]


def test_a_quantity_without_an_instant_needs_one_version_only():
    [version] = parse_rate_plan(flat(), file="1")
    until_us = version.valid_from_us + 86_400_000_000
    versions = (
        replace(version, valid_until_us=until_us),
        replace(version, version=2, valid_from_us=until_us),
    )
    table = pa.table({"quantity": [61, 61], "start_at": [None, MARCH]})
    assert reasons(table, versions) == ["NO_INSTANT_STATED", None]
    assert reasons(pa.table({"quantity": [61]}), versions[1:]) == [None]


def test_calls_that_cannot_be_believed_are_suspended_and_the_unanswered_cost_nothing():
    table = pa.table(
        {
            "setup_at": [MARCH] * 4,
            "answered_at": pa.array([MARCH, MARCH, None, None], pa.timestamp("us", "UTC")),
            "released_at": pa.array(
                [MARCH.replace(hour=11), None, MARCH, MARCH], pa.timestamp("us", "UTC")
            ),
            "billable_ms": pa.array([None, None, 5_000, None], pa.int64()),
        }
    )
    rated = cdrpipe.rate(table, flat())
    assert rated["suspense_reason"].to_pylist() == [
        "RELEASED_BEFORE_STARTED",
        "RELEASED_AT_MISSING",
        "BILLABLE_WITHOUT_ANSWER",
        None,
    ]
    assert rated["enterprise_charge_micros"].to_pylist() == [None] * 4


def test_days_are_of_the_kind_that_the_calendar_says():
    holidays = flat(more='calendar = "cn"\n[[band]]\nname = "holiday"\nday_kinds = "holiday"\n') + (
        '[[rate]]\nparty = "enterprise"\nband = "holiday"\nprice_per_minute = "0"\nincrement = 60'
    )
    table = calls(datetime(2026, 10, 1, 4, tzinfo=UTC), datetime(2026, 10, 12, 4, tzinfo=UTC))
    assert charges(table, holidays) == [0, 200_000]
    moved = Calendar(
        name="cn",
        version="test",
        days={date(2026, 10, 12): "holiday"},
        confirmed_years=frozenset({2026}),
    )
    assert charges(table, holidays, calendar=moved) == [200_000, 0]
    assert charges(table, holidays, calendar={"cn": moved}) == [200_000, 0]
    unknown = reasons(calls(datetime(2100, 10, 1, 4, tzinfo=UTC)), holidays)
    assert unknown == ["CALENDAR_YEAR_UNCONFIRMED"]


RECORDS = [
    cdr("c1"),
    cdr("c2", bridged_at=None, answering_number_raw=None),
    unanswered("c3"),
    cdr("c4", service_number_raw="4009999999"),
    cdr("c5", calling_number_raw="02161234568", billable_ms=1_000, is_continuation=True),
]
NATIVE = {
    "calling_number_raw": "calling_number",
    "service_number_raw": "service_number",
    "answering_number_raw": "answering_number",
}
PRICED = [
    *("account_id", "subscription_id", "plan_id", "plan_version", "relation", "zone", "band"),
    *("enterprise_rate_id", "caller_rate_id", "enterprise_billable_ms", "caller_billable_ms"),
    *("enterprise_charge_micros", "caller_charge_micros", "suspense_reason"),
]


def stored_rows(ownership=None):
    return process_batch(
        decoded(*RECORDS),
        reference=reference(ownership or owned(NUMBER)),
        seen=SeenWindow(),
        received_at_us=NOW_US,
    ).rows


def snapshot_of(tmp_path, **more):
    config = register_owning(tmp_path, NUMBER, **more)
    return config.register_file


def native_table():
    rows = [{NATIVE.get(name, name): value for name, value in row.items()} for row in RECORDS]
    for row in rows:
        row.setdefault("billable_ms", None)
    return pa.Table.from_pylist(rows)


@pytest.mark.parametrize("bill_from", ["answered", "bridged"])
def test_with_a_register_calls_are_priced_as_the_daemon_does(tmp_path, bill_from):
    register = snapshot_of(tmp_path, bill_from={NUMBER: bill_from})
    rated = cdrpipe.rate(native_table(), register=register).select(PRICED).to_pylist()
    stored = stored_rows(owned(NUMBER, bill_from=bill_from)).select(PRICED).to_pylist()
    for row in stored:
        row["subscription_id"] = row["subscription_id"] and "S1"
    assert rated == stored
    assert [row["suspense_reason"] for row in rated].count(None) == 4


def test_rows_of_the_lake_are_priced_again_as_they_are(tmp_path):
    stored = stored_rows()
    register = load_snapshot(open_register(snapshot_of(tmp_path)))
    again = cdrpipe.rate(stored, register=register)
    for name in ("enterprise_charge_micros", "caller_charge_micros", "relation", "plan_id"):
        assert again[name].to_pylist() == stored[name].to_pylist(), name


def test_a_tariff_stands_in_for_the_registers_versions_of_its_plan(tmp_path):
    register = snapshot_of(tmp_path)
    doubled = PLAN.replace('"0.20"', '"0.40"').replace("2026-01-01", "2010-01-01")
    before, after = (
        cdrpipe.rate(native_table(), tariff, register)["enterprise_charge_micros"][0].as_py()
        for tariff in (None, doubled)
    )
    assert (before, after) == (400_000, 800_000)
    other = cdrpipe.rate(native_table(), flat(), register)
    assert other["enterprise_charge_micros"][0].as_py() == before, "nobody is on that plan"


def test_a_quantity_is_guided_by_its_instant(tmp_path):
    register = snapshot_of(tmp_path)
    table = pa.table(
        {"quantity": [1, 1], "start_at": [MARCH, None], "service_number": [NUMBER] * 2}
    )
    rated = cdrpipe.rate(table, register=register).to_pylist()
    assert [row["suspense_reason"] for row in rated] == [None, "NO_INSTANT_STATED"]
    assert rated[0]["account_id"] == "A1"


def test_what_cannot_be_priced_by_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="expected one plan, got 0"):
        cdrpipe.rate(calls(MARCH))
    two = flat(), flat().replace('"flat"', '"other"')
    with pytest.raises(ConfigError, match="expected one plan, got 2"):
        cdrpipe.rate(calls(MARCH), two)
    with pytest.raises(TariffError) as caught:
        cdrpipe.rate(calls(MARCH), tmp_path / "away.toml")
    assert caught.value.where == str(tmp_path / "away.toml")
    with pytest.raises(ConfigError, match="found no file"):
        cdrpipe.rate(calls(MARCH), register=tmp_path / "register.sqlite")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(TariffError, match="1 fault"):
        cdrpipe.rate(calls(MARCH), flat("free"))
    with pytest.raises(InputError, match="says when or how much"):
        cdrpipe.rate(pa.table({"billable_ms": [1]}), flat())


def test_there_is_nothing_else_in_the_package():
    with pytest.raises(AttributeError, match="rates"):
        _ = cdrpipe.rates


def test_importing_the_package_loads_nothing_heavy():
    heavy = "any(name in sys.modules for name in ('pyarrow', 'polars', 'sqlalchemy'))"
    said = subprocess.run(
        [sys.executable, "-c", f"import sys, cdrpipe; print({heavy})"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "False"


@pytest.mark.parametrize("page", ["api.md"])
def test_the_examples_of_the_docs_give_what_they_say(page):
    failed, attempted = doctest.testfile(str(DOCS / page), module_relative=False)
    assert failed == 0
    assert attempted > 10


def test_a_register_with_top_ups_prices_by_the_class_of_the_instant(tmp_path):
    plan = PLAN.replace("[[rate]]", '[[prepaid.class]]\ntop_up_min = "1000"\n[[rate]]', 1).replace(
        'top_up_min = "1000"\n', 'top_up_min = "1000"\nprice_per_minute = "0.05"\n'
    )
    config = register_owning(tmp_path, NUMBER, plan=plan)
    register = open_register(config.register_file)
    (tmp_path / "t.csv").write_text(
        "top_up_id,account_id,kind,paid,valid_from\n"
        "T1,A1,top_up,999.99,2026-01-01\nT2,A1,top_up,1000,2026-03-02T20:00:00+08:00\n",
        encoding="utf-8",
    )
    import_accounts(register, [tmp_path / "t.csv"], now_us=0)
    table = calls(MARCH.replace(hour=11), MARCH, service_number=[NUMBER] * 2)
    rated = cdrpipe.rate(table, register=config.register_file)
    # The relation is not known: 0.30 a started minute, and 0.05 in the class of 1000.
    assert rated["enterprise_charge_micros"].to_pylist() == [600_000, 100_000]
    assert rated["top_up_class_micros"].to_pylist() == [None, 1_000_000_000]
    assert rated["plan_version"].to_pylist() == [1, 1]
