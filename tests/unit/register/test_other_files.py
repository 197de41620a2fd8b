"""register/other_files.py: a file handed to another import than its own is named."""

import pytest

from cdrpipe.errors import TariffError
from cdrpipe.register.accounts import ACCOUNT_FILE, SUBSCRIPTION_FILE, import_accounts
from cdrpipe.register.numbers import BOUND_NUMBER_FILE, import_numbers, ownership_file
from cdrpipe.register.other_files import wrong_import
from cdrpipe.register.top_ups import TOP_UP_FILE

KINDS = {
    "cdrpipe account import": (ACCOUNT_FILE, SUBSCRIPTION_FILE, TOP_UP_FILE),
    "cdrpipe number import": (ownership_file({}), BOUND_NUMBER_FILE),
}


@pytest.mark.parametrize("is_needed", [True, False], ids=["needed columns", "all columns"])
def test_every_kind_is_known_by_the_columns_that_its_import_reads(is_needed):
    for command, kinds in KINDS.items():
        for kind in kinds:
            header = ",".join(
                column.name for column in kind.columns if column.is_required or not is_needed
            )
            said = wrong_import(header, taken=("rate plan",))
            assert said.endswith(f" {kind.name} file: import it with {command}")
            assert wrong_import(header, taken=(kind.name,)) == ""


@pytest.mark.parametrize("text", ["", "\n", "A,甲有限公司\n", "account_id;name\n"])
def test_what_is_of_no_kind_is_left_to_the_import(text):
    assert wrong_import(text, taken=()) == ""


def faults_of(take, register, path, **more):
    with pytest.raises(TariffError) as caught:
        take(register, [path], now_us=0, **more)
    return [(fault.code, fault.message) for fault in caught.value.faults]


def test_the_import_that_takes_it_is_named(register, write_file):
    numbers = write_file("numbers.csv", "service_number,account_id,valid_from\n400,A,x\n")
    deck = write_file("plan.toml", '\nid = "flat"\nname = "Flat"\n')
    accounts = write_file("accounts.csv", "account_id,name\nA,a\n")
    subscriptions = write_file("s.csv", "subscription_id,account_id,plan_id,valid_from\n")
    code = "FILE_OF_OTHER_KIND"
    assert faults_of(import_accounts, register, numbers) == [
        (code, "this is an ownership file: import it with cdrpipe number import")
    ]
    assert faults_of(import_accounts, register, deck) == [
        (code, "this is a rate plan: import it with cdrpipe tariff import")
    ]
    for path, kind in ((accounts, "an account"), (subscriptions, "a subscription")):
        assert faults_of(import_numbers, register, path, known_area_codes={}) == [
            (code, f"this is {kind} file: import it with cdrpipe account import")
        ]
