import itertools
import random

import pytest

from cdrpipe._fast import charge as kernel
from cdrpipe.cdr.schema import NUMBER_KINDS, RELATIONS
from cdrpipe.money import CHARGE_MICROS_LIMIT
from cdrpipe.rating.charge import select_rate
from cdrpipe.tariff import rate_table
from cdrpipe.tariff.rate_plan import PARTIES, ROUNDINGS, Rate, RatePlanVersion, RateStep
from cdrpipe.tariff.rate_table import build_rate_table, fits_kernel

MINUTE = RateStep(from_ms=0, price_micros=120_000, per_ms=60_000, increment_ms=60_000)


def version_of(*rates: Rate, split: str = "independent") -> RatePlanVersion:
    return RatePlanVersion(
        plan_id="p",
        version=1,
        name="p",
        tz="Asia/Shanghai",
        valid_from_us=0,
        valid_until_us=None,
        split=split,
        rates=rates,
    )


def test_the_kernel_reads_the_rows_that_are_written() -> None:
    assert kernel.RATE_FIELDS == rate_table.RATE_FIELDS
    assert kernel.STEP_FIELDS == rate_table.STEP_FIELDS
    assert len(RELATIONS) == kernel.RELATION_CODES
    assert len(NUMBER_KINDS) == kernel.KIND_CODES
    assert kernel.BILLABLE_MS_MAX == rate_table.BILLABLE_MS_MAX
    assert kernel.CHARGE_MICROS_LIMIT == CHARGE_MICROS_LIMIT


def test_a_rate_and_its_steps_are_whole_numbers_over_one_denominator() -> None:
    rate = Rate(
        rate_id="r",
        party="enterprise",
        connect_fee_micros=5,
        maximum_micros=7,
        steps=(
            # 0.11 a minute is 11/6 micros a millisecond, 0.10 in 7 s is 100/7.
            RateStep(from_ms=0, price_micros=110_000, per_ms=60_000, increment_ms=1_000),
            RateStep(from_ms=9_000, price_micros=100_000, per_ms=7_000, increment_ms=6_000),
        ),
        rounding="down",
        decimals=2,
    )
    table = build_rate_table([version_of(rate)])
    assert table.rates.tolist() == [5, -1, 7, 42, 420_000, 10_000, ROUNDINGS.index("down"), 0, 2]
    assert table.steps.tolist() == [9_000, 1_000, 77, 2**50, 6_000, 600]
    assert table.rate_ids == ("r", None)


def test_the_rounding_none_is_half_up_in_the_last_micro() -> None:
    rate = Rate(rate_id="r", party="enterprise", steps=(MINUTE,), rounding="none", decimals=2)
    row = build_rate_table([version_of(rate)]).rates.tolist()
    assert row[3:7] == [1, 1, 1, ROUNDINGS.index("half_up")]


def test_versions_say_how_they_split_and_whether_they_price_the_caller() -> None:
    enterprise = Rate(rate_id="e", party="enterprise", steps=(MINUTE,))
    caller = Rate(rate_id="c", party="caller", calling_kind="mobile", steps=(MINUTE,))
    table = build_rate_table([version_of(enterprise), version_of(enterprise, caller, split="rest")])
    assert table.is_split_rest.tolist() == [0, 1]
    assert table.has_caller_rate.tolist() == [0, 1]
    assert table.version_count == 2
    assert table.rate_ids == ("e", "e", "c", None)


def test_a_table_of_no_versions_is_empty() -> None:
    table = build_rate_table([])
    assert table.version_count == 0
    assert table.rate_ids == (None,)
    assert len(table.rate_index) == len(table.rates) == 0


@pytest.mark.parametrize("seed", range(5))
def test_every_cell_names_the_rate_that_the_rule_selects(seed: int) -> None:
    choose = random.Random(seed)
    matches = list(
        itertools.product(PARTIES, (None, *RELATIONS), (None, *NUMBER_KINDS), (None, *NUMBER_KINDS))
    )
    versions = [
        version_of(
            *(
                Rate(
                    rate_id=f"{number}",
                    party=party,
                    relation=relation,
                    calling_kind=calling_kind,
                    answering_kind=answering_kind,
                    steps=(MINUTE,),
                )
                for number, (party, relation, calling_kind, answering_kind) in enumerate(
                    choose.sample(matches, size)
                )
            )
        )
        for size in (1, 12, 60)
    ]
    table = build_rate_table(versions)
    cells = itertools.product(versions, PARTIES, RELATIONS, NUMBER_KINDS, NUMBER_KINDS)
    first_rate = {id(versions[0]): 0, id(versions[1]): 1, id(versions[2]): 13}
    for index, (version, party, relation, calling_kind, answering_kind) in zip(
        table.rate_index.tolist(), cells, strict=True
    ):
        winner = select_rate(
            version,
            party=party,
            relation=relation,
            calling_kind=calling_kind,
            answering_kind=answering_kind,
        )
        expected = -1
        if winner is not None:
            expected = first_rate[id(version)] + version.rates.index(winner)
        assert index == expected


def test_only_rates_whose_sums_stay_in_128_bits_fit() -> None:
    def rate_with(*pers_ms: int, price_micros: int = 1) -> Rate:
        steps = tuple(
            RateStep(from_ms=n, price_micros=price_micros, per_ms=per_ms, increment_ms=1)
            for n, per_ms in enumerate(pers_ms)
        )
        return Rate(rate_id="r", party="enterprise", steps=steps)

    assert fits_kernel(rate_with(86_400_000))
    assert fits_kernel(rate_with(1, price_micros=10**12))
    # Divisor: a denominator of 4,611,686,018,428 times 10^6 passes 2^62.
    assert fits_kernel(rate_with(2_147_483, 2_147_477))  # 4,611,670,336,391
    assert not fits_kernel(rate_with(2_147_483, 2_147_489))  # 4,611,696,106,187
    # Weight: 10^12 micros a millisecond times the denominator; 4,611,686 of them reach 2^62.
    assert fits_kernel(rate_with(1, 4_611_683, price_micros=10**12))
    assert not fits_kernel(rate_with(1, 4_611_689, price_micros=10**12))
