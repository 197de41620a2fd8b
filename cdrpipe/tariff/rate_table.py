"""Rate plan versions flattened to the arrays the kernel reads.

A charge is an exact sum of fractions: ``price_micros / per_ms`` a millisecond, and another
fraction in each step. Here all rates that one call may pass through get one common denominator, so
that the kernel adds whole numbers only; rates whose sums could leave 128 bits do not come through
``fits_kernel``. Which rate a call finds is ``rate_cells.py``'s.
"""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import gcd, lcm
from types import MappingProxyType

import pyarrow as pa

from cdrpipe.errors import TariffError
from cdrpipe.numbering.calendar import Calendar
from cdrpipe.tariff.band_clock import BandClock, BandSet
from cdrpipe.tariff.carrier_cost import (
    carrier_version,
    has_carrier_rates,
    without_carrier_rates,
)
from cdrpipe.tariff.prefix_book import PrefixBooks, build_prefix_books
from cdrpipe.tariff.rate_cells import CellTable, PartyLeaves, RateGroup, enter_leaves
from cdrpipe.tariff.rate_plan import (
    AMOUNT_MICROS_MAX,
    DECIMALS_MAX,
    FREE_RATE_ID,
    PAYING_PARTIES,
    ROUNDINGS,
    STEP_MS_MAX,
    Band,
    Rate,
    RatePlanVersion,
)
from cdrpipe.tariff.region_class import (
    RegionSlots,
    answering_classes,
    build_region_slots,
    calling_classes,
)

# Longest billable quantity of one row: 24 hours need 2^27 ms; 2^40 units in thousandths need 2^50.
BILLABLE_MS_MAX = 2**50

# Numbers of the kernel's rows, field by field as in _fast/charge.pxd.
GROUP_FIELDS = 3
RATE_FIELDS = 9
STEP_FIELDS = 3

# A minimum or maximum that a rate does not have; a group without a rate for a band; a party whose
# rates name no prefix; a version whose rates name no region.
NO_LIMIT = NO_RATE = NO_LEAVES = NO_CLASSES = -1

_NO_CALENDARS: Mapping[str, Calendar] = MappingProxyType({})

# A weight is the price of one millisecond and a divisor that of one unit of the last decimal, both
# times the denominator. The time owed is at most one started increment beyond the billable time,
# also of a call that passes through several rates; the fee is owed on top. Rounding half up doubles
# a remainder, which is less than the divisor.
_WEIGHT_LIMIT = 2**62
_DIVISOR_LIMIT = 2**62
_SCALED_SUM_MAX = (
    BILLABLE_MS_MAX + STEP_MS_MAX
) * _WEIGHT_LIMIT + AMOUNT_MICROS_MAX * _DIVISOR_LIMIT
assert _SCALED_SUM_MAX < 2**127
assert AMOUNT_MICROS_MAX * _DIVISOR_LIMIT < 2**127
assert 2 * _DIVISOR_LIMIT <= 2**63
# Positions within a call, and a started increment beyond them, are int64.
assert BILLABLE_MS_MAX + 2 * STEP_MS_MAX < 2**63


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RateTable:
    """All rates of all versions; the position of a version is its ``plan_version_index``.

    Attributes
    ----------
    rate_ids
        string, one a rate; behind the last null, which is no rate, and that of free numbers.
    zone_of_rate, band_of_rate
        int32 for each of ``rate_ids``: position in ``zones`` or ``bands``, whose first is "".
    prefix_sources
        What each version matches its prefixes against, one of PREFIX_SOURCES; None: it names none.
    clock
        The band sets of the groups, and their timelines.
    versions, leaves, blocks, cells, groups, members, price_of_rate
        int32 rows as in ``_fast/charge.pxd``.
    prices, steps
        int64 rows of ``RATE_FIELDS`` and ``STEP_FIELDS`` numbers; rates that cost the same share
        a price.
    region_slots, region_classes
        uint16 a region id, and two uint16 a slot and version: ``region_class.py``.
    free_numbers
        int64, those of a version ascending.
    carrier
        The same for what the carrier is owed; None where no version says it.
    """

    version_count: int
    rate_ids: pa.StringArray
    zone_of_rate: pa.Int32Array
    zones: pa.StringArray
    band_of_rate: pa.Int32Array
    bands: pa.StringArray
    prefix_sources: tuple[str | None, ...]
    prefix_books: PrefixBooks
    clock: BandClock
    versions: memoryview
    leaves: memoryview
    blocks: memoryview
    cells: memoryview
    groups: memoryview
    members: memoryview
    price_of_rate: memoryview
    prices: memoryview
    steps: memoryview
    region_slots: memoryview
    region_classes: memoryview
    free_numbers: memoryview
    carrier: "RateTable | None" = None


def build_rate_table(
    versions: Sequence[RatePlanVersion], calendars: Mapping[str, Calendar] = _NO_CALENDARS
) -> RateTable:
    """Flatten rate plan versions, whose rates the reader of rate decks has let through.

    Parameters
    ----------
    calendars
        By name. Under a version whose calendar is missing no year is confirmed.

    Raises
    ------
    TariffError
        The sums of a rate, or of rates that one call may pass through, could leave 128 bits; a
        prefix is too long, a region cannot be, or the versions tell too many calls apart.
    """
    table = _table([without_carrier_rates(version) for version in versions], calendars)
    if not any(map(has_carrier_rates, versions)):
        return table
    return replace(table, carrier=_table([*map(carrier_version, versions)], calendars))


def fits_kernel(*rates: Rate) -> bool:
    """Tell whether every sum of a call within bounds that passes through these rates is exact.

    A call passes through several rates of one group only, and only under the band option split.
    """
    denominator = _denominator(rates)
    if denominator * 10**DECIMALS_MAX >= _DIVISOR_LIMIT:
        return False
    return all(weight < _WEIGHT_LIMIT for rate in rates for weight in _weights(rate, denominator))


def _table(versions: Sequence[RatePlanVersion], calendars: Mapping[str, Calendar]) -> RateTable:
    builder = _TableBuilder(
        rate_count=sum(len(version.rates) for version in versions),
        regions=build_region_slots(versions),
        calendars=calendars,
    )
    for version in versions:
        builder.enter(version)
    return builder.table()


@dataclass(frozen=True, slots=True, kw_only=True)
class _TableBuilder:
    """The arrays while version after version is entered."""

    rate_count: int
    regions: RegionSlots
    calendars: Mapping[str, Calendar]
    rates: list[Rate] = field(default_factory=list)
    versions: "array[int]" = field(default_factory=lambda: array("i"))
    leaves: "array[int]" = field(default_factory=lambda: array("i"))
    cells: CellTable = field(default_factory=CellTable)
    groups: "array[int]" = field(default_factory=lambda: array("i"))
    members: "array[int]" = field(default_factory=lambda: array("i"))
    price_of_rate: "array[int]" = field(default_factory=lambda: array("i"))
    prices: "array[int]" = field(default_factory=lambda: array("q"))
    steps: "array[int]" = field(default_factory=lambda: array("q"))
    region_classes: "array[int]" = field(default_factory=lambda: array("H"))
    free_numbers: "array[int]" = field(default_factory=lambda: array("q"))
    books: list[tuple[str, ...]] = field(default_factory=list)
    prefix_sources: list[str | None] = field(default_factory=list)
    band_sets: dict[tuple[tuple[Band, ...], str, str | None], int] = field(default_factory=dict)
    price_positions: dict[tuple[object, ...], int] = field(default_factory=dict)

    def enter(self, version: RatePlanVersion) -> None:
        """Enter one version: its rates and their prices, its groups, and where calls find them."""
        groups = self._enter_rates(version)
        names_regions = bool(version.zones) or any(
            name is not None
            for rate in version.rates
            for name in (
                rate.calling_area,
                rate.calling_province,
                rate.answering_area,
                rate.answering_province,
            )
        )
        calling = calling_classes(version, self.regions)
        answering = answering_classes(version, self.regions)
        classes_start = NO_CLASSES
        if names_regions:
            classes_start = len(self.region_classes) // 2
            for pair in zip(calling.class_of_slot, answering.class_of_slot, strict=True):
                self.region_classes.extend(pair)
        book = _book(version)
        parties = [
            enter_leaves(
                version, groups[party], book, calling=calling, answering=answering, table=self.cells
            )
            for party in PAYING_PARTIES
        ]
        free_start = len(self.free_numbers)
        self.free_numbers.extend(sorted(set(version.free_numbers)))
        self.books.append(book)
        self.prefix_sources.append(version.prefix_of if book else None)
        self.versions.extend(
            (
                version.split == "rest",
                any(rate.party == "caller" for rate in version.rates),
                version.band_option == "split",
                len(book),
                *(party.root for party in parties),
                *(self._enter_by_prefix(party) for party in parties),
                classes_start,
                free_start,
                len(self.free_numbers),
            )
        )

    def table(self) -> RateTable:
        """Give what was entered."""
        band_sets = [
            BandSet(bands=bands, tz=tz, calendar=self.calendars.get(name or ""))
            for bands, tz, name in self.band_sets
        ]
        zone_of_rate, zones = _names([rate.zone for rate in self.rates])
        band_of_rate, bands = _names([rate.band for rate in self.rates])
        return RateTable(
            version_count=len(self.books),
            rate_ids=pa.array([*(rate.rate_id for rate in self.rates), None, FREE_RATE_ID]),
            zone_of_rate=zone_of_rate,
            zones=zones,
            band_of_rate=band_of_rate,
            bands=bands,
            prefix_sources=tuple(self.prefix_sources),
            prefix_books=build_prefix_books(self.books),
            clock=BandClock(band_sets),
            versions=memoryview(self.versions).toreadonly(),
            leaves=memoryview(self.leaves).toreadonly(),
            blocks=memoryview(self.cells.blocks).toreadonly(),
            cells=memoryview(self.cells.cells).toreadonly(),
            groups=memoryview(self.groups).toreadonly(),
            members=memoryview(self.members).toreadonly(),
            price_of_rate=memoryview(self.price_of_rate).toreadonly(),
            prices=memoryview(self.prices).toreadonly(),
            steps=memoryview(self.steps).toreadonly(),
            region_slots=self.regions.slots.toreadonly(),
            region_classes=memoryview(self.region_classes).toreadonly(),
            free_numbers=memoryview(self.free_numbers).toreadonly(),
        )

    def _enter_rates(self, version: RatePlanVersion) -> dict[str, list[RateGroup]]:
        """Enter the rates in the order of the version, and give the groups of each party."""
        members: dict[tuple[object, ...], dict[str | None, int]] = {}
        first_index = len(self.rates)
        self.rates.extend(version.rates)
        for index, rate in enumerate(version.rates, start=first_index):
            members.setdefault((rate.party, rate.match), {}).setdefault(rate.band, index)
        self.price_of_rate.extend([NO_RATE] * len(version.rates))
        groups: dict[str, list[RateGroup]] = {party: [] for party in PAYING_PARTIES}
        for by_band in members.values():
            self._enter_prices(version, [*by_band.values()])
            rate = self.rates[next(iter(by_band.values()))]
            cell = self._enter_group(version, by_band)
            groups[rate.party].append(RateGroup(rate=rate, cell=cell))
        return groups

    def _enter_prices(self, version: RatePlanVersion, indices: list[int]) -> None:
        """Enter the prices of one group's rates over the denominators that their calls need."""
        rates = [self.rates[index] for index in indices]
        parts = [rates] if version.band_option == "split" else [[rate] for rate in rates]
        denominators = [_denominator(part) for part in parts for _ in part]
        for part in parts:
            if not fits_kernel(*part):
                raise TariffError(
                    "expected prices that can be added exactly, got those of "
                    + ", ".join(rate.rate_id for rate in part),
                    where=f"plan {version.plan_id} version {version.version}",
                    hint="state the prices per the same time, such as a minute",
                )
        for index, rate, denominator in zip(indices, rates, denominators, strict=True):
            self.price_of_rate[index] = self._price(rate, denominator)

    def _price(self, rate: Rate, denominator: int) -> int:
        limits = (rate.connect_fee_micros, rate.minimum_micros, rate.maximum_micros)
        key = (rate.steps, limits, rate.rounding, rate.decimals, denominator)
        position = self.price_positions.setdefault(key, len(self.price_positions))
        if position * RATE_FIELDS == len(self.prices):
            first_step = len(self.steps) // STEP_FIELDS
            self.prices.extend(_price_row(rate, denominator, first_step=first_step))
            self.steps.extend(_step_rows(rate, denominator))
        return position

    def _enter_group(self, version: RatePlanVersion, by_band: Mapping[str | None, int]) -> int:
        """Give a group's cell: that of its one rate where no band is named."""
        bands = tuple(band for band in version.bands if band.name in by_band)
        if not bands:
            return by_band[None]
        key = (bands, version.tz, version.calendar)
        band_set = self.band_sets.setdefault(key, len(self.band_sets))
        self.groups.extend((band_set, len(self.members), len(bands)))
        self.members.extend(by_band[band.name] for band in bands)
        self.members.append(by_band.get(None, NO_RATE))
        return self.rate_count + len(self.groups) // GROUP_FIELDS - 1

    def _enter_by_prefix(self, party: PartyLeaves) -> int:
        if party.by_prefix is None:
            return NO_LEAVES
        self.leaves.extend(party.by_prefix)
        return len(self.leaves) - len(party.by_prefix)


def _book(version: RatePlanVersion) -> tuple[str, ...]:
    """Collect the prefixes that the rates and zones of a version name, in order."""
    prefixes = {rate.prefix for rate in version.rates if rate.prefix is not None}
    named = {rate.zone for rate in version.rates}
    prefixes.update(*(zone.prefixes for zone in version.zones if zone.name in named))
    return tuple(sorted(prefixes))


def _names(names: Sequence[str | None]) -> tuple[pa.Int32Array, pa.StringArray]:
    """Give the positions of names, None and the two entries behind the rates being ""."""
    position = {"": 0}
    positions = [position.setdefault(name or "", len(position)) for name in names]
    return pa.array([*positions, 0, 0], pa.int32()), pa.array([*position], pa.string())


def _denominator(rates: Sequence[Rate]) -> int:
    """Find the least number that makes the price of a millisecond whole in every step."""
    return lcm(
        *(
            step.per_ms // gcd(step.per_ms, step.price_micros)
            for rate in rates
            for step in rate.steps
        )
    )


def _weights(rate: Rate, denominator: int) -> list[int]:
    weights = []
    for step in rate.steps:
        weight, remainder = divmod(step.price_micros * denominator, step.per_ms)
        assert remainder == 0
        weights.append(weight)
    return weights


def _price_row(rate: Rate, denominator: int, *, first_step: int) -> list[int]:
    # "none" keeps what a micro can hold, rounded half up like the default.
    is_plain = rate.rounding == "none"
    rounding = "half_up" if is_plain else rate.rounding
    unit_micros = 10 ** (DECIMALS_MAX - (DECIMALS_MAX if is_plain else rate.decimals))
    return [
        rate.connect_fee_micros,
        NO_LIMIT if rate.minimum_micros is None else rate.minimum_micros,
        NO_LIMIT if rate.maximum_micros is None else rate.maximum_micros,
        denominator,
        denominator * unit_micros,
        unit_micros,
        ROUNDINGS.index(rounding),
        first_step,
        first_step + len(rate.steps),
    ]


def _step_rows(rate: Rate, denominator: int) -> list[int]:
    # A step ends where the next begins; the last one beyond every call.
    ends_ms = [step.from_ms for step in rate.steps[1:]] + [BILLABLE_MS_MAX]
    rows = []
    for step, end_ms, weight in zip(rate.steps, ends_ms, _weights(rate, denominator), strict=True):
        rows += [end_ms, step.increment_ms, weight]
    return rows
