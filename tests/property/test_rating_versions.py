"""Whatever was rated again and put in force: of every call exactly one row shows, the right one."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from cdrpipe.cdr.schema import RATED_SCHEMA
from cdrpipe.lake.query import Stored, open_query, run_statement

FIRST = 1
VERSIONS = (2, 3, 4)
RECEIVED_AT = datetime(2026, 10, 2, tzinfo=ZoneInfo("UTC"))
REGION = pa.table(
    {
        "region_id": pa.array([0], pa.int32()),
        "province_code": pa.array([0], pa.int32()),
        "province_zh": ["未知"],
        "province_en": ["Unknown"],
        "area_code": pa.array([None], pa.string()),
        "city_zh": pa.array([None], pa.string()),
    }
)

owners = st.sampled_from(["A1", "A2", "A3"])
days = st.sampled_from([date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 31)])
# Whose a call is and when it is billed: at first, and under each later version that has it.
ratings = st.tuples(owners, days, st.sampled_from(["rated", "unanswered"]))
calls = st.fixed_dictionaries({FIRST: ratings}, optional={version: ratings for version in VERSIONS})


def place(index: int) -> dict[str, object]:
    """Give a place of its own; every second call came from a topic. Keys repeat, places do not."""
    if index % 2:
        return {"topic": "cdr", "partition": index % 3, "offset": index, "row": 0}
    return {"file": "f.csv", "file_id": "ab" * 32, "row": index}


def row_of(index: int, version: int, rating: tuple[str, date, str]) -> dict[str, object]:
    account_id, billing_date, outcome = rating
    is_rated = outcome == "rated" or version > FIRST
    return {
        "kind": "usage" if version == FIRST else "rerated",
        "billing_date": billing_date,
        "outcome": outcome,
        "rating_version": version if is_rated else None,
        "source": "pabx",
        "call_id": f"call {index // 3}",
        "leg": "",
        "partial_no": 0,
        "account_id": account_id,
        "received_at": RECEIVED_AT,
        **place(index),
    }


def stored_in(folder: Path, rows: Sequence[dict[str, object]]) -> Stored:
    table = pa.Table.from_pylist(rows, schema=RATED_SCHEMA)
    pq.write_to_dataset(table, folder, partition_cols=["kind", "billing_date"])
    usage, rerated = (
        [str(path) for path in sorted(folder.glob(f"kind={kind}/*/*.parquet"))]
        for kind in ("usage", "rerated")
    )
    return Stored(folder=folder, usage_files=usage, aside_files=[], rerated_files=rerated)


@settings(max_examples=60, deadline=None)
@given(st.lists(calls, min_size=1, max_size=12), st.sets(st.sampled_from(VERSIONS)))
def test_each_call_shows_once_as_its_highest_version_in_force_has_it(found, in_force):
    rows = [
        row_of(index, version, rating)
        for index, call in enumerate(found)
        for version, rating in call.items()
    ]
    expected = []
    for index, call in enumerate(found):
        shown = max(version for version in call if version == FIRST or version in in_force)
        row = row_of(index, shown, call[shown])
        columns = ("offset", "row", "account_id", "billing_date", "outcome")
        expected.append((shown, *(row.get(name) for name in columns)))
    with TemporaryDirectory() as folder:
        lake = Path(folder) / "lake"
        connection = open_query(stored_in(lake, rows), {"region": REGION}, in_force=in_force)

        def asked(statement):
            table = run_statement(connection, statement).read_all()
            return sorted(map(repr, (tuple(row.values()) for row in table.to_pylist())))

        columns = '"offset", "row", account_id, billing_date, outcome'
        wanted = sorted(map(repr, expected))
        assert asked(f"SELECT coalesce(rating_version, 1), {columns} FROM rated") == wanted
        assert asked(f"SELECT rating_version, {columns} FROM rating WHERE is_in_force") == wanted
        (count,) = asked("SELECT count(*) FROM rating")
        assert count == repr((len(rows),))
