"""report/other_tariff.py: what a tariff is called, and which of its versions count when."""

from pathlib import Path

import pytest
from sqlalchemy import update

from cdrpipe.errors import ConfigError, TariffError
from cdrpipe.register import open_register
from cdrpipe.register.database import writing
from cdrpipe.register.plans import import_plans
from cdrpipe.register.tables import rate_plan_version
from cdrpipe.report.other_tariff import read_tariffs, stored_versions

RATE = """
[[{section}rate]]
party = "enterprise"
price_per_minute = "{price}"
increment = "60s"
"""
ONE = 'id = "one"\nvalid_from = 2026-11-01\n' + RATE.format(section="", price="0.1")
TWO = 'id = "two"\n' + "".join(
    f"[[version]]\nversion = {number}\nvalid_from = {first}\nvalid_until = {until}\n"
    + RATE.format(section="version.", price=f"0.{number}")
    for number, first, until in ((1, "2026-01-01", "2026-10-15"), (2, "2026-10-15", "2027-01-01"))
)


@pytest.fixture
def read(tmp_path: Path):
    """Read tariffs beside a register in which plan two is stored, its version 2 as a draft."""
    for name, text in (("one.toml", ONE), ("two.toml", TWO)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    engine = open_register(f"sqlite:///{tmp_path / 'register.sqlite'}")
    import_plans(engine, [tmp_path / "two.toml"], now_us=1)
    with writing(engine) as connection:
        connection.execute(
            update(rate_plan_version)
            .where(rate_plan_version.c.version == 2)
            .values(activated_at_us=None)
        )
    stored = stored_versions(engine)
    engine.dispose()
    return lambda *names: read_tariffs(names, stored, calendars=())


def versions_of(tariff):
    return [version.version for version in tariff.versions]


def is_always(version):
    return version.valid_from_us < -(2**60) and version.valid_until_us is None


def test_a_stored_plan_is_its_versions_by_their_dates_without_drafts(read):
    (two,) = read("two")
    assert (two.name, two.plan_id, versions_of(two)) == ("two", "two", [1])
    assert not is_always(two.versions[0])


def test_a_version_that_is_picked_is_in_force_always_a_draft_too(read):
    for name, number in (("two@1", 1), ("two@2", 2)):
        (two,) = read(name)
        assert versions_of(two) == [number]
        assert is_always(two.versions[0])


def test_the_only_version_of_a_file_is_in_force_always(read, tmp_path):
    (one,) = read(str(tmp_path / "one.toml"))
    assert one.plan_id == "one"
    assert is_always(one.versions[0])


def test_several_versions_of_a_file_are_by_their_dates_unless_one_is_picked(read, tmp_path):
    path = str(tmp_path / "two.toml")
    both, second = read(path, f"{path}@2")
    assert versions_of(both) == [1, 2]
    assert not any(map(is_always, both.versions))
    assert versions_of(second) == [2]
    assert is_always(second.versions[0])


@pytest.mark.parametrize("name", ["three", "two@3", "@1", "two@", "two@x"])
def test_what_is_not_there_is_a_fault_that_says_what_there_may_be(read, name):
    with pytest.raises(ConfigError, match=f"PLAN@VERSION, got '{name}'") as caught:
        read(name)
    assert caught.value.code == "TARIFF_UNKNOWN"


def test_a_file_that_is_not_there_is_named(read):
    with pytest.raises(TariffError) as caught:
        read("missing.toml")
    (fault,) = caught.value.faults
    assert (fault.where, fault.code) == ("missing.toml", "FILE_UNREADABLE")


def test_a_file_with_faults_tells_all_of_them_with_their_lines(read, tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text(ONE.replace('"0.1"', '"x"').replace('"60s"', '"y"'), encoding="utf-8")
    with pytest.raises(TariffError) as caught:
        read(str(path))
    assert [fault.where.rpartition(":")[2] for fault in caught.value.faults] == ["6", "7"]


def test_a_deck_is_read_from_beside_its_plan(read, tmp_path):
    path = tmp_path / "decked.toml"
    path.write_text('id = "d"\nvalid_from = 2026-01-01\ndeck = "prices.csv"\n', encoding="utf-8")
    (tmp_path / "prices.csv").write_text(
        "party,relation,price_per_minute,increment\nenterprise,local,0.2,60s\n", encoding="utf-8"
    )
    (decked,) = read(str(path))
    assert decked.versions[0].rates[0].relation == "local"
