import polars as pl
import pytest

from cdrpipe.cdr.normalize import normalize
from cdrpipe.demo.callers import build_caller_pool, draw_callers, draw_calling_numbers
from cdrpipe.demo.planted import Caller, plan_planted
from cdrpipe.numbering.province import MAINLAND
from cdrpipe.numbering.region import RegionTable, province_code

CALLS = 20_000
HOME_REGION_ID = 440755


@pytest.fixture(scope="module")
def drawn(regions: RegionTable) -> list[tuple[Caller, str | None]]:
    pool = build_caller_pool(regions)
    planted = plan_planted(calls=CALLS, has_single_messages=False)
    row = pl.int_range(0, CALLS, dtype=pl.UInt64, eager=True)
    home = pl.repeat(pool.regions["region_id"].to_list().index(HOME_REGION_ID), CALLS, eager=True)
    caller = draw_callers(row, planted=planted, seed=1)
    number = draw_calling_numbers(row, caller, home, pool=pool, seed=1)
    return [(Caller(who), raw) for who, raw in zip(caller, number, strict=True)]


def kind_of(caller: Caller) -> str:
    if caller < Caller.LANDLINE:
        return "mobile"
    return "landline" if caller < Caller.INTERNATIONAL else caller.name.lower()


def test_every_number_normalises_to_what_it_was_planted_as(
    drawn: list[tuple[Caller, str | None]], regions: RegionTable
) -> None:
    for caller, raw in drawn:
        found = normalize(raw, trunk_area="", regions=regions)
        assert found.kind == kind_of(caller), (caller, raw)
        if found.kind in {"mobile", "landline", "international"}:
            assert found.region_id > 0, (caller, raw)


def test_only_dirty_numbers_differ_from_their_display_form(
    drawn: list[tuple[Caller, str | None]], regions: RegionTable
) -> None:
    for caller, raw in drawn:
        if caller < Caller.INTERNATIONAL:
            is_clean = caller in {Caller.MOBILE, Caller.LANDLINE}
            found = normalize(raw, trunk_area="", regions=regions)
            assert found.is_display == is_clean, (caller, raw)


def test_calls_come_from_every_province_and_from_outside(
    drawn: list[tuple[Caller, str | None]], regions: RegionTable
) -> None:
    found = [normalize(raw, trunk_area="", regions=regions).region_id for _, raw in drawn]
    provinces = {province_code(region_id) for region_id in found}
    assert provinces == {0, *(province.code for province in MAINLAND), 71, 81, 82, 99}
    # 35 of a hundred from the mainland, besides those who live there anyway.
    mainland = [region_id for region_id in found if 0 < region_id < 700_000]
    assert 0.35 < mainland.count(HOME_REGION_ID) / len(mainland) < 0.40


def test_some_switches_know_no_number(drawn: list[tuple[Caller, str | None]]) -> None:
    unknown = {raw for caller, raw in drawn if caller == Caller.UNKNOWN}
    assert {None, "", "anonymous", "0"} <= unknown
    assert all(raw is not None for caller, raw in drawn if caller != Caller.UNKNOWN)
