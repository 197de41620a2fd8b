"""Calls that no lake stores, under a connection of their own: what-if calls, priced otherwise.

The questions that are asked of the lake's view ``rated`` are asked of them as they stand.
"""

from collections.abc import Iterable

import duckdb
import pyarrow as pa


def open_other_calls(batches: Iterable[pa.Table], schema: pa.Schema) -> duckdb.DuckDBPyConnection:
    """Open a connection whose one table, ``rated``, holds the calls of all batches.

    Parameters
    ----------
    batches
        Tables of ``schema``; taken one by one.

    Notes
    -----
    Cost: what the calls need in memory, some 300 bytes each; beyond DuckDB's limit they spill.
    """
    connection = duckdb.connect(":memory:")
    _run_with(connection, schema.empty_table(), "CREATE TABLE rated AS SELECT * FROM handed_in")
    for batch in batches:
        _run_with(connection, batch, "INSERT INTO rated BY NAME SELECT * FROM handed_in")
    return connection


def _run_with(connection: duckdb.DuckDBPyConnection, table: pa.Table, statement: str) -> None:
    connection.register("handed_in", table)
    connection.execute(statement)
    connection.unregister("handed_in")
