import pytest

from cdrpipe.errors import TariffError
from cdrpipe.register.accounts import import_accounts
from cdrpipe.register.merge import TableCounts
from cdrpipe.register.plans import import_plans
from cdrpipe.register.snapshot import Account, load_snapshot, register_revision

ACCOUNTS = "account_id,name,opened_on,contact\nA,甲有限公司,2024-05-01,王经理\nB,乙,,\n"
SUBSCRIPTIONS = "subscription_id,account_id,plan_id,service_number,valid_from,valid_until\n"


@pytest.fixture
def register_with_plan(register, plan_file):
    import_plans(register, [plan_file()], now_us=0)
    return register


@pytest.fixture
def import_texts(register_with_plan, write_file):
    """Import accounts A and B with the given subscription rows."""

    def run(*rows, accounts=ACCOUNTS):
        files = [
            write_file("accounts.csv", accounts),
            write_file("subscriptions.csv", SUBSCRIPTIONS + "\n".join(rows) + "\n"),
        ]
        return import_accounts(register_with_plan, files, now_us=7)

    return run


def faults_of(run, *rows, **kwargs):
    with pytest.raises(TariffError) as caught:
        run(*rows, **kwargs)
    return [(fault.code, fault.where.rsplit("/")[-1]) for fault in caught.value.faults]


def test_accounts_and_subscriptions_are_stored_as_they_were_written(register, import_texts):
    result = import_texts("S1,A,standard,400-800-1234,2026-01-01,2027-01-01")
    assert result.tables == (
        TableCounts(table="account", added=2, changed=0, unchanged=0),
        TableCounts(table="subscription", added=1, changed=0, unchanged=0),
    )
    snapshot = load_snapshot(register)
    assert snapshot.revision == result.revision == 2
    assert [account.name for account in snapshot.accounts] == ["甲有限公司", "乙"]
    assert snapshot.accounts[1] == Account(account_id="B", name="乙", opened_on=None, contact=None)
    (subscription,) = snapshot.subscriptions
    assert subscription.service_number == "4008001234"
    # Midnights of Shanghai: 2025-12-31T16:00Z and 365 days later.
    assert subscription.valid_from_us == 1_767_196_800_000_000
    assert subscription.valid_until_us == 1_767_196_800_000_000 + 365 * 86_400 * 10**6


def test_the_same_files_again_change_nothing_and_the_revision_says_so(register, import_texts):
    first = import_texts("S1,A,standard,,2026-01-01,")
    again = import_texts("S1,A,standard,,2026-01-01,")
    assert not first.is_without_effect
    assert again.is_without_effect
    assert [counts.unchanged for counts in again.tables] == [2, 1]
    assert register_revision(register) == first.revision == again.revision


def test_a_row_replaces_the_stored_one_of_its_id(register, import_texts):
    import_texts("S1,A,standard,,2026-01-01,")
    result = import_texts(
        "S1,A,standard,,2026-01-01,2026-02-01", accounts="account_id,name\nA,甲\nB,乙\n"
    )
    assert [(each.changed, each.unchanged) for each in result.tables] == [(1, 1), (1, 0)]
    snapshot = load_snapshot(register)
    assert snapshot.accounts[0] == Account(account_id="A", name="甲", opened_on=None, contact=None)
    assert snapshot.subscriptions[0].valid_until_us == 1_769_875_200_000_000


def test_all_faults_of_all_files_come_at_once_in_file_order_and_nothing_is_stored(
    register, import_texts
):
    faults = faults_of(
        import_texts,
        "S1,A,standart,,2026-01-01,",
        "S2,C,standard,,2026-01-01,",
        "S2,B,standard,,01.01.2026,",
        accounts="account_id,name\nA,\nB,乙\nB,丙\n",
    )
    assert faults == [
        ("CELL_BLANK", "accounts.csv:2"),
        ("ROW_TWICE", "accounts.csv:4"),
        ("REFERENCE_UNKNOWN", "subscriptions.csv:2"),
        ("REFERENCE_UNKNOWN", "subscriptions.csv:3"),
        ("CELL_WRONG", "subscriptions.csv:4"),
    ]
    assert load_snapshot(register).accounts == ()
    assert register_revision(register) == 1


def test_a_plan_id_with_a_slip_is_answered_with_the_near_one(import_texts):
    with pytest.raises(TariffError) as caught:
        import_texts("S1,A,standart,,2026-01-01,")
    (fault,) = caught.value.faults
    assert "got 'standart'; did you mean 'standard'?" in fault.message
    assert "cdrpipe tariff import" in fault.hint
    assert caught.value.message == "1 fault in 1 file"


def test_a_subscription_may_refer_to_an_account_stored_before(register_with_plan, write_file):
    import_accounts(register_with_plan, [write_file("a.csv", ACCOUNTS)], now_us=0)
    path = write_file("s.csv", SUBSCRIPTIONS + "S1,B,standard,,2026-01-01,\n")
    assert import_accounts(register_with_plan, [path], now_us=0).tables[1].added == 1


def test_two_subscriptions_at_one_level_may_not_overlap(import_texts):
    assert faults_of(
        import_texts,
        "S1,A,standard,,2026-01-01,2026-02-01",
        "S2,A,standard,,2026-01-31,",
        "S3,B,standard,4008001234,2026-01-01,",
        "S4,B,standard,400 800 1234,2026-01-01,",
    ) == [
        ("INTERVALS_OVERLAP", "subscriptions.csv:3"),
        ("INTERVALS_OVERLAP", "subscriptions.csv:5"),
    ]


def test_subscriptions_that_touch_or_stand_at_two_levels_or_of_two_accounts_are_taken(
    import_texts,
):
    result = import_texts(
        "S1,A,standard,,2026-01-01,2026-02-01",
        "S2,A,standard,,2026-02-01,",
        "S3,A,standard,4008001234,2026-01-01,",
        "S4,B,standard,4008001234,2026-01-01,",
    )
    assert result.tables[1].added == 4


def test_an_overlap_with_a_stored_row_names_it(import_texts):
    import_texts("S1,A,standard,,2026-01-01,")
    with pytest.raises(TariffError) as caught:
        import_texts("S2,A,standard,,2026-05-01,")
    (fault,) = caught.value.faults
    assert fault.message == (
        "account A's subscription for all of its numbers is held by two rows at once: this one "
        "and one in the register (subscription_id S1, account_id A, plan_id standard, "
        "valid_from 2026-01-01T00:00:00+08:00)"
    )


def test_ending_a_stored_subscription_makes_room_for_the_next_in_the_same_import(import_texts):
    import_texts("S1,A,standard,,2026-01-01,")
    result = import_texts("S2,A,standard,,2026-05-01,", "S1,A,standard,,2026-01-01,2026-05-01")
    assert (result.tables[1].added, result.tables[1].changed) == (1, 1)
