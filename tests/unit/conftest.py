"""Small lakes for tests: rows of RATED_SCHEMA as Parquet files, laid out as the lake lays them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cdrpipe.cdr.schema import RATED_SCHEMA
from cdrpipe.lake.query import Stored

RECEIVED_AT = datetime(2026, 10, 2, tzinfo=ZoneInfo("UTC"))
OF_EVERY_ROW = {
    "billing_date": date(2026, 10, 1),
    "outcome": "rated",
    "source": "pabx",
    "row": 1,
    "received_at": RECEIVED_AT,
}

LakeOf = Callable[[Sequence[Mapping[str, Any]]], Stored]


@pytest.fixture
def lake_of(tmp_path: Path) -> LakeOf:
    """Write rows, given by the columns that matter, into files by kind and billing date."""

    def write(rows: Sequence[Mapping[str, Any]]) -> Stored:
        full = [
            OF_EVERY_ROW
            | {
                "kind": "usage"
                if row.get("outcome", "rated") in ("rated", "unanswered")
                else "aside"
            }
            | row
            for row in rows
        ]
        table = pa.Table.from_pylist(full, schema=RATED_SCHEMA)
        pq.write_to_dataset(table, tmp_path / "lake", partition_cols=["kind", "billing_date"])
        return Stored(
            folder=tmp_path / "lake",
            usage_files=[
                str(path) for path in sorted(tmp_path.glob("lake/kind=usage/*/*.parquet"))
            ],
            aside_files=[
                str(path) for path in sorted(tmp_path.glob("lake/kind=aside/*/*.parquet"))
            ],
            rerated_files=[
                str(path) for path in sorted(tmp_path.glob("lake/kind=rerated/*/*.parquet"))
            ],
        )

    return write


@pytest.fixture
def region() -> pa.Table:
    """Four regions: unknown, Beijing, Shenzhen, abroad."""
    return pa.table(
        {
            "region_id": pa.array([0, 110010, 440755, 990000], pa.int32()),
            "province_code": pa.array([0, 11, 44, 99], pa.int32()),
            "province_zh": ["未知", "北京", "广东", "国外"],
            "province_en": ["Unknown", "Beijing", "Guangdong", "Abroad"],
            "area_code": [None, "010", "0755", None],
            "city_zh": [None, "北京", "深圳", None],
        }
    )
