"""Open the register, bring its tables up to date, and read or write it in transactions."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    NoSuchModuleError,
    OperationalError,
)

from cdrpipe.errors import ConfigError, CorruptLake, Unavailable
from cdrpipe.register.tables import SCHEMA_REVISION

# Writers are the console and the command line, each for well under a second; beyond this wait
# something holds the register that should not.
BUSY_TIMEOUT_MS = 5_000

_WAL_RETRY_S = 0.01

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_READ_ONLY = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
_WRITES = "cdrpipe_writes"
_FROM_BACKUP = (
    "nothing was changed; stop imports and the daemon, and bring the file back from a backup"
)
_MIGRATIONS = Path(__file__).parent / "migrations"


def open_register(location: str | Path) -> Engine:
    """Open the register at a path or database URL; make its tables, or bring them up to date.

    Raises
    ------
    ConfigError
        The URL is none, or a newer cdrpipe made the register.
    CorruptLake
        The file is damaged, or no database.
    Unavailable
        The database cannot be opened or written, or is locked for longer than BUSY_TIMEOUT_MS.

    Notes
    -----
    Every command opens the register, so Alembic is loaded only where tables must change.
    """
    url = _url(location)
    if url.get_backend_name() == "sqlite" and url.database:
        _make_folder(Path(url.database).parent)
    engine = _engine(url)
    if _stored_revision(engine) != SCHEMA_REVISION:
        _upgrade(engine)
    return engine


def open_existing_register(path: Path, *, lake_dir: Path) -> Engine:
    """Open the register of a data folder to read it; nothing is made where there is none.

    A folder that this user may not write to is read as it is.

    Raises
    ------
    ConfigError
        There is no register, or a newer cdrpipe made it.
    CorruptLake
        The file is damaged, or no register.
    Unavailable
        It cannot be opened, or must be brought up to date in a folder that cannot be written.
    """
    if not path.is_file():
        raise _missing(path, lake_dir)
    is_writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    engine = _engine(_existing(path) if is_writable else _unwritable(path))
    stored = _stored_revision(engine)
    if stored is None:
        raise CorruptLake(
            "expected the tables of a register, found none",
            code="REGISTER_DAMAGED",
            where=str(path),
            hint=_FROM_BACKUP,
        )
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
    return URL.create("sqlite", database=str(location))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"the register's folder cannot be made: {error.strerror}", where=str(folder)
        ) from error


def _missing(path: Path, lake_dir: Path) -> ConfigError:
    if any(lake_dir.rglob("*.parquet")):
        return ConfigError(
            "expected a register beside the stored calls, found none",
            code="REGISTER_MISSING",
            where=str(path),
            hint="it was moved or deleted: bring it back from a backup, or import plans, "
            "accounts and numbers again:  cdrpipe tariff import …",
        )
    return ConfigError(
        "expected a register, found none",
        code="REGISTER_MISSING",
        where=str(path),
        hint="name the folder of your data with data_dir, or make a register:  "
        "cdrpipe tariff import … , cdrpipe account import … , cdrpipe number import …",
    )


def _existing(path: Path) -> URL:
    return _file_url(path, mode="rw")


def _unwritable(path: Path) -> URL:
    """Read a file that may not be written; without its write-ahead log it does not change."""
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        return _file_url(path, mode="ro")
    return _file_url(path, mode="ro", immutable="1")


def _file_url(path: Path, **options: str) -> URL:
    return URL.create(
        "sqlite", database=f"file:{quote(str(path.absolute()))}", query={**options, "uri": "true"}
    )


def _engine(url: URL) -> Engine:
    try:
        engine = create_engine(url)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigError(
            f"no driver is installed for a register at {url.drivername}",
            hint="Use SQLite (a path), or install the database's driver.",
        ) from error
    if engine.dialect.name == "sqlite":
        is_read_only = url.query.get("mode") == "ro"
        event.listen(engine, "connect", _prepare_to_read if is_read_only else _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transactions leave SELECT and CREATE TABLE out; _begin_sqlite begins ours.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _prepare_to_read(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


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


def _stored_revision(engine: Engine) -> str | None:
    with reading(engine) as connection:
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
    except DatabaseError as error:
        told = _told(error, _shown(engine))
        if told is None:
            raise
        raise told from error


def _told(error: DatabaseError, place: str) -> CorruptLake | Unavailable | None:
    """Say what the world did to the register; None where the statement is to blame."""
    message = str(error.orig)
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF  # what follows is finer detail
    if code in _DAMAGE or message.startswith("no such table"):
        return CorruptLake(
            f"the register is damaged: {message}",
            code="REGISTER_DAMAGED",
            where=place,
            hint=_FROM_BACKUP,
        )
    if code in _READ_ONLY:
        return Unavailable(
            f"the register's file or folder is read-only, or cannot be opened: {message}",
            code="REGISTER_READ_ONLY",
            where=place,
            hint="run as the user that owns the data folder, or let this one write to it",
        )
    if isinstance(error, OperationalError):
        return Unavailable(
            f"the register cannot be used: {message}",
            where=place,
            hint="check that no other program holds it and that the disk is not full",
        )
    return None


def _shown(engine: Engine) -> str:
    if engine.dialect.name == "sqlite":
        return unquote(str(engine.url.database).removeprefix("file:"))
    return engine.url.render_as_string(hide_password=True)
