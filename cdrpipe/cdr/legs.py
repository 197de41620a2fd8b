"""Second legs: records of the leg to the person, which belong to the call (domain §4).

A call names its leg, or a leg its call. Both are edges from leg to call; legs of legs belong to the
call at the root.
"""

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

from cdrpipe.cdr.duplicate import LegAnswer, LegRecords, SeenWindow
from cdrpipe.cdr.suspense import SuspenseReason

_LATEST = dt.datetime.max.replace(tzinfo=dt.UTC)


class _Record(NamedTuple):
    row: int
    source: str
    call_id: str
    leg: str
    first_leg_id: str | None
    second_leg_id: str | None
    setup_at: dt.datetime | None
    answered_at: dt.datetime | None
    dialled: str | None
    belongs_to: str | None


# From a leg's row to its call's row; to a call id where the call is not in the batch.
_Edges = dict[int, "int | str"]


def merge_second_legs(cdrs: pl.DataFrame, seen: SeenWindow) -> tuple[pl.DataFrame, LegRecords]:
    """Merge second legs into their calls, and give calls the bridge that their legs know.

    Parameters
    ----------
    cdrs
        (n,) rows with ``_row`` counting them, ``belongs_to``, ``reason`` and ``is_changed``.
    seen
        What is stored already.

    Returns
    -------
    The rows, and what the window learns when they are stored.
    """
    records = {record.row: record for record in _related(cdrs, seen)}
    edges = _without_cycles(_edges(records, seen), records)
    held = [
        record.row
        for record in records.values()
        if record.second_leg_id is not None
        and record.row not in edges
        and seen.is_priced(record.source, record.second_leg_id)
    ]
    marked = _mark(cdrs, {row: _root(row, edges, records) for row in edges}, held, records)
    marked = _take_bridges(marked, _bridges(edges, records, seen))
    return marked, _learned(edges, held, records)


def _related(cdrs: pl.DataFrame, seen: SeenWindow) -> Iterable[_Record]:
    """Give the records that name another, or that another may have named."""
    names = pl.col("first_leg_id").is_not_null() | pl.col("second_leg_id").is_not_null()
    naming = cdrs.filter(names)
    named = [naming["first_leg_id"], naming["second_leg_id"], seen.call_ids_of_legs]
    is_named = pl.col("call_id").is_in(pl.concat(named).drop_nulls().unique().implode())
    columns = cdrs.filter(names | is_named).select(
        "_row",
        "source",
        "call_id",
        "leg",
        "first_leg_id",
        "second_leg_id",
        "setup_at",
        "answered_at",
        "service_number_raw",
        "belongs_to",
    )
    return (_Record(*values) for values in columns.iter_rows())


def _edges(records: dict[int, _Record], seen: SeenWindow) -> _Edges:
    rows_of: dict[tuple[str, str], list[int]] = {}
    for record in records.values():
        rows_of.setdefault((record.source, record.call_id), []).append(record.row)
    edges: _Edges = {}
    for record in records.values():
        if record.second_leg_id not in (None, record.call_id):
            for row in rows_of.get((record.source, str(record.second_leg_id)), []):
                edges.setdefault(row, record.row)
    for record in records.values():
        if record.first_leg_id not in (None, record.call_id):
            call_id = str(record.first_leg_id)
            calls = rows_of.get((record.source, call_id))
            edges[record.row] = calls[0] if calls else call_id
        elif record.row not in edges:
            call = seen.call_of_second_leg(record.source, record.call_id)
            if call is not None:
                edges[record.row] = call
    # Who is part of a ring group's call already is no leg of another.
    return {row: call for row, call in edges.items() if records[row].belongs_to is None}


def _without_cycles(edges: _Edges, records: dict[int, _Record]) -> _Edges:
    """Where records name each other in a ring, the one that was set up first is the call."""
    sound = dict(edges)
    for begin in edges:
        path: list[int] = []
        row: int | str | None = begin
        while isinstance(row, int) and row not in path:
            path.append(row)
            row = sound.get(row)
        if isinstance(row, int):
            ring = path[path.index(row) :]
            sound.pop(min(ring, key=lambda each: (records[each].setup_at or _LATEST, each)))
    return sound


def _root(row: int, edges: _Edges, records: dict[int, _Record]) -> str:
    call: int | str = row
    while isinstance(call, int) and call in edges:
        call = edges[call]
    return call if isinstance(call, str) else records[call].belongs_to or records[call].call_id


def _mark(
    cdrs: pl.DataFrame, roots: dict[int, str], held: list[int], records: dict[int, _Record]
) -> pl.DataFrame:
    """Merge the legs, and hold back calls whose leg was priced before as a call of its own."""
    parts = {**roots, **{row: str(records[row].second_leg_id) for row in held}}
    judged = pl.DataFrame(
        {"_row": list(parts), "_call": list(parts.values())},
        schema={"_row": pl.UInt32, "_call": pl.String},
    )
    reason = pl.lit(int(SuspenseReason.BELONGS_TO_COMMITTED_CALL), pl.UInt8)
    return (
        cdrs.join(judged, on="_row", how="left", maintain_order="left")
        .with_columns(
            belongs_to=pl.coalesce("belongs_to", "_call"),
            reason=pl.when(pl.col("_row").is_in(held)).then(reason).otherwise("reason"),
        )
        .drop("_call")
    )


def _bridges(edges: _Edges, records: dict[int, _Record], seen: SeenWindow) -> dict[int, LegAnswer]:
    """Give for each call what its legs say of who answered when: the first that was answered."""
    answers: dict[int, list[LegAnswer]] = {}
    for leg, call in edges.items():
        if isinstance(call, int):
            record = records[leg]
            answers.setdefault(call, []).append(
                LegAnswer(answered_at=record.answered_at, dialled=record.dialled)
            )
    for record in records.values():
        stored = seen.answer_of_leg(record.source, record.call_id, record.second_leg_id)
        if stored is not None:
            answers.setdefault(record.row, []).append(stored)
    return {
        call: min(legs, key=lambda leg: leg.answered_at or _LATEST)
        for call, legs in answers.items()
    }


def _take_bridges(cdrs: pl.DataFrame, bridges: dict[int, LegAnswer]) -> pl.DataFrame:
    """Let the answer of a second leg be the bridge of a call whose source cannot state it."""
    legs = pl.DataFrame(
        {
            "_row": list(bridges),
            "_leg_answered_at": [leg.answered_at for leg in bridges.values()],
            "_dialled": [leg.dialled for leg in bridges.values()],
        },
        schema={
            "_row": pl.UInt32,
            "_leg_answered_at": pl.Datetime("us", "UTC"),
            "_dialled": pl.String,
        },
    ).with_columns(_has_leg=pl.lit(value=True))
    unstated = pl.col("_has_leg").fill_null(value=False) & ~pl.col("bridged_stated")
    return (
        cdrs.join(legs, on="_row", how="left", maintain_order="left")
        .with_columns(
            bridged_at=pl.when(unstated).then("_leg_answered_at").otherwise("bridged_at"),
            answering_number_raw=pl.when(unstated & pl.col("answering_number_raw").is_null())
            .then("_dialled")
            .otherwise("answering_number_raw"),
            bridged_stated=pl.col("bridged_stated") | unstated,
            is_changed=pl.col("is_changed") | unstated,
        )
        .drop("_leg_answered_at", "_dialled", "_has_leg")
    )


def _learned(edges: _Edges, held: list[int], records: dict[int, _Record]) -> LegRecords:
    naming = [
        record
        for record in records.values()
        if record.second_leg_id is not None and record.row not in held
    ]
    declared = [record for record in records.values() if record.first_leg_id is not None]
    return LegRecords(
        calls={
            (record.source, str(record.second_leg_id)): _root(record.row, edges, records)
            for record in naming
        },
        answers={
            (record.source, str(record.first_leg_id)): LegAnswer(
                answered_at=record.answered_at, dialled=record.dialled
            )
            for record in declared
        },
    )
