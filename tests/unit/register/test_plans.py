from hashlib import sha256

import pytest
from sqlalchemy import select

from cdrpipe.errors import TariffError
from cdrpipe.register.database import reading
from cdrpipe.register.plans import import_drafts, import_plans, versions_of_plan
from cdrpipe.register.snapshot import load_snapshot
from cdrpipe.register.tables import rate_plan_version


def counts_of(result):
    (counts,) = result.tables
    return counts.added, counts.changed, counts.unchanged


def faults_of(register, *files):
    with pytest.raises(TariffError) as caught:
        import_plans(register, files, now_us=0)
    return caught.value.faults


def test_a_version_is_stored_with_its_text_and_read_back_equal(register, plan_file):
    path = plan_file()
    assert counts_of(import_plans(register, [path], now_us=7)) == (1, 0, 0)
    with reading(register) as connection:
        row = connection.execute(select(rate_plan_version)).one()
    assert row.text == path.read_text()
    assert row.sha256 == sha256(path.read_bytes()).hexdigest()
    assert (row.imported_at_us, row.valid_from_us) == (7, 1_767_196_800_000_000)
    (version,) = load_snapshot(register).plan_versions
    assert (version.plan_id, version.version) == ("standard", 1)
    assert version.monthly_rental_micros == 300_000_000


def test_the_same_text_again_changes_nothing_and_says_so(register, plan_file):
    import_plans(register, [plan_file()], now_us=7)
    result = import_plans(register, [plan_file()], now_us=8)
    assert counts_of(result) == (0, 0, 1)
    assert (result.is_without_effect, result.revision) == (True, 1)


def test_a_comment_is_no_other_content(register, plan_file, write_file):
    path = plan_file()
    import_plans(register, [path], now_us=7)
    commented = write_file("again.toml", "# our list price\n" + path.read_text())
    assert import_plans(register, [commented], now_us=8).is_without_effect


def test_another_price_for_a_stored_version_is_refused_and_a_new_version_asked_for(
    register, plan_file
):
    import_plans(register, [plan_file()], now_us=7)
    (fault,) = faults_of(register, plan_file(price="0.11"))
    assert fault.code == "PLAN_VERSION_CHANGED"
    assert "plan standard version 1 is in the register with other content" in fault.message
    assert "give this one a new number" in fault.hint
    assert counts_of(import_plans(register, [plan_file()], now_us=8)) == (0, 0, 1)


def test_a_new_version_stands_beside_the_old_in_order_of_their_numbers(register, plan_file):
    second = plan_file("b.toml", version=2, valid_from="2026-02-01", price="0.11")
    import_plans(register, [second, plan_file("a.toml")], now_us=0)
    versions = load_snapshot(register).plan_versions
    assert [version.version for version in versions] == [1, 2]


def test_an_open_version_may_be_given_an_end_once(register, plan_file, write_file):
    path = plan_file()
    import_plans(register, [path], now_us=0)
    text = path.read_text()

    def ended(until):
        return write_file("e.toml", text.replace("monthly_r", f"valid_until = {until}\nmonthly_r"))

    assert counts_of(import_plans(register, [ended("2026-03-01")], now_us=1)) == (0, 1, 0)
    (version,) = load_snapshot(register).plan_versions
    assert version.valid_until_us == 1_772_294_400_000_000
    (fault,) = faults_of(register, ended("2026-04-01"))
    assert fault.code == "PLAN_VERSION_CHANGED"
    (fault,) = faults_of(register, path)
    assert fault.code == "PLAN_VERSION_CHANGED"


def test_one_file_may_hold_several_versions(register, write_file):
    terms = """
split = "independent"
[[version.rate]]
party = "enterprise"
price_per_minute = "0.12"
increment = "60s"
"""
    path = write_file(
        "two.toml",
        'id = "standard"\n'
        f"[[version]]\nversion = 1\nvalid_from = 2026-01-01\nvalid_until = 2026-02-01\n{terms}"
        f"[[version]]\nversion = 2\nvalid_from = 2026-02-01\n{terms}",
    )
    assert counts_of(import_plans(register, [path], now_us=0)) == (2, 0, 0)
    assert [each.version for each in load_snapshot(register).plan_versions] == [1, 2]


def test_a_version_in_two_files_of_one_import_is_refused(register, plan_file):
    (fault,) = faults_of(register, plan_file("a.toml"), plan_file("b.toml"))
    assert fault.code == "ROW_TWICE"
    assert "a.toml" in fault.message
    assert fault.where.endswith("b.toml")


def test_faults_of_all_decks_come_at_once_with_their_lines(register, plan_file, write_file):
    gbk = write_file("gbk.toml", 'id = "套餐"\n'.encode("gb18030"))
    faults = faults_of(
        register, plan_file("a.toml", price="cheap"), gbk, plan_file("c.toml", valid_from="soon")
    )
    places = [fault.where.rsplit("/")[-1] for fault in faults]
    assert places == ["a.toml:14", "gbk.toml", "c.toml:3"]
    assert load_snapshot(register).plan_versions == ()


DECK = "prefix,price_per_minute,increment\n86755,{price},60s\n"


def plan_with_deck(write_file, price="0.06"):
    path = write_file(
        "decked.toml", 'id = "decked"\nvalid_from = 2026-01-01\ndeck = "national.csv"\n'
    )
    write_file("national.csv", DECK.format(price=price))
    return path


def test_a_deck_is_stored_with_its_plan_and_read_back(register, write_file):
    path = plan_with_deck(write_file)
    assert counts_of(import_plans(register, [path], now_us=7)) == (1, 0, 0)
    (path.parent / "national.csv").unlink()
    (version,) = load_snapshot(register).plan_versions
    assert [rate.prefix for rate in version.rates] == ["86755"]
    with reading(register) as connection:
        row = connection.execute(select(rate_plan_version)).one()
    assert row.sha256 == sha256((row.text + row.decks).encode()).hexdigest()


def test_another_price_in_a_deck_is_another_content(register, write_file):
    import_plans(register, [plan_with_deck(write_file)], now_us=7)
    assert import_plans(register, [plan_with_deck(write_file)], now_us=8).is_without_effect
    (fault,) = faults_of(register, plan_with_deck(write_file, price="0.07"))
    assert fault.code == "PLAN_VERSION_CHANGED"


def test_a_deck_that_is_away_is_told_with_its_path(register, write_file):
    path = plan_with_deck(write_file)
    deck = path.parent / "national.csv"
    deck.unlink()
    (fault,) = faults_of(register, path)
    assert fault.where == str(deck)
    assert fault.code == "FILE_UNREADABLE"


def test_a_calendar_that_is_not_there_is_refused_at_the_import(register, write_file):
    path = plan_with_deck(write_file)
    path.write_text('calendar = "cm"\n' + path.read_text())
    with pytest.raises(TariffError) as caught:
        import_plans(register, [path], now_us=7, calendars=["cn"])
    assert caught.value.faults[0].hint.startswith("there is cn;")


@pytest.mark.parametrize("plan_id", ["my plan", "a;b", "x" * 65])
def test_an_id_that_no_subscription_could_name_is_refused_at_its_line(
    register, plan_file, write_file, plan_id
):
    text = plan_file().read_text().replace('"standard"', f'"{plan_id}"')
    (fault,) = faults_of(register, write_file("spaced.toml", f"# ours\n{text}"))
    assert fault.where.endswith("spaced.toml:2")
    assert fault.message.startswith("`id`: expected")
    assert fault.code == "PLAN_ID_WRONG"


def test_a_table_of_accounts_is_no_rate_deck(register, write_file):
    (fault,) = faults_of(register, write_file("a.csv", "account_id,name\nA,a\n"))
    assert fault.message == "this is an account file: import it with cdrpipe account import"


def test_a_draft_is_stored_and_prices_no_call(register, plan_file):
    assert counts_of(import_drafts(register, [plan_file()], now_us=7)) == (1, 0, 0)
    assert load_snapshot(register).plan_versions == ()
    [version] = versions_of_plan(register, "standard")
    assert version.version == 1
    with reading(register) as connection:
        row = connection.execute(select(rate_plan_version)).one()
    assert (row.imported_at_us, row.activated_at_us) == (7, None)


def test_a_stored_draft_stays_one_when_its_file_is_imported_again_either_way(register, plan_file):
    path = plan_file()
    import_drafts(register, [path], now_us=7)
    assert import_drafts(register, [path], now_us=8).is_without_effect
    assert import_plans(register, [path], now_us=8).is_without_effect
    assert load_snapshot(register).plan_versions == ()


def test_an_activated_version_stays_one_when_its_file_is_imported_as_a_draft(register, plan_file):
    path = plan_file()
    import_plans(register, [path], now_us=7)
    assert import_drafts(register, [path], now_us=8).is_without_effect
    assert len(load_snapshot(register).plan_versions) == 1


def test_a_draft_is_replaced_by_a_draft_and_by_nothing_else(register, plan_file):
    import_drafts(register, [plan_file()], now_us=7)
    other = plan_file(price="0.11")
    (fault,) = faults_of(register, other)
    assert fault.code == "PLAN_VERSION_CHANGED"
    assert "It is a draft: import this one as a draft too" in fault.hint
    assert counts_of(import_drafts(register, [other], now_us=8)) == (0, 1, 0)
    [version] = versions_of_plan(register, "standard")
    assert [step.price_micros for step in version.rates[0].steps] == [110_000]
