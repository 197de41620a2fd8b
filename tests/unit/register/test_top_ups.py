"""register/top_ups.py: what a top-up row means, what is filled in, and what is refused."""

from datetime import datetime, timedelta, timezone

import pytest

from cdrpipe.errors import TariffError
from cdrpipe.guiding.top_up import TopUp
from cdrpipe.register.accounts import import_accounts
from cdrpipe.register.plans import import_plans
from cdrpipe.register.snapshot import load_snapshot, register_revision

CHINA = timezone(timedelta(hours=8))
HEADER = (
    "top_up_id,account_id,kind,subscription_id,paid,granted,granted_minutes,"
    "valid_from,valid_until\n"
)
PLAN = """
id = "{plan_id}"
valid_from = 2026-01-01
{terms}
[[rate]]
party = "enterprise"
price_per_minute = "0.12"
increment = "60s"
"""
TERMS = {
    "plain": "",
    "yuan-pool": '[pool]\nprice = "3000"\nyuan = "3000"\nvalid_months = 36',
    "minute-pool": '[pool]\nprice = "3000"\nminutes = 25000\nvalid_months = 36',
    "small": '[minimum]\nper_month = "100"\n[prepaid]\ntop_up_min = "600"\n'
    "top_up_minimum_months = 3",
    "floor": '[prepaid]\ntop_up_min = "200"',
    "large": '[minimum]\nper_month = "300"\n[prepaid]\ntop_up_min = "600"\n'
    "top_up_minimum_months = 3",
}
ACCOUNTS = "account_id,name\nA,甲\nB,乙\nC,丙\n"
SUBSCRIPTIONS = """subscription_id,account_id,plan_id,service_number,valid_from
Y,A,yuan-pool,4008000001,2026-01-01
M,A,minute-pool,4008000002,2026-01-01
F,A,floor,4008000005,2026-01-01
S,B,small,4008000003,2026-01-01
L,B,large,4008000004,2026-01-01
P,C,plain,,2026-01-01
"""


def us(*date):
    return int(datetime(*date, tzinfo=CHINA).timestamp()) * 1_000_000


@pytest.fixture
def import_rows(register, write_file):
    plans = [
        write_file(f"{plan_id}.toml", PLAN.format(plan_id=plan_id, terms=terms))
        for plan_id, terms in TERMS.items()
    ]
    import_plans(register, plans, now_us=0)
    accounts = write_file("accounts.csv", ACCOUNTS)
    subscriptions = write_file("subscriptions.csv", SUBSCRIPTIONS)

    def run(*rows):
        path = write_file("top_ups.csv", HEADER + "".join(f"{row}\n" for row in rows))
        return import_accounts(register, [path, subscriptions, accounts], now_us=1)

    return run


def faults_of(run, *rows):
    with pytest.raises(TariffError) as caught:
        run(*rows)
    return [
        (fault.where.rsplit("/")[-1], fault.code, fault.message) for fault in caught.value.faults
    ]


def stored(register):
    return {each.top_up_id: each for each in load_snapshot(register).top_ups}


def test_a_top_up_grants_what_was_paid_and_is_never_void(register, import_rows):
    import_rows("T,C,top_up,,600,,,2026-03-01T09:00:00+08:00,")
    assert stored(register)["T"] == TopUp(
        top_up_id="T",
        account_id="C",
        kind="top_up",
        subscription_id=None,
        paid_micros=600_000_000,
        granted_micros=600_000_000,
        granted_ms=None,
        valid_from_us=us(2026, 3, 1, 9),
        valid_until_us=None,
    )


def test_a_pool_takes_price_grant_and_end_from_its_plan_where_cells_are_blank(
    register, import_rows
):
    import_rows(
        "P1,A,pool,Y,,,,2026-03-01,",
        "P2,A,pool,M,,,,2026-03-01T09:00:00+08:00,",
        "P3,A,pool,M,2800,,30000,2026-03-01,2027-01-01",
    )
    found = {
        key: (each.paid_micros, each.granted_micros, each.granted_ms, each.valid_until_us)
        for key, each in stored(register).items()
    }
    assert found == {
        # Three years; the third begins within a day, which counts whole.
        "P1": (3_000_000_000, 3_000_000_000, None, us(2029, 3, 1)),
        "P2": (3_000_000_000, None, 1_500_000_000, us(2029, 3, 2)),
        "P3": (2_800_000_000, None, 1_800_000_000, us(2027, 1, 1)),
    }


def test_a_gift_is_given_in_yuan_or_minutes_and_costs_nothing(register, import_rows):
    import_rows("G1,A,gift,,,50,,2026-03-01,2026-06-01", "G2,A,gift,M,,,100,2026-03-01,")
    found = stored(register)
    assert (found["G1"].paid_micros, found["G1"].granted_micros) == (0, 50_000_000)
    assert (found["G2"].paid_micros, found["G2"].granted_ms) == (0, 6_000_000)


def test_a_stored_row_is_never_changed_and_says_so(register, import_rows):
    rows = ["P1,A,pool,Y,,,,2026-03-01,", "T,C,top_up,,600,,,2026-03-01,"]
    import_rows(*rows)
    before, revision = stored(register), register_revision(register)
    assert import_rows(*rows).is_without_effect
    assert faults_of(
        import_rows, "P1,A,pool,Y,2999,,,2026-03-02,", "T,C,top_up,,600,,,2026-03-01,"
    ) == [
        (
            "top_ups.csv:2",
            "TOP_UP_CHANGED",
            "top-up P1 is in the register with another paid and valid_from",
        )
    ]
    assert (stored(register), register_revision(register)) == (before, revision)


def test_the_floor_is_the_plans_and_three_of_its_minimums_whichever_is_more(import_rows):
    # 3 x 100 is below 600; 3 x 300 is above it.
    import_rows("OK1,B,top_up,S,600,,,2026-03-01,", "OK2,B,top_up,L,900,,,2026-03-01,")
    assert faults_of(
        import_rows,
        "T1,B,top_up,S,599.99,,,2026-03-01,",
        "T2,B,top_up,L,899.99,,,2026-03-01,",
        "T3,B,top_up,,600,,,2026-03-01,",
        "T4,C,top_up,,0.01,,,2026-03-01,",
    ) == [
        (
            "top_ups.csv:2",
            "TOP_UP_TOO_SMALL",
            "column paid: expected at least 600.00 under plan small version 1, got 599.99",
        ),
        (
            "top_ups.csv:3",
            "TOP_UP_TOO_SMALL",
            "column paid: expected at least 900.00 under plan large version 1, got 899.99",
        ),
        (
            "top_ups.csv:4",
            "TOP_UP_TOO_SMALL",
            "column paid: expected at least 900.00 under plan large version 1, got 600.00",
        ),
    ]


def test_the_rule_behind_the_floor_is_named(import_rows):
    with pytest.raises(TariffError) as caught:
        import_rows("T,B,top_up,L,700,,,2026-03-01,")
    (fault,) = caught.value.faults
    assert fault.hint == ("The plan asks for 600.00 or more, and for 3 monthly minimums of 300.00.")


def test_a_floor_without_monthly_minimums_names_none(import_rows):
    with pytest.raises(TariffError) as caught:
        import_rows("T,A,top_up,F,199,,,2026-03-01,")
    (fault,) = caught.value.faults
    assert fault.hint == "The plan asks for 200.00 or more."


def test_all_faults_of_the_rows_come_at_once(register, import_rows):
    faults = faults_of(
        import_rows,
        "T1,X,top_up,,600,,,2026-03-01,",  # 2: no such account
        "T2,C,top_up,X,600,,,2026-03-01,",  # 3: no such subscription
        "T3,C,top_up,S,600,,,2026-03-01,",  # 4: another's
        "T4,C,top_up,,,,,2026-03-01,",  # 5: paid nothing
        "T5,C,gift,,5,5,,2026-03-01,",  # 6: a gift that was paid
        "T6,C,gift,P,,5,5,2026-03-01,",  # 7: yuan and minutes
        "T7,C,gift,,,,5,2026-03-01,",  # 8: whose minutes?
        "T8,C,pool,P,600,600,,2026-03-01,",  # 9: until when?
        "T9,C,refund,,0.005,,1.5,2026-03-01,2026-02-01",  # 10: all wrong
        "T4,C,top_up,,600,,,2026-03-01,",  # 11: twice
        "T10,C,top_up,,0,600,,2026-03-01,",  # 12: nothing was paid
        "T11,C,gift,,0,5,,2026-03-01,",  # right: a gift that says 0
    )
    assert [(where, code) for where, code, _ in faults] == [
        ("top_ups.csv:2", "REFERENCE_UNKNOWN"),
        ("top_ups.csv:3", "REFERENCE_UNKNOWN"),
        ("top_ups.csv:4", "SUBSCRIPTION_OF_OTHER_ACCOUNT"),
        ("top_ups.csv:5", "CELL_BLANK"),
        ("top_ups.csv:5", "ONE_GRANT"),
        ("top_ups.csv:6", "GIFT_PAID"),
        ("top_ups.csv:7", "ONE_GRANT"),
        ("top_ups.csv:8", "CELL_BLANK"),
        ("top_ups.csv:9", "CELL_BLANK"),
        ("top_ups.csv:10", "CELL_WRONG"),
        ("top_ups.csv:10", "CELL_WRONG"),
        ("top_ups.csv:10", "CELL_WRONG"),
        ("top_ups.csv:10", "INTERVAL_EMPTY"),
        ("top_ups.csv:11", "ROW_TWICE"),
        ("top_ups.csv:12", "CELL_BLANK"),
    ]
    messages = [message for _, _, message in faults]
    assert messages[2] == (
        "column subscription_id: expected one of account C, got 'S', which is B's"
    )
    assert messages[3:6] == [
        "column paid: expected what was paid for the top_up",
        "expected either granted or granted_minutes",
        "column paid: expected a blank cell or 0, nobody pays for a gift",
    ]
    assert messages[7:12] == [
        "column subscription_id: expected the subscription whose calls the minutes pay for",
        "column valid_until: expected when the pool is void",
        "column kind: expected top_up or gift or pool, got 'refund'",
        "column paid: expected yuan above 0 with at most two decimals, got '0.005'",
        "column granted_minutes: expected whole minutes from 1 to 100000000, got '1.5'",
    ]
    assert stored(register) == {}
