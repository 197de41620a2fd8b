import re
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

import cdrpipe.demo
from cdrpipe.demo.register_plan import (
    PLAN_WEIGHTS,
    UNSOLD_PREFIX,
    RegisterPlan,
    plan_register,
)


def test_the_same_seed_gives_the_same_register() -> None:
    plans = [plan_register(accounts=20, seed=seed, month="2026-02") for seed in (1, 1, 2)]
    assert plans[0] == plans[1]
    assert plans[0].accounts != plans[2].accounts


def test_accounts_have_names_of_their_own_and_one_to_three_numbers(register: RegisterPlan) -> None:
    assert len({account.name for account in register.accounts}) == len(register.accounts) == 40
    second = {at for _, at in register.reassigned}
    first = [row for at, row in enumerate(register.ownerships) if at not in second]
    numbers = Counter(row.account_id for row in first)
    assert set(numbers) == {account.account_id for account in register.accounts}
    assert set(numbers.values()) <= {1, 2, 3}


def test_numbers_are_ten_digits_and_none_is_unsold(register: RegisterPlan) -> None:
    for row in register.ownerships:
        assert re.fullmatch(r"400[0-9]{7}", row.service_number)
        assert not row.service_number.startswith(UNSOLD_PREFIX)
        assert row.bill_from in {"answered", "bridged"}
        assert 1 <= len(row.bound_numbers) <= 6


def test_a_number_never_has_two_owners_at_once(register: RegisterPlan) -> None:
    held: dict[str, list[tuple[date, date]]] = {}
    for row in register.ownerships:
        held.setdefault(row.service_number, []).append(
            (row.valid_from, row.valid_until or date.max)
        )
    for intervals in held.values():
        intervals.sort()
        assert all(until > start for start, until in intervals)
        assert all(before[1] < after[0] for before, after in pairwise(intervals))


def test_reassigned_numbers_go_to_another_account(register: RegisterPlan) -> None:
    assert len(register.reassigned) == 3
    for first, second in register.reassigned:
        former, later = register.ownerships[first], register.ownerships[second]
        assert former.service_number == later.service_number
        assert former.account_id != later.account_id


@pytest.mark.parametrize("month", ["2026-02", "2026-08"])
def test_in_each_part_of_the_month_its_number_is_nobodys_with_a_day_to_spare(month: str) -> None:
    register = plan_register(accounts=200, seed=1, month=month)
    days = {"2026-02": 28, "2026-08": 31}[month]
    parts = len(register.reassigned)
    assert parts == 10
    for part, (first, second) in enumerate(register.reassigned):
        released_on = register.ownerships[first].valid_until
        assert released_on is not None
        begins = register.month_first + timedelta(days=days) * part / parts
        ends = register.month_first + timedelta(days=days) * (part + 1) / parts
        assert released_on <= begins - timedelta(days=1)
        assert register.ownerships[second].valid_from >= ends + timedelta(days=1)


def test_every_owned_day_of_the_month_is_under_a_subscription(register: RegisterPlan) -> None:
    month = [register.month_first + timedelta(days=day) for day in range(31)]
    for row in register.ownerships:
        for day in month:
            if not row.valid_from <= day < (row.valid_until or date.max):
                continue
            found = [
                bought
                for bought in register.subscriptions
                if bought.account_id == row.account_id
                and bought.service_number in {None, row.service_number}
                and bought.valid_from <= day < (bought.valid_until or date.max)
            ]
            assert len(found) == 1, (row, day)


def test_somebody_changes_the_plan_within_the_month(register: RegisterPlan) -> None:
    ended = [row for row in register.subscriptions if row.valid_until is not None]
    assert ended
    for row in ended:
        assert row.valid_until is not None
        assert (row.valid_until.year, row.valid_until.month) == (2026, 8)
        (next_one,) = (
            bought
            for bought in register.subscriptions
            if bought.account_id == row.account_id and bought.valid_from == row.valid_until
        )
        assert next_one.plan_id != row.plan_id


def test_somebody_renews_a_pool_reaches_a_class_and_is_given_something(
    register: RegisterPlan,
) -> None:
    within = [each for each in register.top_ups if each.valid_from > register.month_first]
    assert {each.kind for each in within} == {"pool", "top_up"}
    assert any(each.yuan in (1_200, 3_000, 10_000) for each in within if each.kind == "top_up")
    assert any(each.kind == "gift" for each in register.top_ups)
    plan_of = {each.subscription_id: each.plan_id for each in register.subscriptions}
    assert {plan_of[each.subscription_id] for each in register.top_ups if each.kind == "pool"} == {
        "reseller-pool-3000"
    }


def test_every_plan_that_is_bought_has_a_file() -> None:
    folder = Path(cdrpipe.demo.__file__).parent / "plans"
    ids = {
        re.search(r'^id = "(.*)"', file.read_text(encoding="utf-8"), re.MULTILINE)[1]
        for file in folder.glob("*.toml")
    }
    assert set(PLAN_WEIGHTS) <= ids


def test_too_few_accounts_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 10 accounts, got 9"):
        plan_register(accounts=9, seed=1, month="2026-08")
