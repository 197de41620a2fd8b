"""Which records are stored already: copies, conflicts, and parts of stored calls."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from enum import IntEnum

import pyarrow as pa

from cdrpipe._fast.duplicate import KeyTable
from cdrpipe.cdr.fingerprint import CONTENT_COLUMNS, KEY_COLUMNS, fingerprint_rows


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
class FreshRecords:
    """What a batch adds to the window once its rows are stored.

    ``group_calls`` is keyed by (source, group_id), ``second_legs`` by (source, call_id of the leg)
    with the call it belongs to; ``merged_legs`` are the (source, call_id) of legs that named their
    call themselves.
    """

    keys: KeyTable
    group_calls: Mapping[tuple[str, str], GroupCall] = field(default_factory=dict)
    second_legs: Mapping[tuple[str, str], str] = field(default_factory=dict)
    merged_legs: Set[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRecords:
    """(n,) uint8 ``verdict`` and uint64 ``content`` fingerprints, never null; the new keys."""

    verdict: pa.Array
    content: pa.Array
    fresh: KeyTable


class SeenWindow:
    """The keys of stored records over the horizon, held in memory (about 40 bytes a record).

    Judging changes nothing: a batch is admitted when its rows are stored, so that a batch whose
    commit failed can be judged again with the same result.
    """

    def __init__(self) -> None:
        self._keys = KeyTable()
        self._group_calls: dict[tuple[str, str], GroupCall] = {}
        self._second_legs: dict[tuple[str, str], str] = {}
        self._merged_legs: set[tuple[str, str]] = set()

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

    def knows(self, keys: pa.Table) -> pa.Array:
        """Tell for each key (columns KEY_COLUMNS) whether a record with it is stored."""
        prints = fingerprint_rows(keys, KEY_COLUMNS)
        known = bytearray(keys.num_rows)
        self._keys.contains(prints.low, prints.high, known)
        return pa.array([flag == 1 for flag in known], pa.bool_())

    @property
    def names_second_legs(self) -> bool:
        """Tell whether any stored call named a second leg."""
        return bool(self._second_legs)

    def group_call(self, source: str, group_id: str) -> GroupCall | None:
        """Give the stored call of a ring group."""
        return self._group_calls.get((source, group_id))

    def call_of_second_leg(self, source: str, call_id: str) -> str | None:
        """Give the stored call that named this call id as its second leg."""
        return self._second_legs.get((source, call_id))

    def is_merged_leg(self, source: str, call_id: str) -> bool:
        """Tell whether this stored record was merged into a call as its second leg."""
        return (source, call_id) in self._merged_legs or (source, call_id) in self._second_legs

    def admit(self, fresh: FreshRecords) -> None:
        """Take over what a stored batch added."""
        self._keys.admit(fresh.keys)
        self._group_calls.update(fresh.group_calls)
        self._second_legs.update(fresh.second_legs)
        self._merged_legs.update(fresh.merged_legs)
