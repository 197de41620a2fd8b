"""The stored calls of a period, priced by another register: what an answer would be under it.

Owns the way from the lake to a connection that answers as the lake's does. What the other register
says is ``billing/what_if.py``'s and ``billing/advise.py``'s.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from cdrpipe.cdr.schema import RATED_SCHEMA
from cdrpipe.guiding.guide import build_guide_table
from cdrpipe.lake.query import open_other_calls, run_file, stream_file
from cdrpipe.numbering.calendar import Calendar
from cdrpipe.rating.rerate import RERATED_ROWS_MAX, rerate_batch
from cdrpipe.register.snapshot import RegisterSnapshot
from cdrpipe.tariff.rate_table import build_rate_table

_STORED_CALLS = Path(__file__).with_name("stored_calls.sql")

# Of calls that are not stored; those of the lake begin with 1.
_NO_RATING_VERSION = 0

# What a call cost as it is stored, beside what pricing it anew finds.
_BEFORE = (
    "plan_id",
    "plan_version",
    "zone",
    "band",
    "enterprise_rate_id",
    "enterprise_charge_micros",
)

# What neither a price nor an answer about prices reads.
_NOT_KEPT = (
    "kind",
    "is_final",
    "calling_number_raw",
    "answering_number_raw",
    "cause",
    "extension",
    "recording_url",
    "group_id",
    "sequence",
    "first_leg_id",
    "second_leg_id",
    "content_fingerprint",
    "belongs_to",
    "raw",
    "topic",
    "partition",
    "offset",
    "file",
    "file_id",
)
_KEPT = [name for name in RATED_SCHEMA.names if name not in _NOT_KEPT]
_REPRICED_SCHEMA = pa.schema(
    [RATED_SCHEMA.field(name) for name in _KEPT]
    + [RATED_SCHEMA.field(name).with_name(f"{name}_before") for name in _BEFORE]
)


def reprice(
    connection: duckdb.DuckDBPyConnection,
    snapshot: RegisterSnapshot,
    calendars: Mapping[str, Calendar],
    *,
    date_from: date,
    date_until: date,
    account_id: str | None,
) -> duckdb.DuckDBPyConnection:
    """Price the visible calls of a period by a register, and open a connection on the outcome.

    Parameters
    ----------
    connection
        A connection on the lake; it answers nothing else until this is done.
    snapshot
        The other register: owners, subscriptions and plan versions.
    date_from, date_until
        Billing dates, half-open.
    account_id
        None: the calls of all accounts.

    Returns
    -------
    A connection whose table ``rated`` has the calls, each with its account as stored: ``outcome``
    is ``suspended`` where the register gives no price. ``…_before`` is what the lake has.

    Notes
    -----
    Nothing is stored. Memory: a batch, and what ``open_other_calls`` needs.
    """
    versions = snapshot.with_reached_classes(snapshot.plan_versions)
    guide = build_guide_table(
        snapshot.ownerships, snapshot.subscriptions, versions, snapshot.top_ups
    )
    rates = build_rate_table(versions, calendars)
    stored = stream_file(
        connection,
        _STORED_CALLS,
        {"date_from": date_from, "date_until": date_until, "account_id": account_id},
        batch_rows=RERATED_ROWS_MAX,
    )

    def repriced() -> Iterator[pa.Table]:
        for batch in stored:
            before = pa.Table.from_batches([batch])
            after = rerate_batch(
                _whole_rows(before),
                guide=guide,
                rates=rates,
                plan_versions=versions,
                rating_version=_NO_RATING_VERSION,
            )
            yield _beside(before, after)

    return open_other_calls(repriced(), _REPRICED_SCHEMA)


def hold_calls(
    connection: duckdb.DuckDBPyConnection, *, date_from: date, date_until: date, account_id: str
) -> duckdb.DuckDBPyConnection:
    """Take an account's visible calls of a period into a connection that ``reprice`` can read.

    What is to be priced under many registers is read from the lake once.
    """
    period = {"date_from": date_from, "date_until": date_until, "account_id": account_id}
    calls = run_file(connection, _STORED_CALLS, period)
    return open_other_calls([calls], calls.schema)


def _whole_rows(calls: pa.Table) -> pa.Table:
    """Give rows of RATED_SCHEMA: what was not asked for is null."""
    columns = []
    for field in RATED_SCHEMA:
        if field.name == "kind":
            columns.append(pa.array(["usage"] * calls.num_rows, pa.string()))
        elif field.name in calls.column_names:
            columns.append(calls[field.name].cast(field.type))
        else:
            columns.append(pa.nulls(calls.num_rows, field.type))
    return pa.Table.from_arrays(columns, schema=RATED_SCHEMA)


def _beside(before: pa.Table, after: pa.Table) -> pa.Table:
    """Put what a call costs beside what it cost; whose it is stays as it is stored."""
    kept = after.select(_KEPT)
    account = kept.schema.get_field_index("account_id")
    kept = kept.set_column(account, RATED_SCHEMA.field("account_id"), before["account_id"])
    for name in _BEFORE:
        kept = kept.append_column(f"{name}_before", before[name])
    return kept.cast(_REPRICED_SCHEMA)
