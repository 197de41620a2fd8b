"""The one generator of calls: what the demo shows, tests check and benchmarks measure.

A month of calls of an invented register, as a switch sends them: in the order in which they end,
copies of a record later. What is planted is known before the first record is made
(``Traffic.planted``), and the records are the same however they are cut.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from cdrpipe.cdr.schema import INSTANT
from cdrpipe.demo.callers import build_caller_pool
from cdrpipe.demo.calls import Scene, make_records
from cdrpipe.demo.draw import ROWS_MAX
from cdrpipe.demo.number_pool import build_number_pool
from cdrpipe.demo.planted import Planted, plan_planted
from cdrpipe.demo.register_plan import RegisterPlan
from cdrpipe.demo.rhythm import plan_rhythm
from cdrpipe.numbering.region import RegionTable

# Calls made at a time: some 60 MB, and column work large against Python's.
BLOCK_CALLS = 1 << 17

CHUNK_ROWS = 100_000

# The native form's columns that the traffic fills (``mediation/native.py``).
NATIVE_SCHEMA = pa.schema(
    [
        pa.field("call_id", pa.string(), nullable=False),
        pa.field("leg", pa.string(), nullable=False),
        pa.field("calling_number", pa.string()),
        pa.field("service_number", pa.string(), nullable=False),
        pa.field("answering_number", pa.string()),
        pa.field("setup_at", INSTANT, nullable=False),
        pa.field("answered_at", INSTANT),
        pa.field("bridged_at", INSTANT),
        pa.field("released_at", INSTANT, nullable=False),
        pa.field("billable_ms", pa.int64()),
        pa.field("billable_from", pa.string(), nullable=False),
        pa.field("cause", pa.int16(), nullable=False),
        pa.field("extension", pa.string()),
        pa.field("first_leg_id", pa.string()),
    ]
)

# What a chunk says about a record besides: where and how it travels, when, and what it is.
TRAFFIC_SCHEMA = pa.schema(
    [
        *NATIVE_SCHEMA,
        pa.field("partition", pa.int32(), nullable=False),  # the same for copies and second legs
        pa.field("is_single", pa.bool_(), nullable=False),  # travels as a message of its own
        # The name of its call's Part in lower case; copy, contradiction or second_leg.
        pa.field("planted", pa.string(), nullable=False),
        pa.field("arrival_at", INSTANT, nullable=False),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Traffic:
    """A month of records, made while they are read; may be read any number of times."""

    scene: Scene

    @property
    def planted(self) -> Planted:
        """Give what must come out of all records."""
        return self.scene.planted

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[pa.Table]:
        """Make the records in order of arrival.

        Parameters
        ----------
        rows
            Records of a chunk; the last has fewer.

        Yields
        ------
        Tables of TRAFFIC_SCHEMA.

        Notes
        -----
        Memory: two blocks of calls, a chunk, and the calls of the hour in which a block ends.
        """
        assert rows > 0
        waiting: list[pa.Table] = []
        for block in _in_order(self.scene):
            waiting.append(block)
            ready = pa.concat_tables(waiting)
            whole = ready.num_rows // rows * rows
            for first in range(0, whole, rows):
                yield ready.slice(first, rows).combine_chunks()
            waiting = [ready.slice(whole)]
        rest = pa.concat_tables(waiting)
        if rest.num_rows:
            yield rest.combine_chunks()

    def table(self) -> pa.Table:
        """Make all records at once."""
        return pa.concat_tables(self.chunks()).combine_chunks()


def generate_traffic(
    register: RegisterPlan,
    *,
    calls: int,
    seed: int,
    regions: RegionTable,
    now_us: int,
    partitions: int = 4,
    single_share: float = 0.0,
) -> Traffic:
    """Plan the calls of the register's month.

    Parameters
    ----------
    calls
        How many calls; copies and second legs are records besides (``Traffic.planted.read``).
    seed
        Another seed gives other calls with other ids.
    now_us
        When the records are read, UTC microseconds; records of the future are dated behind it.
    partitions
        Of the topic; the records of one call are in one partition.
    single_share
        Share of the calls that travel as messages of their own, 0 to 1. Garbled messages are
        planted among them, so without them there are none.

    Raises
    ------
    ValueError
        Calls, or the share, are out of bounds, or the month is not over at ``now_us``.
    """
    if calls > ROWS_MAX:
        raise ValueError(f"at most {ROWS_MAX} calls can be made, {calls} were asked for")
    if not 0 <= single_share <= 1:
        raise ValueError(f"the share of single messages is 0 to 1, got {single_share}")
    planted = plan_planted(calls=calls, has_single_messages=single_share > 0)
    rhythm = plan_rhythm(register.month, calls=calls)
    if now_us < rhythm.end_ms * 1000:
        raise ValueError(f"{register.month} is not over: its last calls would be in the future")
    callers = build_caller_pool(regions)
    numbers = build_number_pool(
        register, rhythm=rhythm, regions=regions, callers=callers, seed=seed
    )
    scene = Scene(
        planted=planted,
        rhythm=rhythm,
        numbers=numbers,
        callers=callers,
        seed=seed,
        now_ms=now_us // 1000,
        partitions=partitions,
        single_per_65536=round(single_share * (1 << 16)),
    )
    return Traffic(scene=scene)


def _in_order(scene: Scene) -> Iterator[pa.Table]:
    """Make the records block by block, each block's with what arrives before the next begins."""
    calls = scene.planted.calls
    carried: list[pl.DataFrame] = []
    for first in range(0, calls, BLOCK_CALLS):
        until = min(calls, first + BLOCK_CALLS)
        row = pl.int_range(first, until, dtype=pl.UInt64, eager=True)
        records = pl.concat([*carried, make_records(row, scene)])
        if until == calls:
            yield _as_traffic(records)
            return
        # No record of a later call arrives before the hour in which that call begins.
        has_come = records["arrival_ms"] < scene.rhythm.hour_start_ms(until)
        yield _as_traffic(records.filter(has_come))
        carried = [records.filter(~has_come)]


def _as_traffic(records: pl.DataFrame) -> pa.Table:
    def instant(name: str) -> pl.Expr:
        return (pl.col(name) * 1000).cast(pl.Datetime("us", "UTC"))

    instants = {
        f"{name}_at": instant(f"{name}_ms")
        for name in ("setup", "answered", "bridged", "released", "arrival")
    }
    ordered = records.sort("arrival_ms", "row", "turn").with_columns(**instants)
    return ordered.select(TRAFFIC_SCHEMA.names).to_arrow().cast(TRAFFIC_SCHEMA)
