"""Second legs: records of the leg to the person, which belong to the call (domain §4).

A call names its leg, or a leg its call. Both are edges from leg to call; legs of legs belong to the
call at the root.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from cdrpipe.cdr.duplicate import LegAnswer, LegRecords, SeenWindow
from cdrpipe.cdr.suspense import SuspenseReason

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_NEVER_US = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Records:
    """(m,) what the records say that name another, or that another may have named.

    ``row`` is a record's place in the batch, ``key`` its source and call id. Instants are UTC µs.
    """

    row: list[int]
    key: list[tuple[str, str]]
    first_leg_id: list[str | None]
    second_leg_id: list[str | None]
    setup_us: list[int | None]
    answered_us: list[int | None]
    dialled: list[str | None]
    belongs_to: list[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bridge:
    """When a leg was answered (null: never), and whom it dialled."""

    answered_us: int | None
    dialled: str | None

    @property
    def order(self) -> int:
        return _NEVER_US if self.answered_us is None else self.answered_us


# From a leg to its call, both as positions in the records; to a call id where the call is not in
# the batch.
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
    records = _related(cdrs, seen)
    edges = _without_cycles(_edges(records, seen), records)
    held = [
        place
        for place, leg_id in enumerate(records.second_leg_id)
        if leg_id is not None
        and place not in edges
        and seen.is_priced(records.key[place][0], leg_id)
    ]
    roots = {leg: _root(leg, edges, records) for leg in edges}
    marked = _mark(cdrs, roots, held, records)
    marked = _take_bridges(marked, _bridges(edges, records, seen), records)
    return marked, _learned(roots, held, records)


def _related(cdrs: pl.DataFrame, seen: SeenWindow) -> _Records:
    names = pl.col("first_leg_id").is_not_null() | pl.col("second_leg_id").is_not_null()
    naming = cdrs.filter(names)
    named = [naming["first_leg_id"], naming["second_leg_id"], seen.call_ids_of_legs]
    is_named = pl.col("call_id").is_in(pl.concat(named).drop_nulls().unique().implode())
    found = cdrs.filter(names | is_named)
    return _Records(
        row=found["_row"].to_list(),
        key=list(zip(found["source"], found["call_id"], strict=True)),
        first_leg_id=found["first_leg_id"].to_list(),
        second_leg_id=found["second_leg_id"].to_list(),
        setup_us=found["setup_at"].to_physical().to_list(),
        answered_us=found["answered_at"].to_physical().to_list(),
        dialled=found["service_number_raw"].to_list(),
        belongs_to=found["belongs_to"].to_list(),
    )


def _edges(records: _Records, seen: SeenWindow) -> _Edges:
    places: dict[tuple[str, str], list[int]] = {}
    for place, key in enumerate(records.key):
        places.setdefault(key, []).append(place)
    edges: _Edges = {}
    for call, (leg_id, (source, call_id)) in enumerate(
        zip(records.second_leg_id, records.key, strict=True)
    ):
        if leg_id is not None and leg_id != call_id:
            for leg in places.get((source, leg_id), ()):
                edges.setdefault(leg, call)
    knows_legs = seen.knows_legs
    for leg, (named, (source, call_id)) in enumerate(
        zip(records.first_leg_id, records.key, strict=True)
    ):
        if named is not None and named != call_id:
            calls = places.get((source, named))
            edges[leg] = calls[0] if calls else named
        elif knows_legs and leg not in edges:
            call_of_leg = seen.call_of_second_leg(source, call_id)
            if call_of_leg is not None:
                edges[leg] = call_of_leg
    # Who is part of a ring group's call already is no leg of another.
    return {leg: call for leg, call in edges.items() if records.belongs_to[leg] is None}


def _without_cycles(edges: _Edges, records: _Records) -> _Edges:
    """Where records name each other in a ring, the one that was set up first is the call."""
    if edges.keys().isdisjoint(edges.values()):
        return edges
    sound = dict(edges)
    for begin in edges:
        path: list[int] = []
        place: int | str | None = begin
        while isinstance(place, int) and place not in path:
            path.append(place)
            place = sound.get(place)
        if isinstance(place, int):
            ring = path[path.index(place) :]
            sound.pop(min(ring, key=lambda each: (_setup_us(records, each), each)))
    return sound


def _setup_us(records: _Records, place: int) -> int:
    setup_us = records.setup_us[place]
    return _NEVER_US if setup_us is None else setup_us


def _root(leg: int, edges: _Edges, records: _Records) -> str:
    call: int | str = leg
    while isinstance(call, int) and call in edges:
        call = edges[call]
    return call if isinstance(call, str) else records.belongs_to[call] or records.key[call][1]


def _mark(
    cdrs: pl.DataFrame, roots: dict[int, str], held: list[int], records: _Records
) -> pl.DataFrame:
    """Merge the legs, and hold back calls whose leg was priced before as a call of its own."""
    parts = {**roots, **{place: str(records.second_leg_id[place]) for place in held}}
    judged = pl.DataFrame(
        {"_row": [records.row[place] for place in parts], "_call": list(parts.values())},
        schema={"_row": pl.UInt32, "_call": pl.String},
    )
    reason = pl.lit(int(SuspenseReason.BELONGS_TO_COMMITTED_CALL), pl.UInt8)
    held_rows = [records.row[place] for place in held]
    return (
        cdrs.join(judged, on="_row", how="left", maintain_order="left")
        .with_columns(
            belongs_to=pl.coalesce("belongs_to", "_call"),
            reason=pl.when(pl.col("_row").is_in(held_rows)).then(reason).otherwise("reason"),
        )
        .drop("_call")
    )


def _bridges(edges: _Edges, records: _Records, seen: SeenWindow) -> dict[int, _Bridge]:
    """Give for each call what its legs say of who answered when: the first that was answered."""
    bridges: dict[int, _Bridge] = {}
    for leg, call in edges.items():
        if isinstance(call, int):
            said = _Bridge(answered_us=records.answered_us[leg], dialled=records.dialled[leg])
            if call not in bridges or said.order < bridges[call].order:
                bridges[call] = said
    for call in _maybe_answered(records, seen):
        stored = seen.answer_of_leg(*records.key[call], records.second_leg_id[call])
        if stored is not None:
            said = _Bridge(answered_us=_micros(stored.answered_at), dialled=stored.dialled)
            if call not in bridges or said.order < bridges[call].order:
                bridges[call] = said
    return bridges


def _maybe_answered(records: _Records, seen: SeenWindow) -> Iterable[int]:
    """Give the calls of which a stored leg may have told: it named them, or they name it."""
    if seen.knows_legs:
        return range(len(records.row))
    named = enumerate(records.second_leg_id)
    return (place for place, leg_id in named if leg_id is not None)


def _take_bridges(
    cdrs: pl.DataFrame, bridges: dict[int, _Bridge], records: _Records
) -> pl.DataFrame:
    """Let the answer of a second leg be the bridge of a call whose source cannot state it."""
    legs = pl.DataFrame(
        {
            "_row": [records.row[call] for call in bridges],
            "_leg_answered_at": [leg.answered_us for leg in bridges.values()],
            "_dialled": [leg.dialled for leg in bridges.values()],
        },
        schema={"_row": pl.UInt32, "_leg_answered_at": pl.Int64, "_dialled": pl.String},
    ).with_columns(
        pl.col("_leg_answered_at").cast(pl.Datetime("us", "UTC")), _has_leg=pl.lit(value=True)
    )
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


def _learned(roots: dict[int, str], held: list[int], records: _Records) -> LegRecords:
    sources = [source for source, _ in records.key]
    not_held = set(held)
    return LegRecords(
        calls={
            (sources[place], leg_id): roots.get(place)
            or records.belongs_to[place]
            or records.key[place][1]
            for place, leg_id in enumerate(records.second_leg_id)
            if leg_id is not None and place not in not_held
        },
        answers={
            (sources[place], call_id): LegAnswer(
                answered_at=_instant(records.answered_us[place]), dialled=records.dialled[place]
            )
            for place, call_id in enumerate(records.first_leg_id)
            if call_id is not None
        },
    )


def _micros(instant: dt.datetime | None) -> int | None:
    return None if instant is None else (instant - _EPOCH) // _MICROSECOND


def _instant(micros: int | None) -> dt.datetime | None:
    return None if micros is None else _EPOCH + micros * _MICROSECOND
