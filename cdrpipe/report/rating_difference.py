"""How two rating versions differ, over the calls that both have."""

from pathlib import Path

import duckdb
import pyarrow as pa

from cdrpipe.lake.query import run_file
from cdrpipe.rating.account_difference import AccountDifference, most_changed_first

_DIFFERENCES = Path(__file__).with_name("rating_differences.sql")
_CALLS = Path(__file__).with_name("rating_difference_calls.sql")


def rating_differences(
    connection: duckdb.DuckDBPyConnection, *, old: int | None, new: int
) -> list[AccountDifference]:
    """Sum up by account what a version changes; what changes most comes first.

    Parameters
    ----------
    old, new
        Numbers of rating versions; ``old`` None is what is in force, where that is older.
    """
    rows = run_file(connection, _DIFFERENCES, {"old_version": old, "new_version": new})
    return most_changed_first([_of(row) for row in rows.to_pylist()])


def different_calls(connection: duckdb.DuckDBPyConnection, *, old: int, new: int) -> pa.Table:
    """List the calls that two versions rate differently, by account and date."""
    return run_file(connection, _CALLS, {"old_version": old, "new_version": new})


def _of(row: dict[str, object]) -> AccountDifference:
    account_id = str(row.pop("account_id"))
    return AccountDifference(
        account_id=account_id, **{name: int(str(value)) for name, value in row.items()}
    )
