import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from cdrpipe.errors import ConfigError, Unavailable
from cdrpipe.register import database
from cdrpipe.register.database import open_register, reading, writing
from cdrpipe.register.snapshot import register_revision
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


def test_a_file_that_is_no_database_is_refused_by_name(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("nothing but words " * 100)
    with pytest.raises(ConfigError, match="expected a register of cdrpipe") as caught:
        open_register(path)
    assert caught.value.where == str(path)


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
