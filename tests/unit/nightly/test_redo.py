"""A redo changes nothing until it is activated, and then shows each call once, at its new price."""

import datetime as dt
import errno
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from records import cdr, decoded, unanswered
from references import PLAN
from rerating import (
    CORRECTED,
    NOW_US,
    OCTOBER,
    OTHER,
    asked,
    charges,
    correct,
    every_sum,
    put_in_force,
    redone,
    registered,
    store,
)

from cdrpipe.config import Config
from cdrpipe.errors import ConfigError, CorruptLake, Refused, Unavailable
from cdrpipe.intake.importer import open_path
from cdrpipe.lake import rerated
from cdrpipe.lake.lock import lock_if_free
from cdrpipe.lake.scan import live_files
from cdrpipe.nightly.decide import abandon, weigh_abandonment, weigh_activation
from cdrpipe.nightly.redo import preview_redo, redo
from cdrpipe.nightly.settle import lock_file
from cdrpipe.rating.account_difference import AccountDifference
from cdrpipe.register import open_register
from cdrpipe.register.accounts import import_accounts
from cdrpipe.register.numbers import import_numbers
from cdrpipe.register.rating_versions import rating_versions

# Answered at +2 s and released at +70 s: two started minutes.
LONG_DISTANCE, LOCAL = cdr("long distance"), cdr("local", calling_number_raw="02162345678")
CALLS = (LONG_DISTANCE, LOCAL, unanswered("nobody"))
DAY = dt.timedelta(days=1)


def on_day(call: dict[str, Any], days: int) -> dict[str, Any]:
    """Move a call by days."""
    stamps = ("setup_at", "answered_at", "bridged_at", "released_at")
    return {
        **call,
        "call_id": f"{call['call_id']} {days:+}",
        **{name: call[name] + days * DAY for name in stamps if call[name]},
    }


def statuses(config: Config) -> list[tuple[int, str]]:
    engine = open_register(config.register_file)
    found = [(each.rating_version, each.status) for each in rating_versions(engine)]
    engine.dispose()
    return found


def test_under_the_same_register_nothing_is_different(tmp_path: Path) -> None:
    config = registered(tmp_path)
    store(config, *CALLS)
    before = every_sum(config)
    found = redone(config)
    (difference,) = found.differences
    assert (found.rating_version, found.calls, difference.calls_different) == (2, 3, 0)
    put_in_force(config, 2)
    assert every_sum(config) == before


def test_a_corrected_tariff_changes_what_it_corrects(tmp_path: Path) -> None:
    config = registered(tmp_path)
    store(config, *CALLS)
    correct(config)
    found = redone(config)
    # Long distance 2 x 0.20 becomes 2 x 0.25, local stays at 2 x 0.10; callers pay 0.22 each.
    expected = AccountDifference(
        account_id="A1",
        calls_old=3,
        calls_new=3,
        calls_different=1,
        unpriced_calls=0,
        enterprise_old_micros=600_000,
        enterprise_new_micros=700_000,
        caller_old_micros=440_000,
        caller_new_micros=440_000,
    )
    assert found.differences == [expected]
    assert charges(config) == {"local": 200_000, "long distance": 400_000}
    assert weigh_activation(config, 2, now_us=NOW_US).differences == [expected]
    put_in_force(config, 2)
    assert charges(config) == {"local": 200_000, "long distance": 500_000}
    assert asked(config, "SELECT * FROM rating_in_force") == [("A1", dt.date(2026, 10, 1), 2)]


def test_a_preview_says_the_same_and_writes_nothing(tmp_path: Path) -> None:
    config = registered(tmp_path)
    store(config, *CALLS)
    correct(config)
    files = sorted(config.data_dir.rglob("*.parquet"))
    previewed = preview_redo(config, OCTOBER, on_progress=lambda _: None)
    assert previewed.rating_version is None
    assert statuses(config) == []
    assert sorted(config.data_dir.rglob("*.parquet")) == files
    assert redone(config).differences == previewed.differences


def test_an_abandoned_redo_leaves_every_sum_as_it_was(tmp_path: Path) -> None:
    config = registered(tmp_path)
    store(config, *CALLS)
    before = every_sum(config)
    correct(config)
    assert every_sum(config) == before
    redone(config)
    assert every_sum(config) == before
    abandon(config, weigh_abandonment(config, 2, now_us=NOW_US), now_us=NOW_US)
    assert every_sum(config) == before
    assert statuses(config) == [(2, "abandoned")]
    for decide in (weigh_activation, weigh_abandonment):
        with pytest.raises(Refused, match="was abandoned"):
            decide(config, 2, now_us=NOW_US)
    assert asked(config, "SELECT count(*) FROM rating WHERE rating_version = 2") == [(3,)]


def test_an_activated_redo_is_as_if_rated_under_the_corrected_tariff(tmp_path: Path) -> None:
    calls = [on_day(call, days) for days in range(3) for call in CALLS]
    config, fresh = registered(tmp_path / "redone"), registered(tmp_path / "fresh")
    store(config, *calls)
    correct(fresh)
    store(fresh, *calls)
    correct(config)
    assert every_sum(config) != every_sum(fresh)
    put_in_force(config, redone(config).rating_version)
    assert every_sum(config) == every_sum(fresh)


def test_what_is_activated_last_by_number_shows_where_periods_overlap(tmp_path: Path) -> None:
    config = registered(tmp_path)
    store(config, *(on_day(LONG_DISTANCE, days) for days in range(3)))
    middle = dt.date(2026, 10, 6)
    correct(config)
    redone(config, replace(OCTOBER, date_until=middle + DAY))  # 2: the first two days
    correct(config, CORRECTED.replace("version = 2", "version = 3").replace('"0.25"', '"0.30"'))
    redone(config, replace(OCTOBER, date_from=middle))  # 3: the last two
    put_in_force(config, 3)
    assert list(charges(config).values()) == [400_000, 600_000, 600_000]
    (difference,) = weigh_activation(config, 2, now_us=NOW_US).differences
    assert (difference.calls_new, difference.enterprise_difference_micros) == (1, 100_000)
    put_in_force(config, 2)
    assert list(charges(config).values()) == [500_000, 600_000, 600_000]
    redone(config, replace(OCTOBER, date_from=middle, date_until=middle + DAY))
    put_in_force(config, 4)
    assert list(charges(config).values()) == [500_000, 600_000, 600_000]


def test_a_version_whose_calls_are_all_in_force_higher_up_is_refused(tmp_path: Path) -> None:
    config = registered(tmp_path)
    store(config, *CALLS)
    redone(config)
    redone(config)
    put_in_force(config, 3)
    with pytest.raises(Refused, match="in force under a higher version"):
        weigh_activation(config, 2, now_us=NOW_US)
    with pytest.raises(Refused, match="rating version 3 is in force"):
        weigh_activation(config, 3, now_us=NOW_US)
    with pytest.raises(Refused, match="rating version 3 is in force"):
        weigh_abandonment(config, 3, now_us=NOW_US)


def test_a_call_that_comes_after_the_redo_shows_as_it_was_rated(tmp_path: Path) -> None:
    config = registered(tmp_path)
    store(config, *CALLS)
    correct(config)
    redone(config)
    put_in_force(config, 2)
    assert store(config, cdr("late"), LONG_DISTANCE) == {
        "rated": 1, "unanswered": 0, "merged": 0, "duplicate": 1, "suspended": 0,
    }  # fmt: skip
    assert charges(config) == {"late": 500_000, "local": 200_000, "long distance": 500_000}


def test_calls_stored_while_a_redo_writes_are_kept_and_seen(tmp_path: Path) -> None:
    config = registered(tmp_path)
    store(config, LONG_DISTANCE)
    correct(config)
    other = open_path(config)

    def meanwhile(_done: int) -> None:
        other.store(decoded(cdr("meanwhile")), moves=[], summary={})

    redo(config, OCTOBER, now_us=NOW_US, on_progress=meanwhile)
    put_in_force(config, 2)
    assert charges(config) == {"long distance": 500_000, "meanwhile": 500_000}
    # The other writer goes on behind the redo, and takes none of its rows for records.
    counts = other.store(decoded(cdr("afterwards"), LONG_DISTANCE), moves=[], summary={})
    assert (counts["rated"], counts["duplicate"]) == (1, 1)
    assert asked(config, "SELECT count(*) FROM record") == [(4,)]


def test_a_call_without_a_price_keeps_its_version_from_being_activated(tmp_path: Path) -> None:
    config = registered(tmp_path)
    store(config, *CALLS)
    correct(config, _without_long_distance(CORRECTED))
    found = redone(config)
    assert found.unpriced_calls == 1
    with pytest.raises(Refused, match="1 of rating version 2 have none") as refused:
        weigh_activation(config, 2, now_us=NOW_US)
    assert "rate diff 1 2 --calls" in refused.value.hint
    reason = "SELECT call_id, suspense_reason FROM rating WHERE outcome = 'suspended'"
    assert asked(config, reason) == [("long distance", "RATE_NOT_FOUND")]
    assert asked(config, "SELECT count(*) FROM suspended") == [(0,)]


def _without_long_distance(plan: str) -> str:
    """Leave only the rate of local calls to the enterprise."""
    head, *rates = plan.split("[[rate]]\n")
    kept = [rate for rate in rates if 'party = "caller"' in rate or "local" in rate]
    return "[[rate]]\n".join([head, *kept])


def _reassign(config: Config) -> None:
    """Give the other number to a second account, as if it had always been its own."""
    folder = config.data_dir
    engine = open_register(config.register_file)
    accounts, subscriptions = folder / "a.csv", folder / "s.csv"
    accounts.write_text("account_id,name\nA2,Second\n")
    subscriptions.write_text(
        "subscription_id,account_id,plan_id,service_number,valid_from,valid_until\n"
        "S2,A2,two-prices,,2010-01-01,\n"
    )
    import_accounts(engine, [accounts, subscriptions], now_us=0)
    numbers = folder / "n.csv"
    numbers.write_text(
        "service_number,account_id,valid_from,valid_until,bill_from,home_area_code,"
        f"bridged_is_answered_for\n{OTHER},A2,2010-01-01,,answered,021,\n"
    )
    import_numbers(engine, [numbers], now_us=0, known_area_codes={"021": 310021})
    engine.dispose()


@pytest.mark.parametrize("account_id", ["A1", "A2", None])
def test_calls_of_a_number_that_changed_hands_move_and_show_once(
    tmp_path: Path, account_id: str | None
) -> None:
    config = registered(tmp_path)
    store(config, *CALLS, cdr("of the other", service_number_raw=OTHER))
    _reassign(config)
    found = redone(config, replace(OCTOBER, account_id=account_id))
    moved = {each.account_id: (each.calls_old, each.calls_new) for each in found.differences}
    assert moved == (
        {"A1": (1, 0), "A2": (0, 1)} if account_id == "A2" else {"A1": (4, 3), "A2": (0, 1)}
    )
    put_in_force(config, 2)
    owners = "SELECT account_id, count(*) FROM rated GROUP BY ALL ORDER BY ALL"
    assert asked(config, owners) == [("A1", 3), ("A2", 1)]
    month = dt.date(2026, 10, 1)
    assert asked(config, "SELECT * FROM rating_in_force") == [("A1", month, 2), ("A2", month, 2)]


def test_an_empty_period_makes_no_version(tmp_path: Path) -> None:
    config = registered(tmp_path)
    assert redone(config).rating_version is None
    assert not config.lake_dir.exists()
    store(config, *CALLS)
    july = replace(OCTOBER, date_from=dt.date(2026, 7, 1), date_until=dt.date(2026, 8, 1))
    assert redone(config, july).rating_version is None
    assert statuses(config) == []


def test_an_unknown_account_or_version_is_named(tmp_path: Path) -> None:
    config = registered(tmp_path)
    store(config, *CALLS)
    with pytest.raises(ConfigError, match="expected an account of the register, got 'A9'"):
        redone(config, replace(OCTOBER, account_id="A9"))
    with pytest.raises(ConfigError, match="expected the number of a rating version, got 2"):
        weigh_activation(config, 2, now_us=NOW_US)


def test_a_second_redo_is_refused_while_one_writes(tmp_path: Path) -> None:
    config = registered(tmp_path)
    store(config, *CALLS)

    def second(_done: int) -> None:
        with pytest.raises(Refused, match="another redo is writing one"):
            redone(config)
        with pytest.raises(Refused, match="rating version 2 is not written to its end"):
            weigh_activation(config, 2, now_us=NOW_US)

    redo(config, OCTOBER, now_us=NOW_US, on_progress=second)
    assert statuses(config) == [(2, "written")]
    with lock_if_free(lock_file(config)) as is_ours:
        assert is_ours


def _disk_full(_path: Path, _rows: object, **_how: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def _read_only(_path: Path, _rows: object, **_how: object) -> None:
    raise PermissionError(errno.EACCES, "Permission denied")


@pytest.mark.parametrize(
    ("fault", "said"), [(_disk_full, "No space left"), (_read_only, "Permission denied")]
)
def test_a_disk_that_takes_nothing_is_told_and_the_version_closed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[..., None],
    said: str,
) -> None:
    config = registered(tmp_path)
    store(config, *CALLS)
    before = every_sum(config)
    with monkeypatch.context() as patch:
        patch.setattr(rerated, "write_data_file", fault)
        with pytest.raises(Unavailable, match=said):
            redone(config)
    assert every_sum(config) == before
    # Rows are held back until the commit is near, so the next command closes what was begun.
    assert redone(config).rating_version == 3
    assert statuses(config) == [(2, "abandoned"), (3, "written")]


def test_files_of_a_redo_that_fails_half_way_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = registered(tmp_path)
    store(config, *CALLS)
    monkeypatch.setattr(rerated, "HELD_ROWS_MAX", 0)

    def interrupted(_done: int) -> None:
        assert list(config.lake_dir.rglob("version-2-*"))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        redo(config, OCTOBER, now_us=NOW_US, on_progress=interrupted)
    assert not list(config.lake_dir.rglob("version-2-*"))
    assert statuses(config) == [(2, "abandoned")]


def test_an_older_copy_of_the_register_reuses_no_number(tmp_path: Path) -> None:
    config = registered(tmp_path)
    store(config, *CALLS)
    live, copy = sqlite3.connect(config.register_file), sqlite3.connect(tmp_path / "copy")
    live.backup(copy)
    redone(config)
    copy.backup(live)
    live.close()
    copy.close()
    assert statuses(config) == []
    assert redone(config).rating_version == 3


def test_a_lake_without_the_version_is_damage(tmp_path: Path) -> None:
    config = registered(tmp_path)
    store(config, *CALLS)
    redone(config)
    for file in live_files(config.lake_dir, "rerated"):
        Path(file).unlink()
    with pytest.raises(CorruptLake, match="cannot be read"):
        weigh_activation(config, 2, now_us=NOW_US)


def test_the_path_knows_nothing_of_rerated_rows_when_it_begins_anew(tmp_path: Path) -> None:
    config = registered(tmp_path)
    store(config, *CALLS)
    correct(config, PLAN.replace("valid_from", "version = 2\nvalid_from", 1))
    put_in_force(config, redone(config).rating_version)
    again = store(config, *CALLS, cdr("other content", cause=17), {**LOCAL, "cause": 17})
    assert again == {"rated": 1, "unanswered": 0, "merged": 0, "duplicate": 3, "suspended": 1}
    assert asked(config, "SELECT count(*) FROM record") == [(8,)]
