import pytest

from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.demo.planted import CALLS_MIN, Caller, Part, plan_planted


def test_counts_of_a_thousand_calls_follow_the_shares() -> None:
    planted = plan_planted(calls=1_000, has_single_messages=False)
    # 0.5 % copied once, 0.05 % (at least one call) three times; 0.1 % contradicted; 3 % two legs.
    assert planted.duplicate == 5 + 3
    assert planted.merged == 30
    assert planted.unanswered == 180
    assert planted.read == 1_000 + 8 + 1 + 30
    assert planted.suspended_by_reason == {
        "CONFLICTS_WITH_COMMITTED_RECORD": 1,
        "SERVICE_NUMBER_NOT_OWNED": 1 + 1,
        "RELEASED_BEFORE_STARTED": 1,
        "LONGER_THAN_24_HOURS": 1,
        "STARTS_IN_THE_FUTURE": 1,
    }
    assert planted.suspended == 6
    assert planted.rated == 1_000 - 180 - (6 - 1)


@pytest.mark.parametrize("calls", [CALLS_MIN, 1_000, 20_000, 12_345_678])
def test_outcomes_sum_to_what_is_read_and_none_is_absent(calls: int) -> None:
    planted = plan_planted(calls=calls, has_single_messages=True)
    outcomes = (
        planted.rated,
        planted.unanswered,
        planted.merged,
        planted.duplicate,
        planted.suspended,
    )
    assert sum(outcomes) == planted.read
    assert min(outcomes) > 0
    assert min(planted.calls_by_part.values()) > 0
    assert min(planted.calls_by_caller.values()) > 0


def test_at_twenty_thousand_calls_everything_happens_ten_times_or_more() -> None:
    planted = plan_planted(calls=20_000, has_single_messages=True)
    assert min(planted.calls_by_part.values()) >= 10
    assert min(planted.calls_by_caller.values()) >= 10
    assert min(planted.suspended_by_reason.values()) >= 10


def test_quotas_stand_in_the_order_of_their_numbers() -> None:
    planted = plan_planted(calls=1_000, has_single_messages=False)
    assert list(planted.calls_by_part) == list(Part)
    assert list(planted.calls_by_caller) == list(Caller)


def test_without_single_messages_nothing_is_garbled() -> None:
    planted = plan_planted(calls=1_000, has_single_messages=False)
    assert planted.calls_by_part[Part.GARBLED] == 0
    assert SuspenseReason.MESSAGE_UNREADABLE.name not in planted.suspended_by_reason


def test_dirty_callers_are_good_numbers_written_unusually() -> None:
    # 30 + 10 + 20 + 20 + 10 + 5 + 5 mobiles and 15 + 5 + 5 + 5 + 10 landlines of a thousand.
    assert plan_planted(calls=1_000, has_single_messages=False).dirty_callers == 100 + 40


def test_too_few_calls_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 100 calls, 99 were asked for"):
        plan_planted(calls=99, has_single_messages=False)
