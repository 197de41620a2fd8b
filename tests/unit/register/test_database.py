import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from cdrpipe.errors import ConfigError, CorruptLake, Unavailable
from cdrpipe.register import database
from cdrpipe.register.database import (
    open_existing_register,
    open_register,
    reading,
    writing,
)
from cdrpipe.register.snapshot import load_snapshot, register_revision
from cdrpipe.register.tables import SCHEMA_REVISION, metadata


def test_the_migrations_make_the_tables_that_the_code_names(register):
    with reading(register) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_schema_revision_is_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", str(database._MIGRATIONS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [SCHEMA_REVISION]


def test_a_register_that_is_up_to_date_opens_without_alembic(tmp_path, monkeypatch):
    open_register(tmp_path / "register.db").dispose()
    for name in [name for name in sys.modules if name.partition(".")[0] == "alembic"]:
        monkeypatch.delitem(sys.modules, name)
    engine = open_register(tmp_path / "register.db")
    engine.dispose()
    assert "alembic" not in sys.modules


def test_a_register_is_opened_by_path_and_by_url_and_its_folder_is_made(tmp_path):
    path = tmp_path / "new" / "50%" / "register.db"
    open_register(path).dispose()
    engine = open_register(f"sqlite:///{path}")
    assert register_revision(engine) == 0
    engine.dispose()


def test_the_settings_of_sqlite_are_those_of_a_shared_store(register):
    with reading(register) as connection:
        read = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        }
    assert read == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "busy_timeout": 5000,
        "synchronous": 1,
    }


def test_two_commands_may_open_a_new_register_at_the_same_time(tmp_path):
    with ThreadPoolExecutor(4) as pool:
        engines = list(pool.map(open_register, [tmp_path / "register.db"] * 4))
    assert [register_revision(engine) for engine in engines] == [0] * 4
    for engine in engines:
        engine.dispose()


def test_a_transaction_that_fails_leaves_nothing_behind(register):
    def fail_half_way():
        with writing(register) as connection:
            connection.execute(text("INSERT INTO account (account_id, name) VALUES ('A', 'x')"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    with reading(register) as connection:
        assert connection.execute(text("SELECT count(*) FROM account")).scalar() == 0


def test_a_reader_sees_one_state_while_a_writer_commits(register):
    count = text("SELECT count(*) FROM account")
    with reading(register) as before:
        assert before.execute(count).scalar() == 0
        with writing(register) as connection:
            connection.execute(text("INSERT INTO account (account_id, name) VALUES ('A', 'x')"))
        assert before.execute(count).scalar() == 0
    with reading(register) as after:
        assert after.execute(count).scalar() == 1


def test_a_second_writer_waits_and_then_says_that_the_register_is_held(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 1)
    path = tmp_path / "register.db"
    first, second = open_register(path), open_register(path)
    with (
        writing(first),
        pytest.raises(Unavailable, match="database is locked") as caught,
        writing(second),
    ):
        pass
    assert caught.value.where == str(path)
    first.dispose()
    second.dispose()


def cut(path):
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def overwrite(path):
    path.write_text("nothing but words " * 100)


@pytest.mark.parametrize("damage", [cut, overwrite])
def test_a_damaged_register_is_damage_and_named(tmp_path, damage):
    path = tmp_path / "register.db"
    open_register(path).dispose()
    damage(path)
    for open_again in (open_register, existing):
        with pytest.raises(CorruptLake, match="the register is damaged") as caught:
            load_snapshot(open_again(path))
        assert caught.value.where == str(path)
        assert "backup" in caught.value.hint


def existing(path):
    return open_existing_register(path, lake_dir=path.parent / "lake")


def test_an_existing_register_is_read_and_left_as_it_is(tmp_path):
    path = tmp_path / "50% of it" / "register.db"
    open_register(path).dispose()
    engine = existing(path)
    assert register_revision(engine) == 0
    engine.dispose()
    assert [file.name for file in path.parent.iterdir()] == ["register.db"]


def test_where_no_register_is_none_is_made_and_the_way_to_one_is_shown(tmp_path):
    path = tmp_path / "nowhere" / "register.db"
    with pytest.raises(ConfigError, match="expected a register, found none") as caught:
        existing(path)
    assert (caught.value.code, caught.value.where) == ("REGISTER_MISSING", str(path))
    assert "data_dir" in caught.value.hint
    assert "cdrpipe tariff import" in caught.value.hint
    assert not path.parent.exists()


def test_calls_without_a_register_are_refused_too(tmp_path):
    file = tmp_path / "lake" / "cdr" / "kind=usage" / "a.parquet"
    file.parent.mkdir(parents=True)
    file.touch()
    with pytest.raises(ConfigError, match="beside the stored calls") as caught:
        existing(tmp_path / "register.db")
    assert caught.value.code == "REGISTER_MISSING"
    assert "backup" in caught.value.hint


def test_a_file_without_the_tables_of_a_register_is_damage(tmp_path):
    path = tmp_path / "register.db"
    path.touch()
    with pytest.raises(CorruptLake, match="found none"):
        existing(path)
    engine = open_register(path)
    with writing(engine) as connection:
        connection.execute(text("DROP TABLE bound_number"))
        connection.execute(text("DROP TABLE ownership"))
    with pytest.raises(CorruptLake, match="no such table: ownership"):
        load_snapshot(existing(path))
    engine.dispose()


def test_a_folder_that_may_not_be_written_is_read(tmp_path, monkeypatch):
    path = tmp_path / "register.db"
    writer = open_register(path)
    monkeypatch.setattr("os.access", lambda _path, _mode: False)
    with writing(writer) as connection:  # stands in the write-ahead log
        connection.execute(text("INSERT INTO account (account_id, name) VALUES ('A', 'x')"))
    assert len(load_snapshot(existing(path)).accounts) == 1
    writer.dispose()
    assert len(load_snapshot(existing(path)).accounts) == 1
    engine = existing(path)
    with pytest.raises(Unavailable, match="read-only") as caught, writing(engine) as connection:
        connection.execute(text("DELETE FROM account"))
    assert (caught.value.code, caught.value.where) == ("REGISTER_READ_ONLY", str(path))


def test_an_older_register_is_brought_up_to_date(tmp_path, monkeypatch):
    path = tmp_path / "register.db"
    open_register(path).dispose()
    monkeypatch.setattr(database, "SCHEMA_REVISION", "9999")
    upgraded = []
    monkeypatch.setattr(database, "_upgrade", upgraded.append)
    existing(path).dispose()
    assert len(upgraded) == 1


def test_a_register_of_a_newer_cdrpipe_is_refused_and_left_alone(tmp_path):
    engine = open_register(tmp_path / "register.db")
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(ConfigError, match="9999") as caught:
        open_register(tmp_path / "register.db")
    assert "newer cdrpipe" in caught.value.hint


def test_a_place_that_cannot_hold_a_register_is_unavailable(tmp_path):
    with pytest.raises(Unavailable, match="unable to open database file"):
        open_register(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="folder cannot be made"):
        open_register(tmp_path / "file" / "register.db")


def test_a_url_that_is_none_or_has_no_driver_is_refused():
    with pytest.raises(ConfigError, match="expected a path or a database URL"):
        open_register("://")
    with pytest.raises(ConfigError, match="no driver is installed"):
        open_register("nodatabase://host/register")
