from dataclasses import dataclass

from cdrpipe.guiding.ownership import Ownership, Payer, Subscription, guide, is_in_force_at
from cdrpipe.guiding.top_up import TopUp


@dataclass(frozen=True, kw_only=True)
class Version:
    plan_id: str
    version: int
    valid_from_us: int
    valid_until_us: int | None = None
    top_up_class_micros: int | None = None


def owned(account_id, valid_from_us, valid_until_us=None, number="4008001234", home_region_id=0):
    return Ownership(
        service_number=number,
        account_id=account_id,
        valid_from_us=valid_from_us,
        valid_until_us=valid_until_us,
        bill_from="answered",
        bridged_is_answered_for=(),
        home_region_id=home_region_id,
    )


def bought(subscription_id, plan_id, number=None, *, account_id="A", from_us=0, until_us=None):
    return Subscription(
        subscription_id=subscription_id,
        account_id=account_id,
        plan_id=plan_id,
        service_number=number,
        valid_from_us=from_us,
        valid_until_us=until_us,
    )


def paid(micros, at_us):
    return TopUp(
        top_up_id=f"T{at_us}",
        account_id="A",
        kind="top_up",
        subscription_id=None,
        paid_micros=micros,
        granted_micros=micros,
        granted_ms=None,
        valid_from_us=at_us,
        valid_until_us=None,
    )


def payer_of(at_us, ownerships, subscriptions=(), versions=(), top_ups=()):
    return guide(
        "4008001234",
        at_us,
        ownerships=ownerships,
        subscriptions=subscriptions,
        plan_versions=versions,
        top_ups=top_ups,
    )


def test_an_interval_holds_at_its_start_and_not_at_its_end():
    interval = owned("A", 100, 200)
    assert [is_in_force_at(interval, at) for at in (99, 100, 199, 200)] == [
        False,
        True,
        True,
        False,
    ]


def test_a_resold_number_changes_owner_at_exactly_one_microsecond():
    ownerships = [owned("A", 0, 1_000), owned("B", 1_000)]
    assert payer_of(999, ownerships).account_id == "A"
    assert payer_of(1_000, ownerships).account_id == "B"


def test_a_number_between_two_owners_is_nobodys():
    ownerships = [owned("A", 0, 1_000), owned("B", 2_000)]
    assert payer_of(1_500, ownerships) is None


def test_a_subscription_naming_the_number_beats_one_for_all_in_either_order():
    subscriptions = [bought("all", "P"), bought("one", "Q", "4008001234")]
    for ordered in (subscriptions, subscriptions[::-1]):
        assert payer_of(5, [owned("A", 0)], ordered).subscription_id == "one"


def test_the_subscription_for_all_numbers_returns_when_the_named_one_ends():
    subscriptions = [bought("all", "P"), bought("one", "Q", "4008001234", until_us=10)]
    assert payer_of(9, [owned("A", 0)], subscriptions).subscription_id == "one"
    assert payer_of(10, [owned("A", 0)], subscriptions).subscription_id == "all"


def test_a_subscription_of_the_former_owner_pays_nothing_for_the_next():
    subscriptions = [bought("old", "P", "4008001234", account_id="A")]
    payer = payer_of(1_000, [owned("A", 0, 1_000), owned("B", 1_000)], subscriptions)
    assert payer == Payer(
        account_id="B", subscription_id=None, plan_version_index=-1, home_region_id=0
    )


def test_the_highest_version_in_force_is_taken_and_the_lower_one_returns_after_it():
    versions = [
        Version(plan_id="P", version=2, valid_from_us=100, valid_until_us=200),
        Version(plan_id="Q", version=9, valid_from_us=0),
        Version(plan_id="P", version=1, valid_from_us=0),
    ]
    taken = [
        payer_of(at, [owned("A", 0)], [bought("s", "P")], versions).plan_version_index
        for at in (99, 100, 199, 200)
    ]
    assert taken == [2, 0, 0, 2]


def test_a_subscription_whose_plan_is_not_yet_in_force_has_no_plan_version():
    versions = [Version(plan_id="P", version=1, valid_from_us=100)]
    payer = payer_of(99, [owned("A", 0)], [bought("s", "P")], versions)
    assert (payer.subscription_id, payer.plan_version_index) == ("s", -1)


def test_the_home_region_is_that_of_the_ownership_in_force():
    ownerships = [
        owned("A", 0, 10, home_region_id=440755),
        owned("A", 10, home_region_id=110010),
    ]
    assert payer_of(9, ownerships).home_region_id == 440755
    assert payer_of(10, ownerships).home_region_id == 110010


def test_the_highest_class_that_was_reached_is_taken_from_that_instant_on():
    versions = [
        Version(plan_id="P", version=1, valid_from_us=0),
        Version(plan_id="P", version=1, valid_from_us=0, top_up_class_micros=3),
        Version(plan_id="P", version=1, valid_from_us=0, top_up_class_micros=5),
    ]
    top_ups = [paid(4, 10), paid(5, 20), paid(1, 30)]
    taken = [
        payer_of(at, [owned("A", 0)], [bought("s", "P")], versions, top_ups).plan_version_index
        for at in (9, 10, 19, 20, 30)
    ]
    assert taken == [0, 1, 1, 2, 2]


def test_a_class_of_an_older_version_does_not_outlive_it():
    versions = [
        Version(plan_id="P", version=1, valid_from_us=0, top_up_class_micros=3),
        Version(plan_id="P", version=2, valid_from_us=50),
    ]
    top_ups = [paid(4, 10)]
    taken = [
        payer_of(at, [owned("A", 0)], [bought("s", "P")], versions, top_ups).plan_version_index
        for at in (49, 50)
    ]
    assert taken == [0, 1]
