"""What a reader is given and what it gives back, the same for files and for messages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pyarrow as pa

from cdrpipe.cdr.schema import CDR_SCHEMA, UNREADABLE_SCHEMA


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """A run of records with its place: a message's value, or a run of a file's whole records.

    ``first_row`` is the number of its first record: 0 for a message, 1 and up in a file.
    ``header`` is the file's header line, where the format has one and the payload does not
    begin with it.
    """

    data: bytes
    first_row: int
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    file: str | None = None
    file_id: str | None = None
    header: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions:
    """What the operator says of a source.

    ``tz`` is the zone of stamps that carry none. ``trunk_area`` is the area code (with its 0) of
    local numbers written without one; empty where none is known.
    """

    source: str
    tz: ZoneInfo
    trunk_area: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedBatch:
    """Records read, in the order they came.

    ``cdrs`` follows CDR_SCHEMA, ``unreadable`` UNREADABLE_SCHEMA. ``raw_of`` gives the bytes of
    chosen rows of ``cdrs``, for those that are suspended later.
    """

    cdrs: pa.Table
    unreadable: pa.Table
    raw_of: Callable[[Sequence[int]], list[bytes]]

    def __post_init__(self) -> None:
        """Check that the tables have their schemas."""
        assert self.cdrs.schema.equals(CDR_SCHEMA), self.cdrs.schema
        assert self.unreadable.schema.equals(UNREADABLE_SCHEMA), self.unreadable.schema

    @property
    def read_count(self) -> int:
        """Count the records that came, readable or not."""
        return int(self.cdrs.num_rows + self.unreadable.num_rows)
