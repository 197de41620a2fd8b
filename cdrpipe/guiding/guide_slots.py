"""The guide table as the kernel reads it: a slot a number, its intervals behind each other."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from struct import Struct
from typing import Any

import polars as pl
import pyarrow as pa

from cdrpipe._fast import clock

# Owner and Stretch of _fast/clock.pyx.
_OWNER = Struct("=qqiiii")
_STRETCH = Struct("=qqiiii")
assert (_OWNER.size, _STRETCH.size) == (clock.OWNER_BYTES, clock.STRETCH_BYTES)

_NONE = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GuideSlots:
    """Who owned each number when, and under which plan version, by the number's slot.

    Attributes
    ----------
    slot_of_number
        Service number as the register writes it -> slot.
    accounts, subscriptions
        Distinct ids; the positions that stretches name.
    sources
        Source -> its number in ``answered_for``.
    owner_start, stretch_start
        int32, (slots + 1,): a slot's rows of ``owners`` and ``stretches``, by their beginning.
    owners, stretches
        Rows as in ``_fast/clock.pyx``.
    answered_for
        int32: sources whose answer stands for the bridge; an owner names a range of them.
    """

    slot_of_number: Mapping[str, int]
    accounts: pa.StringArray
    subscriptions: pa.StringArray
    sources: Mapping[str, int]
    owner_start: "array[int]"
    owners: bytes
    stretch_start: "array[int]"
    stretches: bytes
    answered_for: "array[int]"


def build_guide_slots(
    stretches: pl.DataFrame, ownerships: pl.DataFrame, answered_for: pl.DataFrame
) -> GuideSlots:
    """Lay the frames of a ``GuideTable`` out by number."""
    numbers = sorted(set(stretches["service_number"]) | set(ownerships["service_number"]))
    slot_of_number = {number: slot for slot, number in enumerate(numbers)}
    accounts = _positions(stretches["account_id"])
    subscriptions = _positions(stretches["subscription_id"])
    sources = {source: number for number, source in enumerate(sorted(set(answered_for["source"])))}
    listed, range_of = _listed(answered_for, sources)
    owner_rows = (
        (
            row["service_number"],
            _OWNER.pack(
                row["valid_from_us"],
                row["valid_until_us"],
                row["bill_from"] == "bridged",
                *range_of.get(row["ownership_index"], (0, 0)),
                0,
            ),
        )
        for row in _by_number(ownerships)
    )
    stretch_rows = (
        (
            row["service_number"],
            _STRETCH.pack(
                row["valid_from_us"],
                row["valid_until_us"],
                accounts[row["account_id"]],
                subscriptions.get(row["subscription_id"], _NONE),
                _NONE if row["plan_version_index"] is None else row["plan_version_index"],
                row["home_region_id"] or 0,
            ),
        )
        for row in _by_number(stretches)
    )
    owner_start, owners = _laid_out(owner_rows, numbers)
    stretch_start, packed = _laid_out(stretch_rows, numbers)
    return GuideSlots(
        slot_of_number=slot_of_number,
        accounts=pa.array(list(accounts), pa.string()),
        subscriptions=pa.array(list(subscriptions), pa.string()),
        sources=sources,
        owner_start=owner_start,
        owners=owners,
        stretch_start=stretch_start,
        stretches=packed,
        answered_for=listed,
    )


def _positions(texts: pl.Series) -> dict[str, int]:
    return {text: position for position, text in enumerate(sorted(set(texts.drop_nulls())))}


def _listed(
    answered_for: pl.DataFrame, sources: Mapping[str, int]
) -> "tuple[array[int], Mapping[int, tuple[int, int]]]":
    """Put the sources of each ownership behind each other; say where each one's are."""
    listed, range_of = array("i"), {}
    for index, pairs in groupby(answered_for.sort("ownership_index").iter_rows(), itemgetter(0)):
        begin = len(listed)
        listed.extend(sources[source] for _, source in pairs)
        range_of[index] = (begin, len(listed))
    return listed, range_of


def _by_number(intervals: pl.DataFrame) -> Iterator[dict[str, Any]]:
    return intervals.sort("service_number", "valid_from_us").iter_rows(named=True)


def _laid_out(
    rows: Iterator[tuple[str, bytes]], numbers: Sequence[str]
) -> "tuple[array[int], bytes]":
    """Join packed rows, which come by number; give where each number's begin."""
    start, packed, count = array("i", [0]), bytearray(), 0
    by_number = {number: list(group) for number, group in groupby(rows, itemgetter(0))}
    for number in numbers:
        for _, row in by_number.get(number, ()):
            packed += row
            count += 1
        start.append(count)
    return start, bytes(packed)
