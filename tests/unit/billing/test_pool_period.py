"""billing/pool_period.py: when a pool is void, by the calendar and by renewals."""

from datetime import datetime

import pytest

from cdrpipe.billing.bill_cycle import BILLING_TZ
from cdrpipe.billing.pool_period import NEVER_US, Renewal, end_us_at, period_end_us, renewals_of
from cdrpipe.guiding.top_up import TopUp


def us(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=BILLING_TZ).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("begins", "months", "void_from"),
    [
        ("2026-10-01", 36, "2029-10-01"),
        ("2026-10-01T09:30", 36, "2029-10-02"),  # the day on which the period ends is whole
        ("2026-10-01T00:00:01", 1, "2026-11-02"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-01-31", 1, "2026-03-01"),  # no 31st of February: its last day is the last
        ("2026-01-31T09:30", 1, "2026-03-01"),
        ("2026-01-28T09:30", 1, "2026-03-01"),
        ("2028-02-29", 12, "2029-03-01"),
        ("2028-02-29", 48, "2032-02-29"),
        ("2026-08-31T10:00", 6, "2027-03-01"),
    ],
)
def test_a_pool_lives_for_whole_months_and_whole_days(begins, months, void_from):
    assert period_end_us(us(begins), months=months) == us(void_from)


def pool(top_up_id, from_us, until_us, *, subscription_id="S", kind="pool"):
    return TopUp(
        top_up_id=top_up_id,
        account_id="A",
        kind=kind,
        subscription_id=subscription_id,
        paid_micros=1,
        granted_micros=1,
        granted_ms=None,
        valid_from_us=from_us,
        valid_until_us=until_us,
    )


def test_an_early_renewal_lets_the_older_pool_live_as_long_as_the_newer():
    pools = [pool("old", 0, 36), pool("new", 30, 66)]
    renewals = renewals_of(pools, restarting={"new"})
    assert renewals == {"old": (Renewal(at_us=30, until_us=66),)}
    assert [end_us_at(36, at, renewals["old"]) for at in (0, 29, 30, 65)] == [36, 36, 66, 66]


def test_a_renewal_after_the_end_and_one_of_a_plan_without_it_change_nothing():
    assert renewals_of([pool("old", 0, 36), pool("new", 36, 72)], restarting={"new"}) == {}
    assert renewals_of([pool("old", 0, 36), pool("new", 30, 66)], restarting={"old"}) == {}


def test_pools_of_other_subscriptions_shorter_ones_and_top_ups_renew_nothing():
    old = pool("old", 0, 36)
    others = [
        pool("other", 30, 66, subscription_id="T"),
        pool("short", 30, 35),
        pool("money", 30, 66, kind="top_up"),
        pool("any", 30, 66, subscription_id=None),
    ]
    assert renewals_of([old, *others], restarting={each.top_up_id for each in others}) == {}


def test_a_renewal_may_be_renewed_for_all_that_still_lives():
    pools = [pool("1", 0, 36), pool("2", 30, 66), pool("3", 60, 96)]
    assert renewals_of(pools[::-1], restarting={"2", "3"}) == {
        "1": (Renewal(at_us=30, until_us=66), Renewal(at_us=60, until_us=96)),
        "2": (Renewal(at_us=60, until_us=96),),
    }


def test_what_has_no_end_is_never_void():
    assert end_us_at(None, 5, []) == NEVER_US
