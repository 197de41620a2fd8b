"""The window of stored records, read back from the lake and kept up with other writers."""

import datetime as dt
from collections.abc import Collection
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cdrpipe._fast.duplicate import KeyTable
from cdrpipe.cdr.duplicate import (
    FreshRecords,
    GroupCall,
    LegAnswer,
    LegRecords,
    SeenWindow,
    held_legs,
    keys_of,
)
from cdrpipe.cdr.fingerprint import (
    CALL_COLUMNS,
    CONTENT_COLUMNS,
    KEY_COLUMNS,
    fingerprint_rows,
)
from cdrpipe.cdr.normalize import display_form
from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.lake.layout import KINDS_OF_RECORDS
from cdrpipe.lake.publish import Publisher, Stored
from cdrpipe.lake.scan import files_of

HORIZON_DAYS = 35

# Records that stand beside another of the same key, or have no key, are not in the window.
_NOT_FIRST = [
    SuspenseReason.CONFLICTS_WITH_COMMITTED_RECORD.name,
    SuspenseReason.RECORD_UNREADABLE.name,
    SuspenseReason.MESSAGE_UNREADABLE.name,
]

_COLUMNS = [
    *dict.fromkeys((*KEY_COLUMNS, *CONTENT_COLUMNS)),
    "calling_number",
    "answering_number",
    "content_fingerprint",
    "outcome",
    "suspense_reason",
    "belongs_to",
]


class SeenIndex:
    """The window over one lake's stored records, each data file read once.

    Parameters
    ----------
    publisher
        The writer's handle; the window follows the version it stands at.
    horizon_days
        Billing days back from ``today`` whose records are all known, whatever a batch is about.
    today
        Billing date that the horizon counts from.

    Notes
    -----
    Records older than the horizon are read when a batch has records of their day or the day next
    to it. So a copy, having its first's stamps, is found whatever its age; only a conflict whose
    other content moves it by days can come too late to be seen.
    """

    def __init__(self, publisher: Publisher, *, horizon_days: int, today: dt.date) -> None:
        self._publisher = publisher
        self._oldest = today - dt.timedelta(days=horizon_days)
        self._read: set[str] = set()
        self.window = SeenWindow()
        self.version = -1  # of the lake at the last look

    def catch_up(self, days: Collection[dt.date] = ()) -> SeenWindow:
        """Read what others (or an earlier life) have stored since the last look.

        Parameters
        ----------
        days
            Billing dates of the records that are to be judged.
        """
        table = self._publisher.refreshed()
        asked = {day + dt.timedelta(days=step) for day in days for step in (-1, 0, 1)}
        for file in files_of(table, *KINDS_OF_RECORDS):
            day = _billing_date(file)
            if file not in self._read and (day >= self._oldest or day in asked):
                _admit_file(Path(file), self.window)
                self._read.add(file)
        self.version = table.version()
        return self.window

    def admit_stored(self, fresh: FreshRecords, stored: Stored) -> None:
        """Take over a batch that this process has just stored; its files need not be read."""
        self.window.admit(fresh)
        self._read.update(stored.files)


def _billing_date(file: str) -> dt.date:
    return dt.date.fromisoformat(Path(file).parent.name.removeprefix("billing_date="))


def _admit_file(file: Path, window: SeenWindow) -> None:
    for batch in pq.ParquetFile(file).iter_batches(columns=_COLUMNS):
        stored = pa.table(batch)
        first = pc.and_(
            pc.not_equal(stored["outcome"], "duplicate"),
            pc.invert(pc.is_in(stored["suspense_reason"], pa.array(_NOT_FIRST))),
        )
        window.admit(fresh_records_of(stored.filter(first)))


def fresh_records_of(stored: pa.Table) -> FreshRecords:
    """Make again what stored rows had added to the window.

    Parameters
    ----------
    stored
        (n,) rows that are the first with their key.
    """
    rows = pl.from_arrow(stored)
    assert isinstance(rows, pl.DataFrame)
    keys = fingerprint_rows(stored, KEY_COLUMNS)
    written = _as_written(rows).to_arrow()
    again = fingerprint_rows(written, CONTENT_COLUMNS).low
    content = pc.coalesce(
        stored["content_fingerprint"].combine_chunks(),
        pa.Array.from_buffers(pa.int64(), stored.num_rows, [None, pa.py_buffer(again)]),
    )
    fresh, verdict = KeyTable(), bytearray(stored.num_rows)
    KeyTable().classify(
        fresh, keys.low, keys.high, memoryview(content.buffers()[1]).cast("B").cast("Q"), verdict
    )
    return FreshRecords(
        keys=fresh,
        priced=keys_of(
            stored.select(CALL_COLUMNS).filter(pc.equal(stored["outcome"], "rated")), CALL_COLUMNS
        ),
        group_calls=_group_calls(rows),
        legs=LegRecords(calls=_leg_calls(rows), answers=_leg_answers(rows), held=held_legs(stored)),
    )


def _as_written(rows: pl.DataFrame) -> pl.DataFrame:
    """Give numbers the text they came as: the display form, where no other was kept."""
    forms = {
        number: display_form(number)
        for party in ("calling", "answering")
        for number in rows.filter(pl.col(f"{party}_number_raw").is_null())[f"{party}_number"]
        .drop_nulls()
        .unique()
    }
    return rows.with_columns(
        pl.coalesce(
            f"{party}_number_raw",
            pl.col(f"{party}_number").replace_strict(forms, default=None, return_dtype=pl.String),
        )
        for party in ("calling", "answering")
    )


def _leg_calls(rows: pl.DataFrame) -> dict[tuple[str, str], str]:
    named = rows.filter(
        pl.col("second_leg_id").is_not_null()
        & (
            pl.col("suspense_reason").is_null()
            | (pl.col("suspense_reason") != SuspenseReason.BELONGS_TO_COMMITTED_CALL.name)
        )
    )
    return {
        (row["source"], row["second_leg_id"]): row["belongs_to"] or row["call_id"]
        for row in named.iter_rows(named=True)
    }


def _leg_answers(rows: pl.DataFrame) -> dict[tuple[str, str], LegAnswer]:
    declared = rows.filter(pl.col("first_leg_id").is_not_null())
    return {
        (row["source"], row["first_leg_id"]): LegAnswer(
            answered_at=row["answered_at"], dialled=row["service_number"]
        )
        for row in declared.iter_rows(named=True)
    }


def _group_calls(rows: pl.DataFrame) -> dict[tuple[str, str], GroupCall]:
    kept = rows.filter(pl.col("group_id").is_not_null() & pl.col("belongs_to").is_null())
    return {
        (row["source"], row["group_id"]): GroupCall(
            call_id=row["call_id"],
            billable_ms=row["billable_ms"] or 0,
            sequence=row["sequence"] or 0,
        )
        for row in kept.iter_rows(named=True)
    }
