"""Random tariffs and random calls over them, made to meet every border and every branch."""

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pyarrow as pa

from cdrpipe.cdr.schema import NUMBER_KINDS, RELATIONS
from cdrpipe.numbering.calendar import Calendar
from cdrpipe.rating.charge import CallCharges, charge_call
from cdrpipe.rating.rate_batch import RatedCharges, rate_batch
from cdrpipe.rating.rate_group import CallFacts
from cdrpipe.tariff.rate_plan import (
    AMOUNT_MICROS_MAX,
    DAY_MS,
    DURATION_MS_MAX,
    PREFIX_SOURCES,
    ROUNDINGS,
    SPLITS,
    Band,
    Rate,
    RatePlanVersion,
    RateStep,
    Zone,
)
from cdrpipe.tariff.rate_table import build_rate_table, fits_kernel

CALLING_KINDS = tuple(kind for kind in NUMBER_KINDS if kind != "none")
HOUR_MS = 3_600_000

# New Year, a leap day, the end of what the calendar confirms, a holiday with a worked Sunday, the
# two jumps of New York's clock, and days like any other.
DAYS = (
    dt.date(2025, 12, 31),
    dt.date(2026, 1, 1),
    dt.date(2026, 2, 28),
    dt.date(2026, 3, 8),
    dt.date(2026, 5, 9),
    dt.date(2026, 10, 1),
    dt.date(2026, 11, 1),
    dt.date(2026, 12, 31),
    dt.date(2027, 1, 1),
    dt.date(2028, 2, 29),
)
CALENDARS = {
    "cn": Calendar(
        name="cn",
        version="test",
        days={
            dt.date(2026, 1, 1): "holiday",
            dt.date(2026, 5, 9): "adjusted_workday",
            dt.date(2026, 10, 1): "holiday",
        },
        confirmed_years=frozenset({2025, 2026}),
    )
}

BEIJING, SHANGHAI, SHENZHEN, HANGZHOU, NINGBO = 110010, 310021, 440755, 330571, 330574
REGIONS = (BEIJING, SHANGHAI, SHENZHEN, HANGZHOU, NINGBO, 990000, 0)
PROVINCES = (11, 31, 33, 44, 99, 0)
PREFIXES = ("8", "86", "8610", "8613", "86138", "8613800", "400", "4008", "vo", "voicemail", "é")
NUMBERS = (8613800138000, 861380013, 8610, 861012345678, 85291234567, 8, 4008001234, 12125551234)
TEXTS = ("voicemail", "voicemails", "vo", "é1", "4008001234", "400", "95588", "")
FREE_NUMBERS = NUMBERS[:2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    version: int
    enterprise_billable_ms: int
    caller_billable_ms: int
    enterprise_start_us: int | None = None
    caller_start_us: int | None = None
    relation: str = "unknown"
    calling_kind: str = "unknown"
    answering_kind: str = "none"
    calling_region_id: int = 0
    answering_region_id: int = 0
    calling_number: int | None = None
    answering_number: int | None = None
    service_number: str | None = None
    is_continuation: bool = False
    is_priced: bool = True


def rate_all(versions: Sequence[RatePlanVersion], calls: Sequence[Call]) -> RatedCharges:
    """Price calls by the kernel."""

    def column(name: str, arrow_type: pa.DataType) -> pa.Array:
        return pa.array([getattr(call, name) for call in calls], arrow_type)

    def codes(name: str, names: Sequence[str]) -> pa.Array:
        code = {name: index for index, name in enumerate(names)}
        return pa.array([code[getattr(call, name)] for call in calls], pa.int8())

    return rate_batch(
        plan_version_index=column("version", pa.int32()),
        relation=codes("relation", RELATIONS),
        calling_kind=codes("calling_kind", NUMBER_KINDS),
        answering_kind=codes("answering_kind", NUMBER_KINDS),
        enterprise_billable_ms=column("enterprise_billable_ms", pa.int64()),
        caller_billable_ms=column("caller_billable_ms", pa.int64()),
        is_continuation=column("is_continuation", pa.bool_()),
        is_priced=column("is_priced", pa.bool_()),
        rate_table=build_rate_table(versions, CALENDARS),
        enterprise_start_us=column("enterprise_start_us", pa.int64()),
        caller_start_us=column("caller_start_us", pa.int64()),
        calling_region_id=column("calling_region_id", pa.int32()),
        answering_region_id=column("answering_region_id", pa.int32()),
        calling_number=column("calling_number", pa.int64()),
        answering_number=column("answering_number", pa.int64()),
        service_number=column("service_number", pa.string()),
    )


def by_the_rule(version: RatePlanVersion, call: Call) -> CallCharges:
    """Price a call by the plain rule."""
    number: int | str | None = getattr(call, version.prefix_of)
    if version.prefix_of == "answering_number" and call.answering_kind == "none":
        number = None
    facts = {
        "destination": "" if number is None else str(number),
        "calling_region_id": call.calling_region_id,
        "answering_region_id": call.answering_region_id,
        "relation": call.relation,
        "calling_kind": call.calling_kind,
        "answering_kind": call.answering_kind,
        "is_continuation": call.is_continuation,
        "calling_number": call.calling_number,
    }
    return charge_call(
        version,
        CALENDARS.get(version.calendar or ""),
        enterprise=CallFacts(
            billable_ms=call.enterprise_billable_ms, start_us=call.enterprise_start_us, **facts
        ),
        caller=CallFacts(
            billable_ms=call.caller_billable_ms, start_us=call.caller_start_us, **facts
        ),
    )


def rows_of(charges: RatedCharges) -> list[tuple[object, ...]]:
    """Give what the kernel made of each call."""
    columns = (
        charges.enterprise_charge_micros,
        charges.caller_charge_micros,
        charges.enterprise_rate_id,
        charges.caller_rate_id,
        charges.zone,
        charges.band,
        charges.reason,
    )
    return list(zip(*(column.to_pylist() for column in columns), strict=True))


def row_of(charges: CallCharges) -> tuple[object, ...]:
    """Give what the rule made of a call in the same form."""
    rates = (charges.enterprise_rate, charges.caller_rate)
    enterprise = None if charges.reason else charges.enterprise_rate
    return (
        charges.enterprise_charge_micros,
        charges.caller_charge_micros,
        *(None if rate is None else rate.rate_id for rate in rates),
        *((None, None) if enterprise is None else (enterprise.zone or "", enterprise.band or "")),
        int(charges.reason or 0),
    )


# Tariffs.


def some_version(choose: random.Random, number: int) -> RatePlanVersion:
    """Make a rate plan version."""
    option = choose.choice(("by_start", "split"))
    bands = some_bands(choose, option)
    zones = some_zones(choose)
    parties = choose.choice((("enterprise",), ("enterprise", "caller"), ("enterprise", "caller")))
    rates = []
    for party in parties:
        matches = {some_match(choose, zones) for _ in range(choose.randrange(1, 6))}
        if choose.random() < 0.85:  # Most plans have a rate for everything.
            matches.add((None,) * 9)
        for match in sorted(matches, key=str):
            rates += some_group(choose, f"{number}.{len(rates)}", party, match, bands, option)
    return RatePlanVersion(
        plan_id=f"plan {number}",
        version=1,
        name="",
        tz=choose.choice(("Asia/Shanghai", "Asia/Shanghai", "America/New_York", "UTC")),
        valid_from_us=0,
        valid_until_us=None,
        split=choose.choice(SPLITS),
        rates=tuple(rates),
        bands=bands,
        zones=zones,
        band_option=option,
        prefix_of=choose.choice(PREFIX_SOURCES),
        calendar="cn" if any(band.day_kinds for band in bands) else None,
        free_numbers=FREE_NUMBERS if choose.random() < 0.1 else (),
    )


def some_bands(choose: random.Random, option: str) -> tuple[Band, ...]:
    """Make bands of all sorts, none of the same priority."""
    count = choose.choice((1, 4, 5) if option == "split" else (0, 0, 1, 2))
    priorities = choose.sample(range(10), count)
    return tuple(
        Band(name=f"band {index}", priority=priority, **some_instants(choose))
        for index, priority in enumerate(priorities)
    )


def some_instants(choose: random.Random) -> dict[str, object]:
    """Make what a band names."""
    hours = choose.choice(((0, 24), (8, 20), (20, 8), (12, 12), (0, 12), (18, 24), (1, 3)))
    times = {"from_ms": hours[0] * HOUR_MS, "until_ms": hours[1] * HOUR_MS}
    if choose.random() < 0.2:
        times = {"from_ms": choose.randrange(DAY_MS), "until_ms": choose.randrange(1, DAY_MS + 1)}
    days = choose.choice(
        (
            {},
            {},
            {"weekdays": tuple(sorted(choose.sample(range(1, 8), choose.randrange(1, 7))))},
            {"weekdays": (1, 2, 3, 4, 5)},
            {"months": (1, 2, 12), "month_days": (1, 28, 29, 31)},
            {"years": (2026,)},
            {"dates": tuple((day, day + dt.timedelta(days=2)) for day in choose.sample(DAYS, 3))},
            {"day_kinds": ("holiday", "restday")},
            {"day_kinds": ("workday", "adjusted_workday")},
        )
    )
    return times | days


def some_zones(choose: random.Random) -> tuple[Zone, ...]:
    """Make zones of regions, of prefixes and of both."""
    return tuple(
        Zone(
            name=name,
            provinces=tuple(choose.sample(PROVINCES, choose.randrange(3))),
            areas=tuple(choose.sample(REGIONS, choose.randrange(3))),
            prefixes=tuple(choose.sample(PREFIXES, choose.randrange(4))),
        )
        for name in ("near", "local")[: choose.choice((0, 1, 2, 2))]
    )


def some_match(choose: random.Random, zones: Sequence[Zone]) -> tuple[str | int | None, ...]:
    """Make what a group of rates names, in the order of ``Rate.match``."""

    def perhaps(names: Sequence[str | int]) -> str | int | None:
        return choose.choice(names) if names and choose.random() < 0.25 else None

    return (
        choose.choice(PREFIXES) if choose.random() < 0.4 else None,
        perhaps(REGIONS),
        perhaps(PROVINCES),
        choose.choice((*(zone.name for zone in zones), None, None)),
        perhaps(REGIONS),
        perhaps(PROVINCES),
        perhaps(RELATIONS),
        perhaps(CALLING_KINDS),
        perhaps(NUMBER_KINDS),
    )


def some_group(
    choose: random.Random,
    rate_id: str,
    party: str,
    match: tuple[str | int | None, ...],
    bands: Sequence[Band],
    option: str,
) -> list[Rate]:
    """Make a rate for some of the bands, and mostly one for the time without."""
    names = [band.name for band in bands if choose.random() < 0.8]
    if not names or choose.random() < (0.6 if option == "split" else 0.8):
        names.append(None)
    while True:
        rates = [some_rate(choose, f"{rate_id} {name}", party, match, name) for name in names]
        if fits_kernel(*rates) if option == "split" else all(map(fits_kernel, rates)):
            return rates


def some_rate(
    choose: random.Random,
    rate_id: str,
    party: str,
    match: tuple[str | int | None, ...],
    band: str | None,
) -> Rate:
    """Make a rate."""
    decimals = choose.randrange(7)
    # Half of the last decimal that is kept: a call that is lifted to it lies half way.
    half = 10 ** (6 - decimals) // 2 * choose.randrange(1, 99, 2)
    minimum = choose.choice((None, None, choose.randrange(10**6), half))
    maximum = choose.choice((None, None, (minimum or 0) + choose.randrange(2 * 10**6)))
    steps = some_steps(choose)
    if choose.random() < 0.12:
        # Around a million yuan a millisecond: charges on both sides of 10^12 yuan, and sums beyond
        # 64 bits where the denominator is 97.
        price = {"price_micros": AMOUNT_MICROS_MAX, "per_ms": choose.choice((1, 97))}
        steps = (RateStep(from_ms=0, increment_ms=choose.choice((1, 97, 6_000_000)), **price),)
        minimum = maximum = None
    names = ("prefix", "calling_area", "calling_province", "zone", "answering_area")
    names += ("answering_province", "relation", "calling_kind", "answering_kind")
    return Rate(
        rate_id=rate_id,
        party=party,
        **dict(zip(names, match, strict=True)),
        band=band,
        connect_fee_micros=choose.choice((0, 0, choose.randrange(10**6))),
        minimum_micros=minimum,
        maximum_micros=maximum,
        steps=steps,
        rounding=choose.choice(ROUNDINGS),
        decimals=decimals,
    )


def some_steps(choose: random.Random) -> tuple[RateStep, ...]:
    """Make one to four steps."""
    if choose.random() < 0.14:
        # Half a micro an increment: also what keeps six decimals can lie half way.
        return (RateStep(from_ms=0, price_micros=4_001, per_ms=12_000, increment_ms=6_000),)
    moments = choose.sample((6_000, 30_000, 59_999, 60_000, 180_000, 7_777), choose.randrange(4))
    return tuple(
        RateStep(
            from_ms=moment,
            price_micros=choose.choice((0, 1, 10_000, 110_000, 120_000, choose.randrange(10**6))),
            per_ms=choose.choice((1_000, 6_000, 7_000, 60_000, choose.randrange(1, 100_000))),
            increment_ms=choose.choice((1, 1_000, 6_000, 60_000, choose.randrange(1, 200_000))),
        )
        for moment in (0, *sorted(moments))
    )


# Calls.


def some_calls(
    choose: random.Random, versions: Sequence[RatePlanVersion], count: int
) -> list[Call]:
    """Make calls, four of five under versions that price a call whole: the rule is quicker there.

    At least ``count``, and fewer than one more a version.
    """
    calls = []
    walked = sum(version.band_option == "split" for version in versions)
    share_of = {"split": (walked, 5), "by_start": (len(versions) - walked, 1.25)}
    for index, version in enumerate(versions):
        sharing, part = share_of[version.band_option]
        per_version = int(count / sharing / part) + 1
        lengths = some_lengths(choose, version, 2 * per_version)
        starts = some_starts(choose, version, 2 * per_version)
        matches = [
            choose.choices(values, k=per_version)
            for values in (
                RELATIONS,
                CALLING_KINDS,
                NUMBER_KINDS,
                REGIONS,
                REGIONS,
                (*NUMBERS, None),
                (*NUMBERS, None),
                (*TEXTS, None),
                (False, False, False, True),
                (True,) * 12 + (False,),
            )
        ]
        for row, match in enumerate(zip(*matches, strict=True)):
            call = Call(
                version=index,
                enterprise_billable_ms=lengths[row],
                caller_billable_ms=lengths[-row - 1],
                enterprise_start_us=starts[row],
                caller_start_us=choose.choice((starts[row], starts[-row - 1])),
                relation=match[0],
                calling_kind=match[1],
                answering_kind=match[2],
                calling_region_id=match[3],
                answering_region_id=match[4],
                calling_number=match[5],
                answering_number=match[6],
                service_number=match[7],
                is_continuation=match[8],
                is_priced=match[9],
            )
            calls.append(call)
    return calls


def some_lengths(choose: random.Random, version: RatePlanVersion, count: int) -> list[int]:
    """Draw lengths around the borders of steps, and any other."""
    borders = {step.from_ms for rate in version.rates for step in rate.steps} | {60_000}
    near = sorted({max(0, border + distance) for border in borders for distance in (-1, 0, 1)})
    long = 8 if version.band_option == "split" else 2
    kinds = choose.choices(("near", "short", "long"), (4, 4, long), k=count)
    limits = {"short": 1_000_000, "long": DURATION_MS_MAX}
    return [
        choose.choice(near) if kind == "near" else choose.randrange(limits[kind]) for kind in kinds
    ]


def some_starts(choose: random.Random, version: RatePlanVersion, count: int) -> list[int | None]:
    """Draw starts around the borders of bands, some time before one, and none at all."""
    tz = ZoneInfo(version.tz)
    times = {0} | {ms for band in version.bands for ms in (band.from_ms, band.until_ms % DAY_MS)}
    borders = [
        int(dt.datetime(day.year, day.month, day.day, tzinfo=tz).timestamp()) * 1_000_000
        + time_ms * 1_000
        for day in DAYS
        for time_ms in times
    ]
    before_us = (0, 0, 1, 1_000, -1_000, 999, 59_999_000, 60_000_000, 60_001_000, 7_777_000)
    kinds = choose.choices(("border", "before", "none"), (5, 5, 1), k=count)
    starts: list[int | None] = []
    for kind, border in zip(kinds, choose.choices(borders, k=count), strict=True):
        distance = choose.choice(before_us) if kind == "border" else choose.randrange(10**9)
        starts.append(None if kind == "none" else border - distance)
    return starts
