from dataclasses import replace

import pytest

from cdrpipe.errors import TariffError
from cdrpipe.tariff import rate_cells
from cdrpipe.tariff.rate_plan import Rate, RatePlanVersion, RateStep, Zone
from cdrpipe.tariff.rate_table import RateTable, build_rate_table

RATE = Rate(
    rate_id="r",
    party="enterprise",
    steps=(RateStep(from_ms=0, price_micros=1, per_ms=1, increment_ms=1),),
)


def table_of(*rates: Rate, zones: tuple[Zone, ...] = ()) -> RateTable:
    version = RatePlanVersion(
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
    return build_rate_table([version])


def test_only_what_some_rate_names_has_cells() -> None:
    table = table_of(RATE, replace(RATE, relation="local"))
    assert table.cells.tolist() == [0, 1, 0, 0]
    assert table.blocks.tolist() == [0, 0, 0, 1, 0, 0]
    table = table_of(RATE, replace(RATE, relation="local"), replace(RATE, calling_area=310021))
    # Local, and any relation, within two classes of callers' regions.
    assert table.cells.tolist() == [0, 1, 0, 0, 2, 2, 2, 2]
    assert table.blocks.tolist() == [0, 4, 0, 1, 0, 0]


def test_rates_under_a_shorter_prefix_stand_in_the_leaf_of_the_longer() -> None:
    table = table_of(
        RATE, replace(RATE, prefix="86"), replace(RATE, prefix="861", relation="local")
    )
    [only_86, block_861] = table.leaves.tolist()
    assert only_86 == 1
    assert block_861 == -2
    assert table.cells.tolist() == [1, 2, 1, 1]


def test_leaves_with_the_same_rates_share_a_block() -> None:
    zone = Zone(name="z", prefixes=("1", "11", "2"))
    rates = (RATE, replace(RATE, relation="local"), replace(RATE, zone="z", relation="local"))
    table = table_of(*rates, zones=(zone,))
    assert len(set(table.leaves.tolist())) == 1
    assert table.cells.tolist() == [0, 1, 0, 0, 0, 2, 0, 0]


def test_a_zone_whose_prefix_matches_takes_every_region() -> None:
    zone = Zone(name="z", provinces=(31,), prefixes=("400",))
    table = table_of(RATE, replace(RATE, zone="z"), zones=(zone,))
    assert table.leaves.tolist() == [1]
    assert sorted(table.cells.tolist()) == [0, 1]


def test_of_two_rates_alike_the_first_wins() -> None:
    zones = (Zone(name="a", areas=(1,)), Zone(name="b", areas=(1,)))
    table = table_of(replace(RATE, zone="b"), replace(RATE, zone="a"), zones=zones)
    assert sorted(table.cells.tolist()) == [-1, 0]


def test_a_zone_that_is_called_like_a_relation_is_no_relation() -> None:
    zone = Zone(name="local", prefixes=("400",))
    table = table_of(RATE, replace(RATE, zone="local", relation="local"), zones=(zone,))
    assert table.cells.tolist() == [0, 1, 0, 0]


def test_plans_that_tell_too_many_calls_apart_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_cells, "CELLS_MAX", 3)
    with pytest.raises(TariffError, match="more with plan p version 1"):
        table_of(RATE, replace(RATE, relation="local"))
