from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from cdrpipe.register.accounts import import_accounts
from cdrpipe.register.arrow_tables import register_tables
from cdrpipe.register.numbers import import_numbers
from cdrpipe.register.plans import import_plans

MIDNIGHT = datetime(2025, 12, 31, 16, tzinfo=UTC)  # 2026-01-01 in Shanghai


@pytest.fixture
def stored(register, plan_file, write_file):
    """Give the Arrow tables of a register with one of everything."""
    import_plans(register, [plan_file()], now_us=1)
    accounts = write_file("a.csv", "account_id,name,opened_on\nA,甲,2024-05-01\n")
    subscriptions = write_file(
        "s.csv", "subscription_id,account_id,plan_id,valid_from\nS,A,standard,2026-01-01\n"
    )
    top_ups = write_file(
        "t.csv", "top_up_id,account_id,kind,paid,valid_from\nT,A,top_up,600,2026-01-01\n"
    )
    import_accounts(register, [accounts, subscriptions, top_ups], now_us=0)
    numbers = write_file(
        "n.csv",
        "service_number,account_id,valid_from,home_area_code\n4008001234,A,2026-01-01,0755\n",
    )
    bound = write_file(
        "b.csv", "service_number,bound_number,valid_from\n4008001234,13800138000,2026-01-01\n"
    )
    import_numbers(register, [numbers, bound], now_us=0, known_area_codes={"0755": 440755})
    return register_tables(register)


def test_the_tables_show_what_was_imported(stored):
    assert stored["account"].to_pylist() == [
        {"account_id": "A", "name": "甲", "opened_on": date(2024, 5, 1), "contact": None}
    ]
    assert stored["service_number"].to_pylist() == [
        {
            "service_number": "4008001234",
            "account_id": "A",
            "valid_from": MIDNIGHT,
            "valid_until": None,
            "bill_from": "answered",
            "home_region_id": 440755,
            "home_area_code": "0755",
            "bridged_is_answered_for": "",
        }
    ]
    assert stored["bound_number"].to_pylist() == [
        {
            "service_number": "4008001234",
            "bound_number": "13800138000",
            "valid_from": MIDNIGHT,
            "valid_until": None,
        }
    ]
    assert stored["subscription"].to_pylist() == [
        {
            "subscription_id": "S",
            "account_id": "A",
            "plan_id": "standard",
            "service_number": None,
            "valid_from": MIDNIGHT,
            "valid_until": None,
        }
    ]
    assert stored["top_up"].to_pylist() == [
        {
            "top_up_id": "T",
            "account_id": "A",
            "kind": "top_up",
            "subscription_id": None,
            "paid_micros": 600_000_000,
            "granted_micros": 600_000_000,
            "granted_ms": None,
            "valid_from": MIDNIGHT,
            "valid_until": None,
        }
    ]


def test_a_plan_version_shows_its_terms_and_null_for_those_it_has_not(stored):
    (plan,) = stored["rate_plan"].to_pylist()
    assert (plan["plan_id"], plan["version"], plan["valid_from"]) == ("standard", 1, MIDNIGHT)
    assert plan["monthly_rental_micros"] == 300_000_000
    assert plan["allowance_ms"] == 500 * 60_000
    assert (plan["minimum_micros"], plan["minimum_per"]) == (40_000_000, "account")
    assert plan["pool_price_micros"] is plan["pool_granted_ms"] is None
    assert plan["imported_at"] == datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC)


def test_instants_are_microseconds_in_utc(stored):
    assert stored["subscription"].schema.field("valid_from").type == pa.timestamp("us", tz="UTC")


def test_a_register_that_holds_nothing_gives_tables_without_rows(register):
    tables = register_tables(register)
    assert [table.num_rows for table in tables.values()] == [0] * 8
    assert tables["rate_plan"].schema.field("minimum_micros").type == pa.int64()
