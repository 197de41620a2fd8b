import pytest

from cdrpipe.errors import TariffError
from cdrpipe.guiding.ownership import Ownership
from cdrpipe.register.accounts import import_accounts
from cdrpipe.register.numbers import import_numbers
from cdrpipe.register.snapshot import load_snapshot

OWNERSHIPS = (
    "service_number,account_id,valid_from,valid_until,bill_from,home_area_code,"
    "bridged_is_answered_for\n"
)
BOUND = "service_number,bound_number,valid_from,valid_until\n"
MIDNIGHT_US = 1_767_196_800_000_000  # 2026-01-01T00:00:00+08:00


@pytest.fixture
def import_rows(register, write_file):
    """Import ownership rows of the accounts A and B, and bound numbers if any are given."""
    accounts = write_file("accounts.csv", "account_id,name\nA,甲\nB,乙\n")
    import_accounts(register, [accounts], now_us=0)

    def run(*rows, bound=()):
        files = [write_file("numbers.csv", OWNERSHIPS + "\n".join(rows) + "\n")]
        if bound:
            files.append(write_file("bound.csv", BOUND + "\n".join(bound) + "\n"))
        return import_numbers(register, files, now_us=7, known_area_codes={"0755": 440755})

    return run


def faults_of(run, *rows, **kwargs):
    with pytest.raises(TariffError) as caught:
        run(*rows, **kwargs)
    return [(fault.code, fault.where.rsplit("/")[-1]) for fault in caught.value.faults]


def test_an_ownership_is_stored_as_it_was_written(register, import_rows):
    import_rows("400-800-1234,A,2026-01-01,,bridged,0755,pbx;asterisk")
    assert load_snapshot(register).ownerships == (
        Ownership(
            service_number="4008001234",
            account_id="A",
            valid_from_us=MIDNIGHT_US,
            valid_until_us=None,
            bill_from="bridged",
            bridged_is_answered_for=("asterisk", "pbx"),
            home_region_id=440755,
        ),
    )


def test_blank_cells_mean_the_platforms_answer_no_home_and_no_source(register, import_rows):
    import_rows("voicemail,A,2026-01-01,,,,")
    (ownership,) = load_snapshot(register).ownerships
    assert ownership.service_number == "voicemail"
    assert (ownership.bill_from, ownership.home_region_id) == ("answered", 0)
    assert ownership.bridged_is_answered_for == ()


def test_columns_that_may_be_blank_may_be_left_out(register, write_file, import_rows):
    path = write_file("short.csv", "valid_from,service_number,account_id\n2026-01-01,95588,A\n")
    result = import_numbers(register, [path], now_us=0, known_area_codes={})
    assert result.tables[0].added == 1


def test_a_number_is_resold_at_the_microsecond_it_is_released(register, import_rows):
    released = "2026-03-01T12:00:00.000001+08:00"
    import_rows(f"4008001234,A,2026-01-01,{released},,,", f"4008001234,B,{released},,,,")
    first, second = load_snapshot(register).ownerships
    assert first.valid_until_us == second.valid_from_us == 1_772_337_600_000_001


def test_two_accounts_may_not_own_a_number_for_a_common_microsecond(import_rows):
    assert faults_of(
        import_rows,
        "4008001234,A,2026-01-01,2026-03-01T00:00:00.000001+08:00,,,",
        "4008001234,B,2026-03-01,,,,",
    ) == [("INTERVALS_OVERLAP", "numbers.csv:3")]


def test_a_row_inside_a_long_one_overlaps_even_behind_another_such_row(import_rows):
    assert faults_of(
        import_rows,
        "4008001234,A,2026-05-01,2026-06-01,,,",
        "4008001234,A,2026-03-01,2026-04-01,,,",
        "4008001234,A,2026-01-01,,,,",
    ) == [("INTERVALS_OVERLAP", "numbers.csv:4"), ("INTERVALS_OVERLAP", "numbers.csv:4")]


def test_a_row_with_the_same_number_and_start_replaces_the_stored_one(register, import_rows):
    import_rows("4008001234,A,2026-01-01,,answered,,", "95588,A,2026-01-01,,,,")
    result = import_rows("4008001234,A,2026-01-01,2026-03-01,bridged,,", "95588,A,2026-01-01,,,,")
    (counts, _) = result.tables
    assert (counts.added, counts.changed, counts.unchanged) == (0, 1, 1)
    (changed, _) = load_snapshot(register).ownerships
    assert (changed.bill_from, changed.valid_until_us) == ("bridged", 1_772_294_400_000_000)


def test_an_import_that_reopens_a_released_number_meets_its_next_owner(import_rows):
    import_rows("4008001234,A,2026-01-01,2026-03-01,,,", "4008001234,B,2026-03-01,,,,")
    with pytest.raises(TariffError) as caught:
        import_rows("4008001234,A,2026-01-01,,,,")
    (fault,) = caught.value.faults
    assert "service number 4008001234 is held by two rows at once" in fault.message
    assert "account_id B" in fault.message


def test_bound_numbers_come_with_their_service_number_or_after_it(register, import_rows):
    result = import_rows(
        "4008001234,A,2026-01-01,,,,",
        bound=["400-800-1234,+86 138 0013 8000,2026-01-01,", "4008001234,02161234567,2026-01-01,"],
    )
    assert result.tables[1].added == 2
    again = import_rows(bound=["4008001234,13800138000,2026-01-01,2026-02-01"])
    assert again.tables[1].changed == 1


def test_a_bound_number_may_not_hold_twice_and_needs_a_known_service_number(import_rows):
    assert faults_of(
        import_rows,
        "4008001234,A,2026-01-01,,,,",
        bound=[
            "4008001234,13800138000,2026-01-01,",
            "4008001234,13800138000,2026-02-01,",
            "4008009999,13800138000,2026-02-01,",
        ],
    ) == [("INTERVALS_OVERLAP", "bound.csv:3"), ("REFERENCE_UNKNOWN", "bound.csv:4")]


def test_an_unknown_account_area_code_or_clock_is_refused(import_rows):
    assert faults_of(
        import_rows,
        "4008001234,C,2026-01-01,,,,",
        "95588,A,2026-01-01,,menu,,",
        "95589,A,2026-01-01,,,0999,",
    ) == [
        ("REFERENCE_UNKNOWN", "numbers.csv:2"),
        ("CELL_WRONG", "numbers.csv:3"),
        ("CELL_WRONG", "numbers.csv:4"),
    ]
