"""How stored calls lie on the disk: one Delta table, and why it is one.

Every outcome of a batch and the positions it came from are one commit of one table, so that no
record is ever in two places or in none, whatever is killed when (docs/decisions/0003). The
partition column ``kind`` keeps what is asked for daily (``usage``: rated and unanswered calls)
apart from what is looked up (``aside``: merged, duplicate and suspended records) and from calls
that were priced again (``rerated``: rows of later rating versions, docs/decisions/0007).
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import ColumnProperties, DeltaTable, WriterProperties

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

ROW_GROUP_ROWS = 131_072

# A checkpoint every 100 commits keeps opening the table at milliseconds; log entries older than a
# day are of no use to any reader.
CONFIGURATION = {
    "delta.checkpointInterval": "100",
    "delta.logRetentionDuration": "interval 1 day",
    "delta.enableExpiredLogCleanup": "true",
}

# Numbers, instants and amounts compress best by byte streams; few-valued columns as dictionaries.
_BYTE_STREAMS = (
    "calling_number",
    "answering_number",
    "offset",
    "row",
    "setup_at",
    "answered_at",
    "bridged_at",
    "released_at",
    "billing_started_at",
    "received_at",
)
_DISTINCT_TEXTS = ("call_id", "recording_url", "raw", "suspense_detail")
_COMPRESSION_LEVEL = 1

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


def write_data_file(path: Path, rows: pa.Table) -> None:
    """Write a data file as the table library would; the columns of its folder's name are left out.

    Parameters
    ----------
    rows
        (n,) rows of STORED_SCHEMA, all of one kind and billing date.
    """
    columns = [name for name in STORED_SCHEMA.names if name not in PARTITION_COLUMNS]
    plain = {*_BYTE_STREAMS, *_DISTINCT_TEXTS}
    pq.write_table(
        rows.select(columns),
        path,
        row_group_size=ROW_GROUP_ROWS,
        compression="zstd",
        compression_level=_COMPRESSION_LEVEL,
        use_dictionary=[name for name in columns if name not in plain],
        column_encoding=dict.fromkeys(_BYTE_STREAMS, "BYTE_STREAM_SPLIT"),
    )


def writer_properties() -> WriterProperties:
    """Give encodings and compression of the data files."""
    streams = ColumnProperties(dictionary_enabled=False, encoding="BYTE_STREAM_SPLIT")
    texts = ColumnProperties(dictionary_enabled=False)
    return WriterProperties(
        compression="ZSTD",
        compression_level=_COMPRESSION_LEVEL,
        max_row_group_size=ROW_GROUP_ROWS,
        column_properties={
            **dict.fromkeys(_BYTE_STREAMS, streams),
            **dict.fromkeys(_DISTINCT_TEXTS, texts),
        },
    )
