from dataclasses import replace

import pytest

from cdrpipe.errors import TariffError
from cdrpipe.tariff.rate_plan import Rate, RatePlanVersion, RateStep, Zone
from cdrpipe.tariff.region_class import (
    NO_REGION_ID,
    answering_classes,
    build_region_slots,
    calling_classes,
)

RATE = Rate(
    rate_id="r",
    party="enterprise",
    steps=(RateStep(from_ms=0, price_micros=1, per_ms=1, increment_ms=1),),
)


def version_of(*rates: Rate, zones: tuple[Zone, ...] = ()) -> RatePlanVersion:
    return RatePlanVersion(
        plan_id="p",
        version=1,
        name="p",
        tz="Asia/Shanghai",
        valid_from_us=0,
        valid_until_us=None,
        split="independent",
        rates=rates,
        zones=zones,
    )


def test_regions_that_are_named_have_a_slot_and_others_their_provinces_or_none() -> None:
    version = version_of(
        replace(RATE, calling_area=310021, answering_province=44),
        zones=(Zone(name="z", areas=(0,), provinces=(11,)),),
    )
    slots = build_region_slots([version])
    assert slots.region_ids[0] == NO_REGION_ID
    assert slots.region_ids[slots.slots[310021]] == 310021
    assert slots.region_ids[slots.slots[0]] == 0
    assert slots.slots[310022] == 0
    assert slots.slots[440755] == slots.slots[440020] != 0
    assert slots.slots[110010] not in (0, slots.slots[440755])
    assert len(slots.region_ids) == 5


def test_a_class_is_what_the_versions_own_rates_tell_apart() -> None:
    named = version_of(
        replace(RATE, calling_area=310021), replace(RATE, answering_area=440755),
        zones=(Zone(name="z", areas=(330571, 330574)),),
    )  # fmt: skip
    other = version_of(replace(RATE, calling_area=110010))
    slots = build_region_slots([named, other])

    def class_of(version: RatePlanVersion, region_id: int) -> int:
        return calling_classes(version, slots).class_of_slot[slots.slots[region_id]]

    assert class_of(named, 330571) == class_of(named, 330574)
    assert len({class_of(named, region) for region in (310021, 330571, 440755)}) == 3
    assert class_of(named, 440755) == class_of(named, 110010) == class_of(named, 0)
    assert len(answering_classes(named, slots).region_ids) == 2
    assert len(answering_classes(other, slots).region_ids) == 1


@pytest.mark.parametrize("name", ["area", "province"])
def test_regions_that_cannot_be_are_refused(name: str) -> None:
    for value in (-1, 1_000_000):
        version = version_of(replace(RATE, **{f"calling_{name}": value}))
        with pytest.raises(TariffError, match=rf"expected .* got \[{value}\]"):
            build_region_slots([version])


def test_there_are_at_most_65535_regions() -> None:
    zone = Zone(name="z", areas=tuple(range(2**16)))
    with pytest.raises(TariffError, match="expected fewer than 65536 regions, got 65536"):
        build_region_slots([version_of(RATE, zones=(zone,))])
