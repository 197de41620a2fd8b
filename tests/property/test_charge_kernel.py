"""The kernel equals the rule: random tariffs, random calls, every outcome and every branch."""

import random
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from functools import cache

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from random_tariffs import (
    Call,
    by_the_rule,
    rate_all,
    row_of,
    rows_of,
    some_calls,
    some_version,
)

from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.rating.charge import FREE_RATES, CallCharges, PricedShare
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
VERSION_COUNT = 125
CALL_COUNT = 200_000
LEAST_PER_BRANCH = 1_000

MATCHERS = (
    "prefix",
    "calling_area",
    "calling_province",
    "zone",
    "answering_area",
    "answering_province",
    "relation",
    "calling_kind",
    "answering_kind",
    "band",
)
EXPECTED_BRANCHES = {
    "not priced",
    "free number",
    "RATE_NOT_FOUND",
    "CALLER_RATE_NOT_FOUND",
    "CHARGE_TOO_LARGE",
    "CALENDAR_YEAR_UNCONFIRMED",
    "no rate in the middle of a call",
    "no caller's rate",
    "independent",
    "rest, caller pays his own",
    "rest, caller pays the total",
    "no time",
    "first piece",
    "continuation",
    "connect fee",
    "capped",
    "lifted",
    "beyond 64 bits",
    "bands, but no clock",
    "by start, in a band",
    "by start, in none",
    "split, in one rate",
    "split, over two rates",
    "split, over more rates",
    "rounded as a later rate says",
    "rate under a shorter prefix",
    "zone by region",
    "zone by prefix",
    *(f"names {matcher}" for matcher in MATCHERS),
    *(f"{count} steps begun" for count in (1, 2, 3, 4)),
    *(f"{rounding} {place}" for rounding in ROUNDINGS for place in ("whole", "half", "between")),
}


@cache
def random_versions() -> list[RatePlanVersion]:
    choose = random.Random(SEED)
    return [some_version(choose, number) for number in range(VERSION_COUNT)]


def branches_of(
    version: RatePlanVersion, call: Call, party: str, share: PricedShare
) -> Iterator[str]:
    """Name the branches of the rule that the charge of one party goes through."""
    rate = share.rate
    if rate is FREE_RATES[party]:
        yield "free number"
        return
    yield from (f"names {name}" for name in MATCHERS if getattr(rate, name) is not None)
    yield from branches_of_prefixes(version, call, rate)
    if not share.pieces:
        yield "no time"
        return
    yield "continuation" if call.is_continuation else "first piece"
    yield f"{len({piece.step_index for piece in share.pieces})} steps begun"
    yield from branches_of_bands(version, call, party, share)
    yield from branches_of_amount(call, share)


@cache
def prefixes_of(plan_id: str) -> tuple[str, ...]:
    """Recall the prefixes that the rates of a plan name; each plan has one version."""
    [version] = [version for version in random_versions() if version.plan_id == plan_id]
    return tuple({rate.prefix for rate in version.rates if rate.prefix is not None})


def branches_of_prefixes(version: RatePlanVersion, call: Call, rate: Rate) -> Iterator[str]:
    number = getattr(call, version.prefix_of)
    if version.prefix_of == "answering_number" and call.answering_kind == "none":
        number = None
    text = "" if number is None else str(number)
    least = len(rate.prefix or "")
    if any(
        len(prefix) > least and text.startswith(prefix) for prefix in prefixes_of(version.plan_id)
    ):
        yield "rate under a shorter prefix"
    for zone in version.zones:
        if zone.name == rate.zone:
            yield "zone by prefix" if text.startswith(zone.prefixes) else "zone by region"


def branches_of_bands(
    version: RatePlanVersion, call: Call, party: str, share: PricedShare
) -> Iterator[str]:
    has_bands = any(each.match == share.rate.match and each.band for each in version.rates)
    if not has_bands:
        return
    if getattr(call, f"{party}_start_us") is None:
        yield "bands, but no clock"
    elif version.band_option == "by_start":
        yield "by start, in none" if share.rate.band is None else "by start, in a band"
    else:
        count = len({piece.rate_id for piece in share.pieces})
        yield f"split, {('in one rate', 'over two rates', 'over more rates')[min(count, 3) - 1]}"
        if share.rounding_rate is not share.rate:
            yield "rounded as a later rate says"


def branches_of_amount(call: Call, share: PricedShare) -> Iterator[str]:
    rate = share.rate
    amount = sum((piece.exact_amount for piece in share.pieces), Fraction(0))
    if rate.connect_fee_micros and not call.is_continuation:
        yield "connect fee"
        amount += rate.connect_fee_micros
    if rate.maximum_micros is not None and amount > rate.maximum_micros:
        yield "capped"
        amount = Fraction(rate.maximum_micros)
    if rate.minimum_micros is not None and amount < rate.minimum_micros:
        yield "lifted"
        amount = Fraction(rate.minimum_micros)
    rounding = share.rounding_rate
    unit_micros = 1 if rounding.rounding == "none" else 10 ** (6 - rounding.decimals)
    rest = amount / unit_micros % 1
    place = "whole" if rest == 0 else "half" if rest == Fraction(1, 2) else "between"
    yield f"{rounding.rounding} {place}"
    if amount * max(piece.per_ms for piece in share.pieces) >= 2**63:
        yield "beyond 64 bits"


def branches_of_call(version: RatePlanVersion, call: Call, charges: CallCharges) -> Iterator[str]:
    if charges.reason is not None:
        yield charges.reason.name
        if (
            charges.reason is SuspenseReason.RATE_NOT_FOUND and charges.enterprise_rate is not None
        ) or (
            charges.reason is SuspenseReason.CALLER_RATE_NOT_FOUND
            and charges.caller_rate is not None
        ):
            yield "no rate in the middle of a call"
        return
    assert charges.enterprise_share is not None
    yield from branches_of(version, call, "enterprise", charges.enterprise_share)
    if charges.caller_share is None:
        yield "no caller's rate"
    else:
        yield from branches_of(version, call, "caller", charges.caller_share)
    if version.split == "independent":
        yield "independent"
    else:
        share = "the total" if charges.enterprise_charge_micros == 0 else "his own"
        yield f"rest, caller pays {share}"


def test_the_kernel_equals_the_rule_on_random_tariffs_and_reaches_every_branch() -> None:
    print(f"seed {SEED}")  # noqa: T201 - a failure is found again by it
    versions = random_versions()
    calls = some_calls(random.Random(SEED), versions, CALL_COUNT)
    reached: Counter[str] = Counter()
    for call, row in zip(calls, rows_of(rate_all(versions, calls)), strict=True):
        if not call.is_priced:
            reached["not priced"] += 1
            assert row == (None, None, None, None, None, None, 0)
            continue
        version = versions[call.version]
        charges = by_the_rule(version, call)
        assert row == row_of(charges), (version, call)
        reached.update(branches_of_call(version, call, charges))
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
