"""Ask DuckDB over the lake's files and the register's tables, read-only and in a sandbox.

DuckDB reads and never stores: each connection is in memory, its views stand on the explicit list of
live files, and it can open nothing outside the lake's folder. This module alone runs SQL files.
"""

import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from cdrpipe.cdr.schema import RATED_SCHEMA
from cdrpipe.errors import InputError, Refused, Unavailable
from cdrpipe.lake.damage import cause_in_files
from cdrpipe.lake.layout import cdr_path
from cdrpipe.lake.scan import live_files

DISPLAY_TZ = "Asia/Shanghai"


_FOLDER = Path(__file__).parent
_MACROS = ("display_number", "yuan")
_VIEWS = ("record", "rated", "rating", "rating_pair", "suspended", "merged", "duplicate")
_HIVE_TYPES = "{'kind': VARCHAR, 'billing_date': DATE}"
_SPILL = Path(tempfile.gettempdir()) / "cdrpipe-duckdb"
_DISK_FULL = "No space left on device"
_ALLOWED_TO_SAY = "SELECT, WITH, FROM, VALUES, EXPLAIN, DESCRIBE, SHOW or SUMMARIZE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The live files of the lake, by kind, and the folder that holds them."""

    folder: Path
    usage_files: Sequence[str]
    aside_files: Sequence[str]
    rerated_files: Sequence[str] = ()


def stored_in(lake_dir: Path) -> Stored:
    """List the live files of a lake; one that does not exist yet has none."""
    return Stored(
        folder=cdr_path(lake_dir).resolve(),
        usage_files=live_files(lake_dir, "usage"),
        aside_files=live_files(lake_dir, "aside"),
        rerated_files=live_files(lake_dir, "rerated"),
    )


def open_query(
    stored: Stored,
    tables: Mapping[str, pa.Table],
    *,
    in_force: Collection[int] = (),
    tz: str = DISPLAY_TZ,
) -> duckdb.DuckDBPyConnection:
    """Open a connection with the views of docs/sql.md.

    Parameters
    ----------
    stored
        The lake's files.
    tables
        Further tables by name: the register's, and ``region`` (numbering/region.py).
    in_force
        Rating versions in force; read before ``stored``, so that their rows are in its files.
    tz
        Zone in which instants are shown.

    Notes
    -----
    Cost: some 20 ms. The files are those of now; what is committed later is not seen.

    Raises
    ------
    CorruptLake
        A data file is missing or cannot be read.
    """
    assert "region" in tables, "the view rated names provinces"
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = $tz", {"tz": tz})
    connection.execute("SET python_enable_replacements = false")
    connection.execute("CREATE SCHEMA stored")
    files = [*stored.usage_files, *stored.aside_files, *stored.rerated_files]
    _store_table(connection, "stored.file", pa.table({"path": pa.array(files, pa.string())}))
    versions = pa.table({"rating_version": pa.array(sorted(in_force), pa.int32())})
    _store_table(connection, "stored.in_force", versions)
    with _database_errors(connection):
        _store_view(connection, "usage", stored.usage_files)
        _store_view(connection, "aside", stored.aside_files)
        _store_view(connection, "rerated", stored.rerated_files)
        for name, table in tables.items():
            _store_table(connection, f"main.{_identifier(name)}", table)
        shown = "shown" if in_force else "shown_at_first"
        for name in (*_MACROS, shown, *_VIEWS):
            connection.execute((_FOLDER / f"{name}.sql").read_text(encoding="utf-8"))
    _lock(connection, stored.folder)
    return connection


def open_other_calls(batches: Iterable[pa.Table], schema: pa.Schema) -> duckdb.DuckDBPyConnection:
    """Open a connection whose one table, ``rated``, holds calls that no lake stores.

    What is asked of the lake's view of that name is asked of them as it stands: what-if calls.

    Parameters
    ----------
    batches
        Tables of ``schema``; taken one by one.

    Notes
    -----
    Cost: what the calls need in memory, some 300 bytes each; beyond DuckDB's limit they spill.

    Raises
    ------
    Unavailable
        Memory or disk space ran out.
    """
    connection = duckdb.connect(":memory:")
    connection.execute("SET python_enable_replacements = false")
    connection.execute(f"SET temp_directory = {_literal(str(_SPILL))}")
    with _database_errors(connection):
        _store_table(connection, "main.rated", schema.empty_table())
        for batch in batches:
            connection.register("handed_in", batch)
            connection.execute("INSERT INTO main.rated BY NAME SELECT * FROM handed_in")
            connection.unregister("handed_in")
    return connection


def run_file(
    connection: duckdb.DuckDBPyConnection, path: Path, parameters: Mapping[str, Any]
) -> pa.Table:
    """Run the one statement of a SQL file and give its rows.

    Parameters
    ----------
    parameters
        A value for each ``$name`` of the statement.

    Raises
    ------
    CorruptLake
        A data file is missing or cannot be read.
    Unavailable
        Memory or disk space ran out.
    """
    text = path.read_text(encoding="utf-8")
    with _database_errors(connection):
        return connection.sql(text, params=dict(parameters)).to_arrow_table()


def relation_of_file(connection: duckdb.DuckDBPyConnection, path: Path) -> duckdb.DuckDBPyRelation:
    """Give the one statement of a SQL file, without parameters, to be narrowed before it runs."""
    return connection.sql(path.read_text(encoding="utf-8"))


def stream_file(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    parameters: Mapping[str, Any],
    *,
    batch_rows: int,
) -> Iterator[pa.RecordBatch]:
    """Run the one statement of a SQL file and give its rows as they come.

    The connection answers nothing else until the last row was taken.

    Parameters
    ----------
    parameters
        A value for each ``$name`` of the statement.
    batch_rows
        Rows of a batch, at most.

    Raises
    ------
    CorruptLake, Unavailable
        As of ``run_file``; may be found while the rows are read.
    """
    text = path.read_text(encoding="utf-8")
    with _database_errors(connection):
        yield from connection.sql(text, params=dict(parameters)).to_arrow_reader(batch_rows)


def run_statement(connection: duckdb.DuckDBPyConnection, statement: str) -> pa.RecordBatchReader:
    """Run one statement that a person wrote, if it only reads, and give its rows as they come.

    Raises
    ------
    InputError
        The statement is wrong; a wrong value may be found while the rows are read.
    Refused
        It does more than read, reads outside the lake, or is not one statement.
    CorruptLake
        A data file is missing or cannot be read; may be found while the rows are read.
    Unavailable
        Memory or disk space ran out.
    """
    with _statement_errors(connection):
        _check_only_reads(connection, statement)
        reader = connection.sql(statement).to_arrow_reader()
    return pa.RecordBatchReader.from_batches(reader.schema, _batches(connection, reader))


def _batches(
    connection: duckdb.DuckDBPyConnection, reader: pa.RecordBatchReader
) -> Iterator[pa.RecordBatch]:
    with _statement_errors(connection):
        yield from reader


@contextmanager
def _statement_errors(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Blame the statement for what is neither damage nor lack of room."""
    try:
        with _database_errors(connection):
            yield
    except duckdb.PermissionException as error:
        raise Refused(str(error).strip(), code="SQL_REFUSED") from error
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        raise InputError(
            str(error).strip(), code="SQL_WRONG", hint="tables and columns:  SHOW ALL TABLES"
        ) from error


@contextmanager
def _database_errors(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Tell damage of stored files and lack of room from other errors, which pass."""
    try:
        yield
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        message = str(error).strip()
        if isinstance(error, duckdb.OutOfMemoryException) or _DISK_FULL in message:
            raise Unavailable(
                f"memory, or disk space in place of it, ran out: {message.splitlines()[0]}",
                code="NO_ROOM",
                hint=f"ask for fewer days at a time, or make room in {_SPILL}",
            ) from error
        cause = cause_in_files(message, _stored_files(connection))
        if cause is not None:
            raise cause from error
        raise


def _stored_files(connection: duckdb.DuckDBPyConnection) -> list[str]:
    try:
        rows = connection.cursor().execute("SELECT path FROM stored.file ORDER BY path").fetchall()
    except duckdb.Error:  # after some errors DuckDB answers nothing any more
        return []
    return [path for (path,) in rows]


def _check_only_reads(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    statements = connection.extract_statements(text)
    if len(statements) != 1:
        raise Refused(
            f"expected one statement, got {len(statements)}",
            code="SQL_REFUSED",
            hint="run them one by one",
        )
    kind = statements[0].type
    if kind == duckdb.StatementType.EXPLAIN:
        # EXPLAIN ANALYZE runs what it explains, be it COPY … TO.
        _check_only_reads(connection, _explained(text))
    elif kind != duckdb.StatementType.SELECT:
        raise Refused(
            f"expected a statement that only reads, got {kind.name}",
            code="SQL_REFUSED",
            hint=f"begin with {_ALLOWED_TO_SAY}; other tools may read the lake's Parquet files",
        )


def _explained(text: str) -> str:
    """Give what stands behind EXPLAIN [ANALYZE]; token positions count UTF-8 bytes."""
    data = text.encode("utf-8")
    starts = [start for start, kind in duckdb.tokenize(text) if kind != duckdb.token_type.comment]
    ends = [*starts[1:], len(data)]
    words = [data[start:end] for start, end in zip(starts, ends, strict=True)]
    skipped = 2 if len(words) > 1 and words[1].strip().upper().startswith(b"ANALYZE") else 1
    return b"".join(words[skipped:]).decode("utf-8")


def _store_view(connection: duckdb.DuckDBPyConnection, name: str, files: Sequence[str]) -> None:
    """Make stored.<name> from files, with RATED_SCHEMA's columns; an empty table where none are."""
    if not files:
        _store_table(connection, f"stored.{name}", RATED_SCHEMA.empty_table())
        return
    columns = ", ".join(_identifier(column) for column in RATED_SCHEMA.names)
    listed = ", ".join(_literal(file) for file in files)
    connection.execute(
        f"CREATE VIEW stored.{name} AS SELECT {columns} FROM read_parquet([{listed}],"  # noqa: S608 - quoted
        f" hive_partitioning = true, hive_types = {_HIVE_TYPES})"
    )


def _store_table(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    connection.register("handed_in", table)
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM handed_in")  # noqa: S608 - our names
    connection.unregister("handed_in")


def _lock(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Shut the sandbox; in this order, or DuckDB refuses. Spilled data goes to a folder of ours."""
    connection.execute(f"SET temp_directory = {_literal(str(_SPILL))}")
    connection.execute(f"SET allowed_directories = [{_literal(str(folder))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
