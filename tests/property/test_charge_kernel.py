"""The kernel equals the rule: random tariffs, random calls, every outcome and every branch."""

from charge_branches import EXPECTED_BRANCHES, compare
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from random_tariffs import Call, by_the_rule, rate_all, row_of, rows_of

from cdrpipe.tariff.rate_plan import (
    AMOUNT_MICROS_MAX,
    DURATION_MS_MAX,
    ROUNDINGS,
    Band,
    Rate,
    RatePlanVersion,
    RateStep,
)
from cdrpipe.tariff.rate_table import BILLABLE_MS_MAX, fits_kernel

SEED = 20_260_214
CALL_COUNT = 200_000
LEAST_PER_BRANCH = 1_000


def test_the_kernel_equals_the_rule_on_random_tariffs_and_reaches_every_branch() -> None:
    print(f"seed {SEED}")  # noqa: T201 - a failure is found again by it
    reached = compare(SEED, call_count=CALL_COUNT)
    for branch, count in sorted(reached.items()):
        print(f"{count:>8}  {branch}")  # noqa: T201 - how well the tariffs are spread
    assert set(reached) == EXPECTED_BRANCHES
    assert min(reached.values()) >= LEAST_PER_BRANCH


AMOUNTS = st.integers(0, AMOUNT_MICROS_MAX)
TIMES = st.integers(1, DURATION_MS_MAX)
NOON = Band(name="noon", from_ms=12 * 3_600_000, until_ms=12 * 3_600_000 + 1)


@st.composite
def rates(draw: st.DrawFn, band: str | None = None) -> Rate:
    moments = sorted(draw(st.sets(TIMES, max_size=3)))
    minimum = draw(st.none() | AMOUNTS)
    return Rate(
        rate_id=f"{band}",
        party="enterprise",
        band=band,
        connect_fee_micros=draw(AMOUNTS),
        minimum_micros=minimum,
        maximum_micros=draw(st.none() | st.integers(minimum or 0, AMOUNT_MICROS_MAX)),
        steps=tuple(
            RateStep(
                from_ms=moment,
                price_micros=draw(AMOUNTS),
                per_ms=draw(TIMES),
                increment_ms=draw(TIMES),
            )
            for moment in (0, *moments)
        ),
        rounding=draw(st.sampled_from(ROUNDINGS)),
        decimals=draw(st.integers(0, 6)),
    )


def version_of(*rates: Rate, bands: tuple[Band, ...] = ()) -> RatePlanVersion:
    return RatePlanVersion(
        plan_id="p",
        version=1,
        name="",
        tz="Asia/Shanghai",
        valid_from_us=0,
        valid_until_us=None,
        split="independent",
        rates=rates,
        bands=bands,
        band_option="split",
    )


def assert_kernel_equals_rule(version: RatePlanVersion, call: Call) -> None:
    assert rows_of(rate_all([version], [call])) == [row_of(by_the_rule(version, call))]


@settings(max_examples=300, deadline=None)
@given(
    rate=rates().filter(fits_kernel),
    billable_ms=st.integers(0, DURATION_MS_MAX) | st.integers(0, BILLABLE_MS_MAX),
    is_continuation=st.booleans(),
)
def test_the_kernel_equals_the_rule_up_to_the_bounds(
    rate: Rate, billable_ms: int, is_continuation: bool
) -> None:
    call = Call(
        version=0,
        enterprise_billable_ms=billable_ms,
        caller_billable_ms=0,
        is_continuation=is_continuation,
    )
    assert_kernel_equals_rule(version_of(rate), call)


@settings(max_examples=300, deadline=None)
@given(
    always=rates(),
    noon=rates(band="noon"),
    # From noon's one millisecond of Shanghai's clock on, or somewhat before it.
    before_us=st.sampled_from((-1_000, -999, 0, 1, 999, 1_000)) | st.integers(0, 86_400_000_000),
    billable_ms=st.integers(0, 5_000) | st.integers(0, DURATION_MS_MAX),
)
def test_the_kernel_walks_through_a_band_like_the_rule(
    always: Rate, noon: Rate, before_us: int, billable_ms: int
) -> None:
    assume(fits_kernel(always, noon))
    call = Call(
        version=0,
        enterprise_start_us=1_767_240_000_000_000 - before_us,
        enterprise_billable_ms=billable_ms,
        caller_billable_ms=0,
    )
    assert_kernel_equals_rule(version_of(always, noon, bands=(NOON,)), call)
