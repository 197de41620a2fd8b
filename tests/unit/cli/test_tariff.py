"""``cdrpipe tariff``: drafts, decks, checks, comparisons and exports, as a person runs them."""

import json
from pathlib import Path

import pytest

DECKED = 'id = "decked"\nvalid_from = 2026-01-01\ndeck = "national.csv"\n'
DECK = "prefix,price_per_minute,increment\n86755,0.06,60s\n,0.12,60s\n"
SECOND = """\
id = "flat"
name = "Flat"
version = 2
valid_from = 2099-01-01
monthly_rental = "300"

[[rate]]
party = "enterprise"
price_per_minute = "0.11"
increment = "60s"
"""


@pytest.fixture
def decked(registered):
    """A register that has a plan with a deck, too."""
    Path("decked.toml").write_text(DECKED, encoding="utf-8")
    Path("national.csv").write_text(DECK, encoding="utf-8")
    assert registered("tariff", "import", "decked.toml").code == 0
    return registered


@pytest.fixture
def drafted(registered):
    """A register with a draft of version 2 of the plan that A1 is on."""
    Path("second.toml").write_text(SECOND, encoding="utf-8")
    assert registered("tariff", "import", "--draft", "second.toml").code == 0
    return registered


def listed(cdrpipe):
    out = cdrpipe("tariff", "list", "--columns", "plan_id,version,status").out
    return out.splitlines()[1:]


def test_a_draft_is_listed_as_one_until_it_is_activated(drafted):
    assert listed(drafted) == ["flat,1,active", "flat,2,draft"]
    ended = drafted("tariff", "activate", "flat", "--version", "2", "--yes", "--json")
    assert (ended.code, ended.err) == (0, "activated; running daemons follow\n")
    [row] = json.loads(ended.out)["rows"]
    assert row == {
        "action": "activate", "plan_id": "flat", "version": 2, "name": "Flat",
        "valid_from": "2099-01-01T00:00:00+08:00", "valid_until": None,
        "version_before": 1, "version_after": 2, "accounts": 1, "subscriptions": 1,
        "activation_fee": "0.000000",
    }  # fmt: skip
    assert listed(drafted) == ["flat,1,active", "flat,2,active"]


def test_nothing_is_activated_unasked_or_by_a_dry_run(drafted):
    asked = drafted("tariff", "activate", "flat", "--version", "2")
    assert asked.code == 2
    assert "no terminal to ask on" in asked.err
    looked = drafted("tariff", "activate", "flat", "--version", "2", "--dry-run")
    assert (looked.code, looked.out) == (0, asked.out)
    assert listed(drafted) == ["flat,1,active", "flat,2,draft"]


def test_a_version_is_ended_and_who_is_left_without_one_is_told(registered):
    ended = registered("tariff", "retire", "flat", "--version", "1", "--at", "2099-01-01", "-y")
    assert ended.code == 0
    assert "calls of these subscriptions are suspended" in ended.err
    assert "2099-01-01T00:00:00+08:00" in ended.out
    out = registered("tariff", "list", "--columns", "valid_until").out
    assert out.splitlines()[1:] == ["2099-01-01T00:00:00+08:00"]


def test_what_calls_were_priced_by_is_not_ended(registered):
    ended = registered("tariff", "retire", "flat", "--version", "1", "--at", "2026-01-02", "-y")
    assert ended.code == 5
    assert "[PLAN_IN_USE]" in ended.err
    assert listed(registered) == ["flat,1,active"]


@pytest.mark.parametrize("moment", ["soon", "2026-13-01", "2026-01-01T00:00:00", "today"])
def test_a_moment_is_a_date_or_an_instant_with_its_offset(registered, moment):
    ended = registered("tariff", "retire", "flat", "--version", "1", "--at", moment, "-y")
    assert ended.code == 2
    assert f"or an instant with its offset such as 2026-10-01T12:00:00+08:00, got {moment}" in (
        " ".join(ended.err.split())
    )


def test_a_plan_is_shown_with_its_decks_and_a_deck_alone(decked):
    shown = decked("tariff", "show", "decked")
    assert shown.out == DECKED
    assert "deck national.csv: 2 rates" in shown.err
    assert decked("tariff", "show", "decked", "--deck", "national.csv").out == DECK
    document = json.loads(decked("tariff", "show", "decked", "--json").out)
    assert (document["text"], document["decks"]) == (DECKED, [{"name": "national.csv", "rows": 2}])


def test_an_unknown_deck_plan_or_version_is_told(decked):
    ended = decked("tariff", "show", "decked", "--deck", "x.csv")
    assert ended.code == 3
    assert "[DECK_UNKNOWN]" in ended.err
    assert "there is national.csv" in ended.err
    assert "the plan has no decks" in decked("tariff", "show", "flat", "--deck", "x").err
    for words in (
        ("show", "other"),
        ("show", "flat", "--version", "9"),
        ("diff", "flat@9", "flat"),
    ):
        ended = decked("tariff", *words)
        assert ended.code == 3
        assert "[PLAN_UNKNOWN]" in ended.err


def test_a_check_tells_all_findings_of_all_files_and_ends_with_1(registered):
    Path("gap.toml").write_text(
        'id = "g"\nvalid_from = 2026-01-01\n[[rate]]\nparty = "enterprise"\n'
        'price_per_minute = 1\nincrement = 60\nrelation = "local"\n',
        encoding="utf-8",
    )
    Path("wrong.toml").write_text('id = "w"\n', encoding="utf-8")
    ended = registered("tariff", "check", "gap.toml", "plan.toml", "wrong.toml", "--json")
    assert ended.code == 1
    rows = json.loads(ended.out)["rows"]
    assert [(row["severity"], row["code"], row["file"], row["line"]) for row in rows] == [
        ("warning", "UNKNOWN_WITHOUT_RATE", "gap.toml", 3),
        ("warning", "CALLS_WITHOUT_RATE", "gap.toml", 3),
        ("error", "KEY_MISSING", "wrong.toml", 1),
        ("error", "PARTY_WITHOUT_RATE", "wrong.toml", 1),
    ]
    assert "2 errors, 2 warnings, 0 notes" in ended.err


def test_a_file_without_a_finding_ends_with_0(registered):
    ended = registered("tariff", "check", "plan.toml")
    assert (ended.code, ended.err) == (0, "nothing found\n")


def test_notes_alone_are_no_difference(registered):
    rate = '[[rate]]\nparty = "enterprise"\nprice_per_minute = 1\nincrement = 60\n'
    odd = '[[rate]]\nparty = "enterprise"\nprefix = "{}"\nprice = 1\nper = "{}"\nincrement = 60\n'
    Path("note.toml").write_text(
        'id = "n"\nvalid_from = 2026-01-01\n' + rate + odd.format(861, "60s") + odd.format(862, 30),
        encoding="utf-8",
    )
    ended = registered("tariff", "check", "note.toml")
    assert (ended.code, "PRICE_PER_OTHER_TIME" in ended.out) == (0, True)


def test_an_unreadable_file_ends_with_3_and_the_others_are_checked_all_the_same(registered):
    Path("wrong.toml").write_text('id = "w"\n', encoding="utf-8")
    ended = registered("tariff", "check", "lost.toml", "wrong.toml")
    assert ended.code == 3
    assert "lost.toml: the file cannot be read" in ended.err
    assert "KEY_MISSING" in ended.out


def test_without_files_the_stored_plans_are_checked_and_by_name_one_of_them(decked):
    Path("local.toml").write_text(
        'id = "local"\nvalid_from = 2026-01-01\n[[rate]]\nparty = "enterprise"\n'
        'price_per_minute = 1\nincrement = 60\nrelation = "local"\n',
        encoding="utf-8",
    )
    assert decked("tariff", "import", "local.toml").code == 0
    everything = decked("tariff", "check")
    assert everything.code == 1
    assert "plan local version 1 in the register,3," in everything.out
    assert decked("tariff", "check", "local").out == everything.out
    assert decked("tariff", "check", "decked").code == 0


def test_stored_versions_of_several_files_are_checked_together(registered):
    later = SECOND.replace("version = 2", "version = 3").replace("2099-01-01", "2099-06-01")
    Path("later.toml").write_text(later, encoding="utf-8")
    Path("second.toml").write_text(SECOND, encoding="utf-8")
    assert registered("tariff", "import", "second.toml", "later.toml").code == 0
    assert registered("tariff", "check", "flat").code == 0
    for version, at in (("1", "2099-01-01"), ("2", "2099-03-01")):
        assert (
            registered("tariff", "retire", "flat", "--version", version, "--at", at, "-y").code == 0
        )
    ended = registered("tariff", "check", "flat", "--json")
    [row] = json.loads(ended.out)["rows"]
    assert (row["code"], row["file"]) == ("VERSIONS_GAP", "plan flat in the register")
    assert "from 2099-03-01 until 2099-06-01" in row["message"]


def test_two_plans_are_compared_as_files_and_as_stored(drafted):
    same = drafted("tariff", "diff", "flat@1", "plan.toml")
    assert (same.code, same.err) == (0, "both say the same\n")
    ended = drafted("tariff", "diff", "flat@1", "second.toml", "--json")
    assert ended.code == 1
    rows = json.loads(ended.out)["rows"]
    assert [(row["part"], row["field"], row["old"], row["new"]) for row in rows] == [
        ("version", "valid_from", "2026-01-01", "2099-01-01"),
        ("rate", "steps", "from 0s 0.12 per 60s by 60s", "from 0s 0.11 per 60s by 60s"),
    ]
    assert drafted("tariff", "diff", "flat@2", "second.toml").code == 0
    whole = drafted("tariff", "diff", "plan.toml", "flat")
    assert "2,version,,added," in whole.out


def test_an_exported_plan_imported_elsewhere_gives_the_same_versions(decked):
    ended = decked("tariff", "export", "decked", "--to", "out")
    assert ended.code == 0
    assert Path("out/decked.toml").read_text(encoding="utf-8") == DECKED
    assert Path("out/national.csv").read_text(encoding="utf-8") == DECK
    other = ("--set", "data_dir=other")
    assert decked("tariff", "import", "out/decked.toml", *other).code == 0
    assert decked("tariff", "diff", "decked", "out/decked.toml", *other).code == 0
    columns = ("--columns", "plan_id,version,name,valid_from,valid_until")
    here = decked("tariff", "list", *columns).out.splitlines()
    there = decked("tariff", "list", *columns, *other).out.splitlines()
    assert there == [line for line in here if not line.startswith("flat")]


def test_files_with_other_content_are_overwritten_on_a_yes_only(decked):
    Path("out").mkdir()
    Path("out/national.csv").write_text("mine\n", encoding="utf-8")
    asked = decked("tariff", "export", "decked", "--to", "out")
    assert asked.code == 2
    assert "out/national.csv" in asked.out
    assert not Path("out/decked.toml").exists()
    assert decked("tariff", "export", "decked", "--to", "out", "-n").code == 0
    assert Path("out/national.csv").read_text(encoding="utf-8") == "mine\n"
    assert decked("tariff", "export", "decked", "--to", "out", "-y").code == 0
    assert Path("out/national.csv").read_text(encoding="utf-8") == DECK
    # What stands there already is no question.
    assert decked("tariff", "export", "decked", "--to", "out").code == 0


def test_versions_of_several_files_get_a_folder_each(drafted):
    assert drafted("tariff", "export", "flat", "--to", "out").code == 0
    assert Path("out/v2/flat.toml").read_text(encoding="utf-8") == SECOND
    assert Path("out/v1/flat.toml").read_bytes() == Path("plan.toml").read_bytes()
    assert drafted("tariff", "export", "flat", "--version", "2", "--to", "one").code == 0
    assert Path("one/flat.toml").read_text(encoding="utf-8") == SECOND


def test_a_folder_that_cannot_be_written_is_told(decked):
    Path("out").mkdir()
    Path("out/decked.toml").mkdir()
    ended = decked("tariff", "export", "decked", "--to", "out", "-y")
    assert ended.code == 4
    assert "[FILE_UNWRITABLE]" in ended.err


def test_an_id_with_a_slash_stays_within_the_folder(registered):
    plan = SECOND.replace('"flat"', '"../a/b"')
    Path("slash.toml").write_text(plan, encoding="utf-8")
    assert registered("tariff", "import", "slash.toml").code == 0
    assert registered("tariff", "export", "../a/b", "--to", "out").code == 0
    assert [path.name for path in Path("out").iterdir()] == ["..-a-b.toml"]


def test_a_cgrates_folder_is_no_draft(registered):
    Path("folder").mkdir()
    ended = registered("tariff", "import", "--draft", "folder")
    assert ended.code == 2
    assert "a CGRateS folder is imported without --draft" in ended.err


def test_where_there_is_no_register_none_is_made(cdrpipe):
    for words in (
        ("activate", "p", "--version", "1"),
        ("retire", "p", "--version", "1", "--at", "2099-01-01"),
    ):
        ended = cdrpipe("tariff", *words, "-y")
        assert ended.code == 3
        assert "[REGISTER_MISSING]" in ended.err
    assert list(Path().iterdir()) == []
