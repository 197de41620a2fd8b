"""guiding/top_up.py: the highest single top-up so far, and when it rises."""

from cdrpipe.guiding.top_up import NO_TOP_UP, TopUp, highest_top_up_micros, top_up_rises


def top_up(top_up_id, paid_micros, at_us, *, account_id="A", kind="top_up"):
    return TopUp(
        top_up_id=top_up_id,
        account_id=account_id,
        kind=kind,
        subscription_id=None,
        paid_micros=paid_micros,
        granted_micros=1,
        granted_ms=None,
        valid_from_us=at_us,
        valid_until_us=at_us + 1,
    )


def test_a_later_smaller_top_up_and_a_void_one_take_no_class_back():
    paid = [top_up("small", 3, 20), top_up("big", 5, 10)]
    assert [highest_top_up_micros("A", at, paid) for at in (9, 10, 20)] == [NO_TOP_UP, 5, 5]


def test_top_ups_do_not_add_up_and_gifts_and_other_accounts_do_not_count():
    paid = [
        top_up("one", 3, 0),
        top_up("two", 3, 0),
        top_up("gift", 9, 0, kind="gift"),
        top_up("other", 9, 0, account_id="B"),
    ]
    assert highest_top_up_micros("A", 5, paid) == 3


def test_rises_are_the_top_ups_above_all_before_them():
    paid = [
        top_up("3", 5, 30),
        top_up("1", 3, 10),
        top_up("2", 3, 20),
        top_up("pool", 6, 40, kind="pool"),
        top_up("gift", 9, 5, kind="gift"),
    ]
    assert [each.top_up_id for each in top_up_rises(paid)["A"]] == ["1", "3", "pool"]
