"""Which records are stored already: copies, conflicts, and parts of stored calls."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from cdrpipe._fast.duplicate import KeyTable
from cdrpipe.cdr.fingerprint import (
    CALL_COLUMNS,
    CONTENT_COLUMNS,
    KEY_COLUMNS,
    fingerprint_rows,
)
from cdrpipe.cdr.suspense import SuspenseReason


class Verdict(IntEnum):
    """What a record's key and content say of it; the numbers are the kernel's."""

    NEW = 0
    DUPLICATE = 1
    CONFLICT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCall:
    """The record of a ring group that is its call, with what decides that (domain §4)."""

    call_id: str
    billable_ms: int
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LegAnswer:
    """What a second leg's record says: when it was answered (null: never), and whom it dialled."""

    answered_at: dt.datetime | None
    dialled: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRecords:
    """What stored records say of legs, keyed by (source, call id).

    ``calls`` names the call of a leg that the call has named; ``answers`` is what legs said that
    named their call themselves, by that call; ``held`` what records said that are held back for
    want of an owner, by their own id: a call that comes later may name them.
    """

    calls: Mapping[tuple[str, str], str] = field(default_factory=dict)
    answers: Mapping[tuple[str, str], LegAnswer] = field(default_factory=dict)
    held: Mapping[tuple[str, str], LegAnswer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshRecords:
    """What a batch adds to the window once its rows are stored.

    ``priced`` has the (source, call_id) of the rated calls, ``group_calls`` is keyed by
    (source, group_id).
    """

    keys: KeyTable
    priced: KeyTable = field(default_factory=KeyTable)
    group_calls: Mapping[tuple[str, str], GroupCall] = field(default_factory=dict)
    legs: LegRecords = field(default_factory=LegRecords)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRecords:
    """(n,) uint8 ``verdict`` and uint64 ``content`` fingerprints, never null; the new keys."""

    verdict: pa.Array
    content: pa.Array
    fresh: KeyTable


class SeenWindow:
    """The keys of stored records, held in memory (about 80 bytes a rated call, 40 another record).

    Judging changes nothing: a batch is admitted when its rows are stored, so that a batch whose
    commit failed can be judged again with the same result.
    """

    def __init__(self) -> None:
        self._keys = KeyTable()
        self._priced = KeyTable()
        self._group_calls: dict[tuple[str, str], GroupCall] = {}
        self._leg_calls: dict[tuple[str, str], str] = {}
        self._leg_answers: dict[tuple[str, str], LegAnswer] = {}
        self._held: dict[tuple[str, str], LegAnswer] = {}

    def __len__(self) -> int:
        """Count the keys."""
        return len(self._keys)

    def judge(self, cdrs: pa.Table) -> JudgedRecords:
        """Judge records in their order of arrival.

        Parameters
        ----------
        cdrs
            (n,) records with KEY_COLUMNS and CONTENT_COLUMNS.
        """
        keys = fingerprint_rows(cdrs, KEY_COLUMNS)
        content = fingerprint_rows(cdrs, CONTENT_COLUMNS).low
        verdict = pa.allocate_buffer(cdrs.num_rows)
        fresh = KeyTable()
        self._keys.classify(fresh, keys.low, keys.high, content, memoryview(verdict).cast("B"))
        return JudgedRecords(
            verdict=pa.Array.from_buffers(pa.uint8(), cdrs.num_rows, [None, verdict]),
            content=pa.Array.from_buffers(
                pa.uint64(), cdrs.num_rows, [None, pa.py_buffer(content)]
            ),
            fresh=fresh,
        )

    def is_priced(self, source: str, call_id: str) -> bool:
        """Tell whether a record with this call id, of any leg, is stored as a rated call."""
        found = bytearray(1)
        prints = fingerprint_rows(
            pa.table({"source": [source], "call_id": [call_id]}), CALL_COLUMNS
        )
        self._priced.contains(prints.low, prints.high, found)
        return found[0] == 1

    @property
    def knows_legs(self) -> bool:
        """Tell whether any stored call named a second leg, or any leg its call."""
        return bool(self._leg_calls or self._leg_answers)

    @property
    def call_ids_of_legs(self) -> pl.Series:
        """Give the call ids of legs and calls that stored records name."""
        named = [call_id for _, call_id in (*self._leg_calls, *self._leg_answers)]
        return pl.Series(named, dtype=pl.String)

    def group_call(self, source: str, group_id: str) -> GroupCall | None:
        """Give the stored call of a ring group."""
        return self._group_calls.get((source, group_id))

    def call_of_second_leg(self, source: str, call_id: str) -> str | None:
        """Give the stored call that named this call id as its second leg."""
        return self._leg_calls.get((source, call_id))

    def answer_of_leg(
        self, source: str, call_id: str, second_leg_id: str | None
    ) -> LegAnswer | None:
        """Give what a stored leg said of this call: one that named it, or that it names."""
        answer = self._leg_answers.get((source, call_id))
        if answer is None and second_leg_id is not None:
            answer = self._held.get((source, second_leg_id))
        return answer

    def admit(self, fresh: FreshRecords) -> None:
        """Take over what a stored batch added."""
        self._keys.admit(fresh.keys)
        self._priced.admit(fresh.priced)
        self._group_calls.update(fresh.group_calls)
        self._leg_calls.update(fresh.legs.calls)
        self._leg_answers.update(fresh.legs.answers)
        self._held.update(fresh.legs.held)


def keys_of(records: pa.Table, columns: Sequence[str]) -> KeyTable:
    """Make a table of the records' fingerprints over some columns."""
    prints = fingerprint_rows(records, columns)
    found = KeyTable()
    KeyTable().classify(
        found, prints.low, prints.high, prints.low, memoryview(bytearray(records.num_rows))
    )
    return found


def held_legs(rows: pa.Table) -> dict[tuple[str, str], LegAnswer]:
    """Give what records said that are held back because nobody owns the number they dialled.

    Most are junk; one may be the second leg of a call that comes later and names it.
    """
    unowned = rows.select(["source", "call_id", "answered_at", "service_number"]).filter(
        pc.equal(rows["suspense_reason"], SuspenseReason.SERVICE_NUMBER_NOT_OWNED.name)
    )
    return {
        (row["source"], row["call_id"]): LegAnswer(
            answered_at=row["answered_at"], dialled=row["service_number"]
        )
        for row in unowned.to_pylist()
    }
