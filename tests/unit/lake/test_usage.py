"""Stored calls come back as RATED_SCHEMA, of the days and accounts asked for."""

from datetime import date

import pyarrow as pa
import pytest

from cdrpipe.cdr.schema import RATED_SCHEMA
from cdrpipe.lake import usage
from cdrpipe.lake.query import open_query
from cdrpipe.lake.usage import usage_batches

CALLS = [
    {"call_id": "a", "account_id": "A1", "service_number": "4001", "row": 1},
    {"call_id": "b", "account_id": "A2", "service_number": "4002", "row": 2},
    {"call_id": "c", "account_id": "A2", "service_number": "4001", "row": 3},
    {"call_id": "late", "account_id": "A1", "row": 4, "billing_date": date(2026, 11, 1)},
    {"call_id": "nobody", "account_id": "A1", "row": 5, "outcome": "unanswered"},
    {"call_id": "held", "account_id": "A1", "row": 6, "outcome": "suspended"},
]
OCTOBER = {"date_from": date(2026, 10, 1), "date_until": date(2026, 11, 1)}


@pytest.fixture
def asked(lake_of, region):
    return open_query(lake_of(CALLS), {"region": region})


def call_ids(batches):
    return sorted(call_id for batch in batches for call_id in batch["call_id"].to_pylist())


def test_calls_come_with_every_column_as_it_was_stored(asked):
    (batch,) = usage_batches(asked, **OCTOBER, account_id="A2")
    assert batch.schema.equals(RATED_SCHEMA)
    plain = {"kind": "usage", "billing_date": date(2026, 10, 1), "outcome": "rated"}
    rows = {row["call_id"]: row for row in batch.to_pylist()}
    assert rows.keys() == {"b", "c"}
    assert {name: rows["b"][name] for name in plain} == plain


@pytest.mark.parametrize(
    ("asked_for", "expected"),
    [
        ({**OCTOBER}, ["a", "b", "c", "nobody"]),
        ({**OCTOBER, "account_id": "A1"}, ["a", "nobody"]),
        ({**OCTOBER, "account_id": "A1", "service_numbers": ["4001"]}, ["a", "c", "nobody"]),
        ({"date_from": date(2026, 11, 1), "date_until": date.max}, ["late"]),
        ({"date_from": date(2026, 12, 1), "date_until": date.max}, []),
    ],
)
def test_only_calls_of_the_days_and_accounts_asked_for_come(asked, asked_for, expected):
    assert call_ids(usage_batches(asked, **asked_for)) == expected


def test_no_batch_is_longer_than_allowed(lake_of, region, monkeypatch):
    monkeypatch.setattr(usage, "RERATED_ROWS_MAX", 2048)
    rows = [{"call_id": str(row), "row": row} for row in range(5_000)]
    batches = list(usage_batches(open_query(lake_of(rows), {"region": region}), **OCTOBER))
    assert max(batch.num_rows for batch in batches) <= 2048
    assert pa.concat_tables(batches).num_rows == 5_000
