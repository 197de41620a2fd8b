"""Call detail records for tests, in domain words: what is not named is unremarkable."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from cdrpipe.cdr.schema import CDR_SCHEMA, UNREADABLE_SCHEMA
from cdrpipe.mediation.payload import DecodedBatch

CHINA = dt.timezone(dt.timedelta(hours=8))
NOON = dt.datetime(2026, 10, 5, 12, 0, tzinfo=CHINA)
NOW_US = int(dt.datetime(2026, 10, 6, tzinfo=CHINA).timestamp()) * 1_000_000

_UNREMARKABLE: dict[str, Any] = {
    "source": "native",
    "leg": "",
    "partial_no": 0,
    "is_final": True,
    "is_continuation": False,
    "calling_number_raw": "13800138000",
    "service_number_raw": "4008001234",
    "answering_number_raw": "02161234567",
    "billable_from": "answered",
    "bridged_stated": True,
    "cause": 16,
}


def after(seconds: float) -> dt.datetime:
    """Give the instant that many seconds after noon on Monday, 5 October 2026, in China."""
    return NOON + dt.timedelta(seconds=seconds)


def cdr(call_id: str, **columns: Any) -> dict[str, Any]:
    """Describe a call set up at noon, answered at +2 s, bridged at +10 s, released at +70 s."""
    return {
        **_UNREMARKABLE,
        "call_id": call_id,
        "setup_at": after(0),
        "answered_at": after(2),
        "bridged_at": after(10),
        "released_at": after(70),
        **columns,
    }


def unanswered(call_id: str, **columns: Any) -> dict[str, Any]:
    """Describe a call that the platform never answered."""
    return cdr(call_id, answered_at=None, bridged_at=None, answering_number_raw=None, **columns)


def cdr_table(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Make a table of CDR_SCHEMA; rows are numbered as they come."""
    numbered = [{"row": row, **cdr} for row, cdr in enumerate(rows)]
    return pa.Table.from_pylist(numbered, schema=CDR_SCHEMA)


def decoded(*rows: Mapping[str, Any]) -> DecodedBatch:
    """Make a batch as a reader gives it."""
    table = cdr_table(rows)
    return DecodedBatch(
        cdrs=table,
        unreadable=UNREADABLE_SCHEMA.empty_table(),
        raw_of=lambda positions: [f"raw of {position}".encode() for position in positions],
    )
