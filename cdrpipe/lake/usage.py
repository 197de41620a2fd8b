"""Stored calls as they were stored, batch by batch, for whoever prices them again."""

from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from cdrpipe.cdr.schema import RATED_SCHEMA
from cdrpipe.lake.query import stream_file
from cdrpipe.rating.rerate import RERATED_ROWS_MAX

_USAGE_BATCHES = Path(__file__).with_name("usage_batches.sql")


def usage_batches(
    connection: duckdb.DuckDBPyConnection,
    *,
    date_from: date,
    date_until: date,
    account_id: str | None = None,
    service_numbers: Collection[str] = (),
) -> Iterator[pa.Table]:
    """Give the calls of some billing dates as the rating versions in force have them.

    Parameters
    ----------
    connection
        As ``open_query`` opens it; busy until the last batch is taken.
    date_from, date_until
        Billing dates, half-open.
    account_id
        Only the calls of this account; None gives all.
    service_numbers
        Beside the account's, the calls of these numbers too, whoever owned them.

    Returns
    -------
    Rows of RATED_SCHEMA whose outcome is rated or unanswered, at most RERATED_ROWS_MAX at a time,
    in no order.

    Raises
    ------
    CorruptLake
        A data file is missing or cannot be read; may be found while the rows are read.
    Unavailable
        Memory or disk space ran out.
    """
    values = {
        "date_from": date_from,
        "date_until": date_until,
        "account_id": account_id,
        "service_numbers": list(service_numbers),
    }
    for batch in stream_file(connection, _USAGE_BATCHES, values, batch_rows=RERATED_ROWS_MAX):
        yield pa.Table.from_batches([batch]).cast(RATED_SCHEMA)
