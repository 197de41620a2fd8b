"""`cdrpipe rate redo | versions | activate | abandon | diff`: what they print and how they end."""

import csv
import io
import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from cdrpipe.cli import rate_versions, run_line
from cdrpipe.config import load_config
from cdrpipe.lake.lock import lock_if_free
from cdrpipe.nightly.settle import lock_file
from cdrpipe.register import open_existing_register
from cdrpipe.register.rating_versions import begin_version

# Two started minutes at 0.12, local, and one from elsewhere.
CALLS = """\
call_id,calling_number,service_number,answering_number,setup_at,answered_at,bridged_at,released_at
c1,02162345678,4008001234,02161234567,2026-10-01T10:00:00+08:00,2026-10-01T10:00:00+08:00,\
2026-10-01T10:00:10+08:00,2026-10-01T10:01:05+08:00
c2,075522345678,4008001234,02161234567,2026-10-01T11:00:00+08:00,2026-10-01T11:00:00+08:00,\
2026-10-01T11:00:10+08:00,2026-10-01T11:00:55+08:00
"""
# Local calls cost 0.10 instead.
CORRECTED = """\
id = "flat"
version = 2
name = "Flat"
valid_from = 2026-01-01
monthly_rental = "300"

[[rate]]
party = "enterprise"
price_per_minute = "0.12"
increment = "60s"

[[rate]]
party = "enterprise"
relation = "local"
price_per_minute = "0.10"
increment = "60s"
"""
OCTOBER = ("--month", "2026-10")


def rows_of(ended, code=0):
    assert ended.code == code, ended.err
    return list(csv.DictReader(io.StringIO(ended.out)))


@pytest.fixture(scope="module")
def corrected_folder(register_folder, tmp_path_factory):
    """Take, once, two calls, then correct the plan: the local one costs 0.20 instead of 0.24."""
    folder = shutil.copytree(register_folder, tmp_path_factory.mktemp("corrected") / "folder")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path("calls.csv").write_text(CALLS, encoding="utf-8")
        Path("corrected.toml").write_text(CORRECTED, encoding="utf-8")
        for words in (
            ("cdr", "import", "calls.csv", "--source", "native_csv"),
            ("tariff", "import", "corrected.toml"),
        ):
            assert run_line((*words, "-q")) == 0, words
    return folder


@pytest.fixture(scope="module")
def redone_folder(corrected_folder, tmp_path_factory):
    """Rate the two calls again, once."""
    folder = shutil.copytree(corrected_folder, tmp_path_factory.mktemp("redone") / "folder")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert run_line(("rate", "redo", *OCTOBER, "-q")) == 0
    return folder


@pytest.fixture
def corrected(cdrpipe, corrected_folder, tmp_path):
    shutil.copytree(corrected_folder, tmp_path, dirs_exist_ok=True)
    return cdrpipe


@pytest.fixture
def redone(cdrpipe, redone_folder, tmp_path):
    shutil.copytree(redone_folder, tmp_path, dirs_exist_ok=True)
    return cdrpipe


def test_redo_shows_what_changes_by_account(corrected):
    ended = corrected("rate", "redo", *OCTOBER)
    assert rows_of(ended) == [
        {
            "rating_version": "2",
            "account_id": "A1",
            "calls_old": "2",
            "calls_new": "2",
            "calls_different": "1",
            "unpriced_calls": "0",
            "enterprise_old": "0.360000",
            "enterprise_new": "0.320000",
            "enterprise_difference": "-0.040000",
            "caller_old": "0.000000",
            "caller_new": "0.000000",
            "caller_difference": "0.000000",
        }
    ]
    assert "1 accounts · 2 calls, 1 of them different · enterprises -0.040000 yuan" in ended.err
    assert "cdrpipe rate activate 2, or cdrpipe rate abandon 2" in ended.err


def test_a_dry_run_of_redo_writes_nothing(corrected):
    dry = corrected("rate", "redo", *OCTOBER, "-n", "--json")
    (row,) = json.loads(dry.out)["rows"]
    assert (row["rating_version"], row["enterprise_difference"]) == (None, "-0.040000")
    assert "dry run: nothing was changed" in dry.err
    assert rows_of(corrected("rate", "versions")) == []
    (written,) = json.loads(corrected("rate", "redo", *OCTOBER, "--json").out)["rows"]
    assert written == {**row, "rating_version": 2}


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--from", "2026-10-01"),
        ("--to", "2026-10-02"),
        ("--account", "A1"),
    ],
)
def test_redo_without_a_whole_period_is_a_usage_error(cdrpipe, words):
    ended = cdrpipe("rate", "redo", *words)
    assert (ended.code, ended.out) == (2, "")
    assert "say which days: --month, or --from and --to" in ended.err


@pytest.mark.parametrize(
    "words",
    [
        ("--month", "2026-13"),
        ("--month", "2026-10", "--from", "2026-10-01"),
        ("--from", "2026-10-02", "--to", "2026-10-01"),
    ],
)
def test_redo_of_a_period_there_cannot_be_is_a_usage_error(cdrpipe, words):
    ended = cdrpipe("rate", "redo", *words)
    assert (ended.code, ended.out) == (2, "")


def test_a_period_without_calls_makes_no_version(corrected):
    ended = corrected("rate", "redo", "--from", "2026-09-01", "--to", "2026-10-01")
    assert rows_of(ended) == []
    assert ended.out.startswith("rating_version,account_id,calls_old,calls_new,")
    assert "no calls on these days; nothing was written" in ended.err


def test_redo_of_an_unknown_account_ends_with_3(corrected):
    ended = corrected("rate", "redo", *OCTOBER, "--account", "A9")
    assert ended.code == 3
    assert "expected an account of the register, got 'A9'" in ended.err


def test_calls_without_a_price_are_counted_and_named(corrected):
    plan = CORRECTED.replace("version = 2", "version = 3").split("[[rate]]")
    Path("third.toml").write_text("[[rate]]".join([plan[0], plan[2]]), encoding="utf-8")
    assert corrected("tariff", "import", "third.toml", "-q").code == 0
    ended = corrected("rate", "redo", *OCTOBER)
    assert rows_of(ended)[0]["unpriced_calls"] == "1"
    assert "1 calls have no price now" in ended.err
    refused = corrected("rate", "activate", "2", "-y")
    assert refused.code == 5
    assert "expected a price for every call, 1 of rating version 2 have none" in refused.err


def test_versions_say_where_each_stands(redone):
    (row,) = rows_of(redone("rate", "versions"))
    assert (row["rating_version"], row["status"], row["calls"]) == ("2", "written", "2")
    assert (row["date_from"], row["date_until"]) == ("2026-10-01", "2026-11-01")
    assert (row["begun_at"][-6:], row["decided_at"]) == ("+08:00", "")
    assert rows_of(redone("rate", "versions", "--tz", "UTC"))[0]["begun_at"][-6:] == "+00:00"
    redone("rate", "activate", "2", "-y", "-q")
    (row,) = rows_of(redone("rate", "versions"))
    assert row["status"] == "active"
    assert row["decided_at"]


def test_activate_shows_the_numbers_and_puts_the_version_in_force(redone):
    ended = redone("rate", "activate", "2", "--yes")
    assert rows_of(ended)[0]["enterprise_difference"] == "-0.040000"
    assert "rating version 2 is in force" in ended.err
    seen = redone("sql", "SELECT sum(enterprise_charge) AS yuan FROM rated")
    assert rows_of(seen) == [{"yuan": "0.320000"}]
    again = redone("rate", "activate", "2", "-y")
    assert again.code == 5
    assert "rating version 2 is in force        [RATING_VERSION_ACTIVE]" in again.err


@pytest.mark.parametrize("verb", ["activate", "abandon"])
def test_deciding_asks_and_without_a_terminal_is_a_usage_error(redone, verb):
    ended = redone("rate", verb, "2")
    assert ended.code == 2
    assert "there is no terminal to ask on" in ended.err
    dry = redone("rate", verb, "2", "-n")
    assert rows_of(dry)[0]["enterprise_difference"] == "-0.040000"
    assert "dry run: nothing was changed" in dry.err
    assert rows_of(redone("rate", "versions"))[0]["status"] == "written"


def test_deciding_puts_its_question_with_the_number(redone, monkeypatch):
    asked = []
    monkeypatch.setattr(rate_versions, "confirm", lambda _flags, text: asked.append(text))
    redone("rate", "activate", "2")
    redone("rate", "abandon", "2")
    assert asked == ["put rating version 2 in force?", "close rating version 2 for ever?"]


def test_abandon_closes_a_version_for_ever(redone):
    assert redone("rate", "abandon", "2", "-y").code == 0
    assert rows_of(redone("rate", "versions"))[0]["status"] == "abandoned"
    refused = redone("rate", "activate", "2", "-y")
    assert refused.code == 5
    assert "rating version 2 was abandoned" in refused.err


@pytest.mark.parametrize("verb", ["activate", "abandon"])
@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        ("9", 3, "expected the number of a rating version, got 9"),
        ("1", 3, "version 1, the first rating, is no version to decide on"),
        ("0", 2, "'VERSION'"),
        ("two", 2, "'VERSION'"),
    ],
)
def test_a_number_that_is_no_version_is_told(redone, verb, number, code, said):
    ended = redone("rate", verb, number, "-y")
    assert ended.code == code
    assert said in ended.err


def test_diff_ends_with_1_where_versions_differ(redone):
    (row,) = rows_of(redone("rate", "diff", "1", "2"), code=1)
    assert (row["enterprise_old"], row["enterprise_new"]) == ("0.360000", "0.320000")
    (back,) = rows_of(redone("rate", "diff", "2", "1"), code=1)
    assert back["enterprise_difference"] == "0.040000"
    calls = rows_of(redone("rate", "diff", "1", "2", "--calls"), code=1)
    assert [
        (call["call_id"], call["enterprise_old"], call["enterprise_new"]) for call in calls
    ] == [("c1", "0.240000", "0.200000")]


def test_diff_ends_with_0_where_nothing_differs(redone):
    assert redone("rate", "redo", *OCTOBER, "-q").code == 0
    (row,) = rows_of(redone("rate", "diff", "2", "3"))
    assert row["calls_different"] == "0"
    ended = redone("rate", "diff", "2", "3", "--calls")
    assert rows_of(ended) == []
    unknown = redone("rate", "diff", "1", "9")
    assert unknown.code == 3
    assert "got 9" in unknown.err


def test_diff_of_a_version_that_was_not_finished_says_what_settles_it(redone):
    config = load_config(None)
    register = open_existing_register(config.register_file, lake_dir=config.lake_dir)
    begin_version(
        register,
        3,
        date_from=date(2026, 10, 1),
        date_until=date(2026, 11, 1),
        account_id=None,
        register_revision=1,
        now_us=0,
    )
    register.dispose()
    ended = redone("rate", "diff", "2", "3")
    assert (ended.code, ended.out) == (5, "")
    assert "rating version 3 is not written to its end" in ended.err
    assert "settled by the next redo, or by  cdrpipe rate abandon 3" in ended.err
    abandoned = redone("rate", "abandon", "3", "--yes")
    assert "rating version 3 was abandoned" in abandoned.err


def test_diff_of_versions_without_a_common_call_says_so(redone):
    ended = redone("rate", "diff", "1", "1")
    assert rows_of(ended) == []
    assert "rating versions 1 and 1 have no call in common" in ended.err


def test_a_redo_beside_another_is_refused_with_5(redone):
    with lock_if_free(lock_file(load_config(None))) as is_ours:
        assert is_ours
        ended = redone("rate", "redo", *OCTOBER)
    assert ended.code == 5
    assert "another redo is writing one        [REDO_RUNNING]" in ended.err


def test_a_lock_that_cannot_be_opened_is_told_with_4(redone):
    path = lock_file(load_config(None))
    path.unlink()
    path.mkdir()
    ended = redone("rate", "redo", *OCTOBER)
    assert ended.code == 4
    assert "the lock file cannot be opened: Is a directory        [LOCK_UNAVAILABLE]" in ended.err
