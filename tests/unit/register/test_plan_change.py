"""Activating drafts and ending versions: what is shown, what is refused, what it leads to."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cdrpipe.errors import ConfigError, Refused
from cdrpipe.register.accounts import import_accounts
from cdrpipe.register.plan_change import make_change, plan_activation, plan_retirement
from cdrpipe.register.plans import import_drafts, import_plans
from cdrpipe.register.snapshot import load_snapshot, register_revision


def us_of(text):
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        microseconds=1
    )


NOW_US = us_of("2026-06-15T12:00:00+08:00")
SUBSCRIPTIONS = (
    "subscription_id,account_id,plan_id,service_number,valid_from,valid_until\n"
    "S1,A1,standard,,2026-01-01,\n"
    "S2,A1,standard,4008001234,2026-01-01,2026-03-01\n"
    "S3,A2,standard,,2026-05-01,\n"
)


@pytest.fixture
def subscribed(register, plan_file, write_file):
    """Version 1 in force since January; A1 and A2 subscribe, A1's second ended in March."""
    import_plans(register, [plan_file()], now_us=0)
    accounts = write_file("accounts.csv", "account_id,name\nA1,Acme\nA2,Bolt\n")
    import_accounts(register, [accounts, write_file("subs.csv", SUBSCRIPTIONS)], now_us=0)
    return register


@pytest.fixture
def drafted(subscribed, plan_file):
    """The same, with a draft of version 2 from July on."""
    path = plan_file("draft.toml", version=2, valid_from="2026-07-01", price="0.11")
    import_drafts(subscribed, [path], now_us=1)
    return subscribed


def in_force(register):
    return [
        (each.version, each.valid_from_us, each.valid_until_us)
        for each in load_snapshot(register).plan_versions
    ]


V1 = (1, us_of("2026-01-01T00:00:00+08:00"), None)


def test_a_draft_is_activated_as_its_file_says_and_daemons_can_follow(drafted):
    before = register_revision(drafted)
    change = plan_activation(drafted, plan_id="standard", version=2, valid_from=None)
    # In July S1 and S3 are on the plan; S2 ended in March.
    assert (change.accounts, change.subscriptions) == (2, 2)
    assert (change.version_before, change.version_after) == (1, 2)
    assert in_force(drafted) == [V1]
    assert make_change(drafted, change, now_us=NOW_US) == before + 1
    assert register_revision(drafted) == before + 1
    assert in_force(drafted) == [V1, (2, us_of("2026-07-01T00:00:00+08:00"), None)]


def test_a_draft_may_be_put_in_force_from_another_day_or_instant_on(drafted):
    change = plan_activation(drafted, plan_id="standard", version=2, valid_from=date(2026, 8, 1))
    assert change.changes_from_us == us_of("2026-08-01T00:00:00+08:00")
    noon = datetime.fromisoformat("2026-08-01T12:00:00+00:00")
    change = plan_activation(drafted, plan_id="standard", version=2, valid_from=noon)
    make_change(drafted, change, now_us=NOW_US)
    assert in_force(drafted) == [V1, (2, us_of("2026-08-01T12:00:00+00:00"), None)]


def test_the_file_of_an_activated_draft_imported_again_changes_nothing(drafted, plan_file):
    change = plan_activation(drafted, plan_id="standard", version=2, valid_from=date(2026, 8, 1))
    make_change(drafted, change, now_us=NOW_US)
    path = plan_file("draft.toml", version=2, valid_from="2026-07-01", price="0.11")
    assert import_plans(drafted, [path], now_us=NOW_US).is_without_effect
    assert import_drafts(drafted, [path], now_us=NOW_US).is_without_effect
    assert in_force(drafted)[1][1] == us_of("2026-08-01T00:00:00+08:00")


def test_a_version_is_ended_on_a_day_to_come_and_its_file_changes_nothing(subscribed, plan_file):
    change = plan_retirement(
        subscribed, plan_id="standard", version=1, at=date(2026, 7, 1), now_us=NOW_US
    )
    assert (change.version_before, change.version_after, change.subscriptions) == (1, None, 2)
    make_change(subscribed, change, now_us=NOW_US)
    until_us = us_of("2026-07-01T00:00:00+08:00")
    assert in_force(subscribed) == [(*V1[:2], until_us)]
    assert import_plans(subscribed, [plan_file()], now_us=NOW_US).is_without_effect
    assert in_force(subscribed) == [(*V1[:2], until_us)]


def test_the_end_of_a_retired_version_may_be_written_into_its_file_and_no_other_end(
    subscribed, plan_file, write_file
):
    change = plan_retirement(
        subscribed, plan_id="standard", version=1, at=date(2026, 7, 1), now_us=NOW_US
    )
    make_change(subscribed, change, now_us=NOW_US)
    text = plan_file().read_text()

    def ended(until):
        return write_file("e.toml", text.replace("monthly_r", f"valid_until = {until}\nmonthly_r"))

    with pytest.raises(Exception, match="1 fault in 1 file") as caught:
        import_plans(subscribed, [ended("2026-09-01")], now_us=NOW_US)
    assert caught.value.faults[0].code == "PLAN_VERSION_CHANGED"
    import_plans(subscribed, [ended("2026-07-01")], now_us=NOW_US)
    assert in_force(subscribed) == [(*V1[:2], us_of("2026-07-01T00:00:00+08:00"))]


def test_what_may_have_priced_calls_is_not_ended_before_now(subscribed):
    with pytest.raises(Refused, match="may have priced calls since then") as caught:
        plan_retirement(
            subscribed, plan_id="standard", version=1, at=date(2026, 6, 1), now_us=NOW_US
        )
    assert caught.value.code == "PLAN_IN_USE"
    assert "import a new version" in caught.value.hint
    assert "redo the period" in caught.value.hint


def test_what_nobody_subscribed_to_may_be_ended_before_now(register, plan_file):
    import_plans(register, [plan_file()], now_us=0)
    change = plan_retirement(
        register, plan_id="standard", version=1, at=date(2026, 2, 1), now_us=NOW_US
    )
    make_change(register, change, now_us=NOW_US)
    assert in_force(register)[0][2] == us_of("2026-02-01T00:00:00+08:00")


def test_an_activated_version_is_no_draft(subscribed):
    with pytest.raises(Refused, match="standard version 1 is activated already") as caught:
        plan_activation(subscribed, plan_id="standard", version=1, valid_from=None)
    assert caught.value.code == "PLAN_ACTIVATED"


@pytest.mark.parametrize("version", [1, 3])
def test_an_unknown_version_is_told_with_those_there_are(drafted, version):
    plan_id = "standard" if version == 3 else "other"
    with pytest.raises(ConfigError, match=f"got {plan_id} version {version}") as caught:
        plan_activation(drafted, plan_id=plan_id, version=version, valid_from=None)
    assert caught.value.code == "PLAN_UNKNOWN"
    hint = "there are its versions 1, 2" if version == 3 else "all:  cdrpipe tariff list"
    assert caught.value.hint == hint


def test_a_version_cannot_begin_at_or_after_its_end(register, write_file, plan_file):
    text = plan_file().read_text().replace("monthly_r", "valid_until = 2026-03-01\nmonthly_r")
    import_drafts(register, [write_file("e.toml", text)], now_us=0)
    with pytest.raises(Refused, match="ends before it would begin") as caught:
        plan_activation(register, plan_id="standard", version=1, valid_from=date(2026, 3, 1))
    assert caught.value.code == "VALIDITY_WRONG"


@pytest.mark.parametrize(
    ("version", "at", "says"),
    [
        (2, date(2026, 9, 1), "is a draft, which prices no call"),
        (1, date(2026, 1, 1), "begins no earlier: it would never have been in force"),
    ],
)
def test_an_end_without_sense_is_refused(drafted, version, at, says):
    with pytest.raises(Refused, match=says) as caught:
        plan_retirement(drafted, plan_id="standard", version=version, at=at, now_us=NOW_US)
    assert caught.value.code == "RETIREMENT_SENSELESS"


def test_an_end_is_never_put_off(subscribed):
    for at in (date(2026, 7, 1), date(2026, 8, 1)):
        arguments = {"plan_id": "standard", "version": 1, "at": at, "now_us": NOW_US}
        if at == date(2026, 7, 1):
            make_change(subscribed, plan_retirement(subscribed, **arguments), now_us=NOW_US)
        else:
            with pytest.raises(Refused, match="ends no later already"):
                plan_retirement(subscribed, **arguments)


def test_what_was_shown_is_done_or_nothing(drafted, write_file):
    change = plan_activation(drafted, plan_id="standard", version=2, valid_from=None)
    one_more = SUBSCRIPTIONS + "S4,A2,standard,4008009999,2026-07-01,\n"
    import_accounts(drafted, [write_file("subs.csv", one_more)], now_us=2)
    with pytest.raises(Refused, match="it was changed meanwhile") as caught:
        make_change(drafted, change, now_us=NOW_US)
    assert caught.value.code == "PLAN_CHANGED_MEANWHILE"
    assert in_force(drafted) == [V1]
