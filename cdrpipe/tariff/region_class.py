"""Regions as a tariff tells them apart: two that no rate distinguishes are of one class.

Every region id has a slot: its own where some rate or zone of some version names it, else its
province's, else slot 0. A version sorts the slots into classes, once as callers' regions and once
as answering numbers' regions.
"""

from array import array
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from cdrpipe.errors import TariffError
from cdrpipe.numbering.region import province_code
from cdrpipe.tariff.rate_plan import RatePlanVersion, Zone

# Region ids have two digits of the province and four of the area.
PROVINCE_CODE_LIMIT = 100
AREAS_PER_PROVINCE = 10_000
REGION_ID_LIMIT = PROVINCE_CODE_LIMIT * AREAS_PER_PROVINCE

# A region that no rate can name. Slot 0 is its: where nobody was bridged no region matches.
NO_REGION_ID = -AREAS_PER_PROVINCE

_SLOTS_MAX = 2**16


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionSlots:
    """The slot of every region id (uint16), and one region id of every slot."""

    slots: memoryview
    region_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionClasses:
    """The class of every slot, and one region id of every class: the same rates match them all."""

    class_of_slot: tuple[int, ...]
    region_ids: tuple[int, ...]


def build_region_slots(versions: Sequence[RatePlanVersion]) -> RegionSlots:
    """Give a slot to every region and province that any of the versions names.

    Raises
    ------
    TariffError
        A region or a province is named that cannot be.
    """
    areas, provinces = _named(versions)
    if beyond := [area for area in areas if not 0 <= area < REGION_ID_LIMIT]:
        raise TariffError(f"expected region ids of at most six digits, got {sorted(beyond)}")
    if beyond := [code for code in provinces if not 0 <= code < PROVINCE_CODE_LIMIT]:
        raise TariffError(f"expected province codes of at most two digits, got {sorted(beyond)}")
    if len(areas) + len(provinces) >= _SLOTS_MAX:
        raise TariffError(f"expected fewer than {_SLOTS_MAX} regions, got {len(areas)}")
    region_ids = [NO_REGION_ID]
    slots = memoryview(bytearray(2 * REGION_ID_LIMIT)).cast("H")
    for code in sorted(provinces):
        ids = range(code * AREAS_PER_PROVINCE, (code + 1) * AREAS_PER_PROVINCE)
        slots[ids.start : ids.stop] = memoryview(array("H", [len(region_ids)]) * len(ids))
        region_ids.append(next((i for i in ids if i not in areas), NO_REGION_ID))
    for area in sorted(areas):
        slots[area] = len(region_ids)
        region_ids.append(area)
    return RegionSlots(slots=slots, region_ids=tuple(region_ids))


def calling_classes(version: RatePlanVersion, slots: RegionSlots) -> RegionClasses:
    """Sort the slots by what the version's rates and zones tell apart in callers' regions."""
    areas = {rate.calling_area for rate in version.rates}
    provinces = {rate.calling_province for rate in version.rates}
    return _classes(
        slots,
        (
            (
                region_id if region_id in areas else None,
                province_code(region_id) if province_code(region_id) in provinces else None,
                *(is_region_in_zone(region_id, zone) for zone in version.zones),
            )
            for region_id in slots.region_ids
        ),
    )


def answering_classes(version: RatePlanVersion, slots: RegionSlots) -> RegionClasses:
    """Sort the slots by what the version's rates tell apart in answering numbers' regions."""
    areas = {rate.answering_area for rate in version.rates}
    provinces = {rate.answering_province for rate in version.rates}
    return _classes(
        slots,
        (
            (
                region_id if region_id in areas else None,
                province_code(region_id) if province_code(region_id) in provinces else None,
            )
            for region_id in slots.region_ids
        ),
    )


def is_region_in_zone(region_id: int, zone: Zone) -> bool:
    """Tell whether the zone names the region or its province."""
    return region_id in zone.areas or province_code(region_id) in zone.provinces


def _named(versions: Sequence[RatePlanVersion]) -> tuple[set[int], set[int]]:
    """Collect the region ids and the province codes that rates and zones name."""
    areas: set[int | None] = set()
    provinces: set[int | None] = set()
    for version in versions:
        for rate in version.rates:
            areas |= {rate.calling_area, rate.answering_area}
            provinces |= {rate.calling_province, rate.answering_province}
        for zone in version.zones:
            areas.update(zone.areas)
            provinces.update(zone.provinces)
    return {area for area in areas if area is not None}, {
        code for code in provinces if code is not None
    }


def _classes(slots: RegionSlots, looks: Iterable[Hashable]) -> RegionClasses:
    """Put slots that look alike into one class."""
    number_of_look: dict[Hashable, int] = {}
    class_of_slot = []
    region_ids: list[int] = []
    for region_id, look in zip(slots.region_ids, looks, strict=True):
        number = number_of_look.setdefault(look, len(number_of_look))
        if number == len(region_ids):
            region_ids.append(region_id)
        class_of_slot.append(number)
    return RegionClasses(class_of_slot=tuple(class_of_slot), region_ids=tuple(region_ids))
