"""Open the register, bring its tables up to date, and read or write it in transactions."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from cdrpipe.errors import ConfigError, Unavailable
from cdrpipe.register.tables import SCHEMA_REVISION

# Writers are the console and the command line, each for well under a second; beyond this wait
# something holds the register that should not.
BUSY_TIMEOUT_MS = 5_000

_WAL_RETRY_S = 0.01

_WRITES = "cdrpipe_writes"
_MIGRATIONS = Path(__file__).parent / "migrations"


def open_register(location: str | Path) -> Engine:
    """Open the register at a path or database URL; make its tables, or bring them up to date.

    Raises
    ------
    ConfigError
        The URL is none, the file is no database, or a newer cdrpipe made it.
    Unavailable
        The database cannot be opened, or is locked for longer than BUSY_TIMEOUT_MS.

    Notes
    -----
    Every command opens the register, so Alembic is loaded only where tables must change.
    """
    engine = _engine(_url(location))
    with reading(engine) as connection:
        stored = _schema_revision(connection)
    if stored != SCHEMA_REVISION:
        _upgrade(engine)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Read in one transaction: every statement sees the same state."""
    with _database_errors(engine), engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Write in one transaction that no other writer enters; an exception undoes all of it."""
    with _database_errors(engine), engine.connect() as connection:
        connection.execution_options(**{_WRITES: True})
        with connection.begin():
            yield connection


def _url(location: str | Path) -> URL:
    if isinstance(location, str) and "://" in location:
        try:
            return make_url(location)
        except ArgumentError as error:
            raise ConfigError(
                "expected a path or a database URL of the register, got neither",
                hint="Give a path such as data/register.db, or sqlite:///data/register.db.",
            ) from error
    path = Path(location)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"the register's folder cannot be made: {error.strerror}", where=str(path.parent)
        ) from error
    return URL.create("sqlite", database=str(path))


def _engine(url: URL) -> Engine:
    try:
        engine = create_engine(url)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigError(
            f"no driver is installed for a register at {url.drivername}",
            hint="Use SQLite (a path), or install the database's driver.",
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transactions leave SELECT and CREATE TABLE out; _begin_sqlite begins ours.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let readers read while a writer writes; the file keeps the mode once it has it.

    While several programs open a new file, SQLite refuses the change at once, whatever its
    timeout: hence the waiting here.
    """
    deadline_s = time.monotonic() + BUSY_TIMEOUT_MS / 1_000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline_s:
                raise
            time.sleep(_WAL_RETRY_S)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock before it reads: what it checked still holds when it writes.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _schema_revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(engine: Engine) -> None:
    from alembic import command  # noqa: PLC0415 - a third of a second, needed once a release
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        with writing(engine) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as error:
        raise ConfigError(
            f"expected a register of schema {SCHEMA_REVISION} or older, got another: {error}",
            where=_shown(engine),
            hint="A newer cdrpipe made it: install that version. Nothing was changed.",
        ) from error


@contextmanager
def _database_errors(engine: Engine) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise Unavailable(
            f"the register cannot be used: {error.orig}",
            where=_shown(engine),
            hint="Check that the file can be written and that no other program holds it.",
        ) from error
    except DBAPIError as error:
        raise ConfigError(
            f"expected a register of cdrpipe, got: {error.orig}",
            where=_shown(engine),
            hint="Name another file; nothing was changed.",
        ) from error


def _shown(engine: Engine) -> str:
    if engine.dialect.name == "sqlite":
        return str(engine.url.database)
    return engine.url.render_as_string(hide_password=True)
