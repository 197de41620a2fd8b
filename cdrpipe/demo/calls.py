"""Calls as records: first as they should be, then with what is planted in them."""

from dataclasses import dataclass

import polars as pl

from cdrpipe.demo.callers import CallerPool, draw_callers, draw_calling_numbers
from cdrpipe.demo.draw import below, dealt, lengths_ms, log_normal_ms, shuffled, words
from cdrpipe.demo.number_pool import NumberPool, dial
from cdrpipe.demo.planted import Part, Planted
from cdrpipe.demo.rhythm import DAY_MS, HOUR_MS, Rhythm, draw_setup_ms

_TALK = log_normal_ms(median_ms=66_000, sigma=1.1, at_most_ms=4 * HOUR_MS)
_MENU = log_normal_ms(median_ms=20_000, sigma=0.9, at_most_ms=300_000)
# From the platform's answer to a person's: menu, queue, ringing.
_WAIT = log_normal_ms(median_ms=16_000, sigma=0.8, at_most_ms=600_000)
# A switch sends a record again when it was not confirmed: after seconds, or hours.
_COPY_DELAY = log_normal_ms(median_ms=90_000, sigma=2.2, at_most_ms=5 * HOUR_MS)
# A contradicting record states so much more.
_CONTRADICTION_MS = 6_000

# Q.850: busy, no answer, rejected, no circuit.
_UNANSWERED_CAUSES = (17, 17, 19, 19, 19, 21, 34)
_NORMAL_CAUSE = 16
_EXTENSIONS = ("1", "1", "2", "2", "3", "4", "8001", "8002", None, None, None, None)

_STATES_LENGTH_PERCENT = 90
_FACES = [part.name.lower() for part in Part]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """Everything that a call depends on but its number.

    ``single_per_65536`` of calls travel as messages of their own; ``now_ms`` is what the future
    begins behind.
    """

    planted: Planted
    rhythm: Rhythm
    numbers: NumberPool
    callers: CallerPool
    seed: int
    now_ms: int
    partitions: int
    single_per_65536: int

    def words(self, row: pl.Series, purpose: str) -> pl.Series:
        """Draw (n,) random words for a purpose."""
        return words(row, seed=self.seed, purpose=purpose)


def make_records(row: pl.Series, scene: Scene) -> pl.DataFrame:
    """Make all records of some calls: the calls', their copies and their second legs.

    Parameters
    ----------
    row
        (n,) uint64 numbers of calls.

    Returns
    -------
    The records in no order, columns as in ``traffic.RECORD_COLUMNS`` with ``arrival_ms``, ``row``
    and ``turn``: they arrive sorted by these three.
    """
    calls = _finished(_spoiled(_stated(_timed(_dialled(row, scene), scene), scene), scene), scene)
    part = pl.col("part")
    thrice = calls.filter(part == Part.COPIED_THRICE)
    copied = [calls.filter(part == Part.COPIED), *(thrice for _ in range(3))]
    return pl.concat(
        [
            calls,
            *(_copies(again, turn, scene) for turn, again in enumerate(copied, start=1)),
            _contradictions(calls.filter(part == Part.CONTRADICTED), scene),
            _second_legs(calls.filter(part == Part.TWO_LEGS)),
        ]
    )


# 1. Whom the calls go to, and who makes them.


def _dialled(row: pl.Series, scene: Scene) -> pl.DataFrame:
    place = shuffled(row, total=scene.planted.calls, seed=scene.seed, purpose="part")
    part = dealt(place, [scene.planted.calls_by_part[part] for part in Part]).cast(pl.UInt8)
    setup_ms = draw_setup_ms(row, scene.rhythm, seed=scene.seed)
    dialled = dial(
        row,
        setup_ms,
        is_between=part == Part.BETWEEN_OWNERS,
        is_unsold=part == Part.NOT_OWNED,
        pool=scene.numbers,
        rhythm=scene.rhythm,
        seed=scene.seed,
    )
    caller = draw_callers(row, planted=scene.planted, seed=scene.seed)
    calling_number = draw_calling_numbers(
        row, caller, dialled["home"], pool=scene.callers, seed=scene.seed
    )
    return dialled.with_columns(
        row=row, part=part, setup_ms=setup_ms, calling_number=calling_number
    )


# 2. When they are answered and end.


def _timed(calls: pl.DataFrame, scene: Scene) -> pl.DataFrame:
    row, part = calls["row"], calls["part"]
    ring_ms = 200 + below(scene.words(row, "ring"), 3_800)
    wait_ms = lengths_ms(scene.words(row, "wait"), _WAIT)
    word = scene.words(row, "talk")
    hours_ms = HOUR_MS + below(word, 5 * HOUR_MS)
    talk_ms = hours_ms.zip_with(part == Part.TALKED_FOR_HOURS, lengths_ms(word, _TALK))
    rung_ms = 1_000 + below(word, 59_000)
    answered = pl.col("setup_ms") + ring_ms
    bridged = answered + wait_ms
    is_unanswered, is_menu = pl.col("part") == Part.UNANSWERED, pl.col("part") == Part.MENU_ONLY
    return calls.with_columns(
        answered_ms=pl.when(~is_unanswered).then(answered),
        bridged_ms=pl.when(~is_unanswered & ~is_menu).then(bridged),
        released_ms=pl.when(is_unanswered)
        .then(pl.col("setup_ms") + rung_ms)
        .when(is_menu)
        .then(answered + lengths_ms(word, _MENU))
        .otherwise(bridged + talk_ms),
    ).with_columns(arrival_ms="released_ms")


# 3. What their records state.


def _stated(calls: pl.DataFrame, scene: Scene) -> pl.DataFrame:
    row = calls["row"]
    is_unanswered = pl.col("answered_ms").is_null()
    is_tried = below(scene.words(row, "tried"), 2) == 0
    # Numbers billed from the bridge: half of their records state the length from there.
    states_bridge = pl.col("is_bridged") & (below(scene.words(row, "states"), 2) == 0)
    states_length = below(scene.words(row, "length"), 100) < _STATES_LENGTH_PERCENT
    since = pl.when(states_bridge).then("bridged_ms").otherwise("answered_ms")
    cause = pl.Series(_UNANSWERED_CAUSES, dtype=pl.Int16).gather(
        below(scene.words(row, "cause"), len(_UNANSWERED_CAUSES))
    )
    extension = pl.Series(_EXTENSIONS).gather(
        below(scene.words(row, "extension"), len(_EXTENSIONS))
    )
    return calls.with_columns(
        answering_number=pl.when(
            pl.col("bridged_ms").is_not_null() | (~is_unanswered & is_tried)
        ).then("phone"),
        billable_ms=pl.when(states_length).then((pl.col("released_ms") - since).fill_null(0)),
        billable_from=pl.when(states_bridge).then(pl.lit("bridged")).otherwise(pl.lit("answered")),
        cause=pl.when(is_unanswered).then(cause).otherwise(pl.lit(_NORMAL_CAUSE, pl.Int16)),
        extension=pl.when(~is_unanswered).then(extension),
    )


# 4. What is wrong with them.


def _spoiled(calls: pl.DataFrame, scene: Scene) -> pl.DataFrame:
    word = scene.words(calls["row"], "fault")
    part = pl.col("part")
    too_long_ms = 25 * HOUR_MS + below(word, 15 * HOUR_MS)
    later_ms = scene.now_ms + 2 * DAY_MS + below(word, 20 * DAY_MS) - pl.col("setup_ms")
    delay_ms = pl.when(part == Part.IN_THE_FUTURE).then(later_ms).otherwise(0)
    lengthened_ms = pl.when(part == Part.OVER_24_HOURS).then(too_long_ms).otherwise(0)
    released_ms = (
        pl.when(part == Part.ENDS_BEFORE_START)
        .then(pl.col("setup_ms") - 1_000 - below(word, 600_000))
        .otherwise(pl.col("released_ms") + lengthened_ms + delay_ms)
    )
    return calls.with_columns(
        setup_ms=pl.col("setup_ms") + delay_ms,
        answered_ms=pl.col("answered_ms") + delay_ms,
        bridged_ms=pl.col("bridged_ms") + delay_ms,
        released_ms=released_ms,
        billable_ms=pl.col("billable_ms") + lengthened_ms,
    )


def _finished(calls: pl.DataFrame, scene: Scene) -> pl.DataFrame:
    row = calls["row"]
    is_single = below(scene.words(row, "single"), 1 << 16) < scene.single_per_65536
    return calls.select(
        call_id=pl.format("{}-{}.{}", pl.lit(f"{scene.seed:x}"), pl.col("setup_ms") // 1000, "row"),
        leg=pl.lit(""),
        calling_number="calling_number",
        service_number="service_number",
        answering_number="answering_number",
        setup_ms="setup_ms",
        answered_ms="answered_ms",
        bridged_ms="bridged_ms",
        released_ms="released_ms",
        billable_ms="billable_ms",
        billable_from="billable_from",
        cause="cause",
        extension="extension",
        first_leg_id=pl.lit(None, pl.String),
        partition=below(scene.words(row, "partition"), scene.partitions).cast(pl.Int32),
        is_single=is_single | (pl.col("part") == Part.GARBLED),
        planted=pl.Series(_FACES).gather(calls["part"]),
        part="part",
        arrival_ms="arrival_ms",
        row="row",
        turn=pl.lit(0, pl.Int8),
    )


# 5. What else comes of them.


def _copies(calls: pl.DataFrame, turn: int, scene: Scene) -> pl.DataFrame:
    delay_ms = 2_000 + lengths_ms(scene.words(calls["row"], f"copy {turn}"), _COPY_DELAY)
    return calls.with_columns(
        arrival_ms=pl.col("arrival_ms") + delay_ms,
        turn=pl.lit(turn, pl.Int8),
        planted=pl.lit("copy"),
    )


def _contradictions(calls: pl.DataFrame, scene: Scene) -> pl.DataFrame:
    length_ms = pl.col("released_ms") - pl.col("answered_ms") + _CONTRADICTION_MS
    return _copies(calls, 1, scene).with_columns(
        # Where the call states nothing, or less, this is another length than it has.
        billable_ms=pl.coalesce(pl.col("billable_ms") + _CONTRADICTION_MS, length_ms),
        planted=pl.lit("contradiction"),
    )


def _second_legs(calls: pl.DataFrame) -> pl.DataFrame:
    """Make the records of the legs to a person; a switch sends them just before the call's."""
    return calls.with_columns(
        call_id=pl.col("call_id") + "-b",
        leg=pl.lit("b"),
        service_number="answering_number",
        answered_ms="bridged_ms",
        bridged_ms=pl.lit(None, pl.Int64),
        setup_ms=pl.max_horizontal("setup_ms", pl.col("bridged_ms") - 8_000),
        billable_ms=pl.col("released_ms") - pl.col("bridged_ms"),
        billable_from=pl.lit("answered"),
        extension=pl.lit(None, pl.String),
        first_leg_id="call_id",
        planted=pl.lit("second_leg"),
        turn=pl.lit(-1, pl.Int8),
    )
