"""How stored calls lie on the disk: one Delta table, and why it is one.

Every outcome of a batch and the positions it came from are one commit of one table, so that no
record is ever in two places or in none, whatever is killed when (docs/decisions/0003). The
partition column ``kind`` keeps what is asked for daily (``usage``: rated and unanswered calls)
apart from what is looked up (``aside``: merged, duplicate and suspended records) and from calls
that were priced again (``rerated``: rows of later rating versions, docs/decisions/0007).
"""

from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable

from cdrpipe.cdr.schema import RATED_SCHEMA

PARTITION_COLUMNS = ["kind", "billing_date"]
KIND_OF_OUTCOME = {
    "rated": "usage",
    "unanswered": "usage",
    "merged": "aside",
    "duplicate": "aside",
    "suspended": "aside",
}

# Every record that arrived stands in one of these, once.
KINDS_OF_RECORDS = ("usage", "aside")

# A checkpoint every 100 commits keeps opening the table at milliseconds; log entries older than a
# day are of no use to any reader.
CONFIGURATION = {
    "delta.checkpointInterval": "100",
    "delta.logRetentionDuration": "interval 1 day",
    "delta.enableExpiredLogCleanup": "true",
}

# Checking "not null" is the pipeline's work; the table library would do it once more, slowly.
STORED_SCHEMA = pa.schema([pa.field(field.name, field.type) for field in RATED_SCHEMA])


def cdr_path(lake_dir: Path) -> Path:
    """Give the folder of the table of calls."""
    return lake_dir / "cdr"


def create_table(lake_dir: Path) -> DeltaTable:
    """Create the table of calls, or open it where it exists."""
    path = cdr_path(lake_dir)
    path.mkdir(parents=True, exist_ok=True)
    return DeltaTable.create(
        path,
        schema=STORED_SCHEMA,
        mode="ignore",
        partition_by=PARTITION_COLUMNS,
        configuration=CONFIGURATION,
    )
