from dataclasses import fields, replace

import pytest

from cdrpipe._fast import charge as kernel
from cdrpipe._fast import destination
from cdrpipe.cdr.schema import NUMBER_KINDS, RELATIONS
from cdrpipe.errors import TariffError
from cdrpipe.money import CHARGE_MICROS_LIMIT
from cdrpipe.tariff import rate_table
from cdrpipe.tariff.rate_plan import ROUNDINGS, Band, Rate, RatePlanVersion, RateStep
from cdrpipe.tariff.rate_table import build_rate_table, fits_kernel
from cdrpipe.tariff.region_class import REGION_ID_LIMIT

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
    table = build_rate_table([version_of(Rate(rate_id="r", party="caller", steps=(MINUTE,)))])
    assert len(table.versions) == kernel.VERSION_FIELDS
    assert kernel.GROUP_FIELDS == rate_table.GROUP_FIELDS
    assert kernel.RATE_FIELDS == rate_table.RATE_FIELDS
    assert kernel.STEP_FIELDS == rate_table.STEP_FIELDS
    assert len(RELATIONS) == kernel.RELATION_CODES
    assert len(NUMBER_KINDS) == kernel.KIND_CODES
    assert kernel.BILLABLE_MS_MAX == rate_table.BILLABLE_MS_MAX
    assert kernel.CHARGE_MICROS_LIMIT == CHARGE_MICROS_LIMIT
    assert kernel.REGION_ID_LIMIT == REGION_ID_LIMIT
    assert kernel.BLOCK_FIELDS == 6
    assert destination.BOOK_FIELDS == 4


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
    assert table.prices.tolist() == [5, -1, 7, 42, 420_000, 10_000, ROUNDINGS.index("down"), 0, 2]
    assert table.steps.tolist() == [9_000, 1_000, 77, 2**50, 6_000, 600]
    assert table.rate_ids.to_pylist() == ["r", None, "free"]


def test_the_rounding_none_is_half_up_in_the_last_micro() -> None:
    rate = Rate(rate_id="r", party="enterprise", steps=(MINUTE,), rounding="none", decimals=2)
    row = build_rate_table([version_of(rate)]).prices.tolist()
    assert row[3:7] == [1, 1, 1, ROUNDINGS.index("half_up")]


def test_rates_that_cost_the_same_share_a_price() -> None:
    rates = [
        Rate(rate_id=f"{n}", party="enterprise", prefix=f"{n}", steps=(MINUTE,)) for n in "123"
    ]
    dearer = replace(rates[0], prefix="4", connect_fee_micros=1)
    table = build_rate_table([version_of(*rates, dearer), version_of(rates[0])])
    assert table.price_of_rate.tolist() == [0, 0, 0, 1, 0]
    assert len(table.prices) == 2 * rate_table.RATE_FIELDS


def test_a_prefix_without_other_matchers_takes_one_number() -> None:
    rates = [
        Rate(rate_id=prefix, party="enterprise", prefix=prefix, steps=(MINUTE,))
        for prefix in ("1", "12", "123", "2")
    ]
    caller = Rate(rate_id="c", party="caller", steps=(MINUTE,))
    table = build_rate_table([version_of(*rates, caller)])
    assert table.leaves.tolist() == [0, 1, 2, 3]
    assert len(table.blocks) == len(table.cells) == 0


def test_only_rates_that_one_call_may_pass_through_share_a_denominator() -> None:
    def rate_with(per_ms: int, **fields: str) -> Rate:
        step = RateStep(from_ms=0, price_micros=1, per_ms=per_ms, increment_ms=1)
        return Rate(rate_id=f"{per_ms}", party="enterprise", steps=(step,), **fields)

    rates = (rate_with(4), rate_with(6, band="noon"), rate_with(7, relation="local"))
    noon = Band(name="noon", from_ms=12 * 3_600_000, until_ms=13 * 3_600_000)
    by_start = replace(version_of(*rates), bands=(noon,))
    denominators = {
        option: build_rate_table([replace(by_start, band_option=option)]).prices.tolist()[3::9]
        for option in ("by_start", "split")
    }
    assert denominators == {"by_start": [4, 6, 7], "split": [12, 12, 7]}


def test_versions_count_and_rates_are_named() -> None:
    enterprise = Rate(rate_id="e", party="enterprise", steps=(MINUTE,))
    caller = Rate(rate_id="c", party="caller", calling_kind="mobile", steps=(MINUTE,))
    table = build_rate_table([version_of(enterprise), version_of(enterprise, caller, split="rest")])
    assert table.version_count == 2
    assert table.rate_ids.to_pylist() == ["e", "e", "c", None, "free"]


def test_a_table_of_no_versions_is_empty() -> None:
    table = build_rate_table([])
    assert table.version_count == 0
    assert table.rate_ids.to_pylist() == [None, "free"]
    assert len(table.versions) == len(table.prices) == 0


def test_the_arrays_cannot_be_written_to() -> None:
    table = build_rate_table([version_of(Rate(rate_id="r", party="caller", steps=(MINUTE,)))])
    columns = [getattr(table, column.name) for column in fields(table)]
    views = [column for column in columns if isinstance(column, memoryview)]
    assert len(views) == 12
    assert all(view.readonly for view in views)


def test_rates_that_do_not_fit_are_refused_by_their_names() -> None:
    def rate_with(rate_id: str, per_ms: int, **fields: str) -> Rate:
        step = RateStep(from_ms=0, price_micros=1, per_ms=per_ms, increment_ms=1)
        return Rate(rate_id=rate_id, party="enterprise", steps=(step,), **fields)

    noon = Band(name="noon", from_ms=12 * 3_600_000, until_ms=13 * 3_600_000)
    rates = (rate_with("one", 2_147_483), rate_with("other", 2_147_489, band="noon"))
    version = replace(version_of(*rates), bands=(noon,))
    assert all(map(fits_kernel, rates))
    assert not fits_kernel(*rates)
    build_rate_table([version])
    with pytest.raises(TariffError, match="got those of one, other") as caught:
        build_rate_table([replace(version, band_option="split")])
    assert caught.value.where == "plan p version 1"


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
