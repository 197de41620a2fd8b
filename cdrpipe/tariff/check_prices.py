"""Prices that are most likely a slip of the pen: cliffs, outliers, limits without sense."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from statistics import median_low

from cdrpipe.tariff.check_scope import CheckScope
from cdrpipe.tariff.plain_word import amount_word, length_word
from cdrpipe.tariff.rate_plan import DURATION_MS_MAX, PARTIES, Rate, RateStep

# A later step ten times dearer or cheaper than the one before is a cliff; published tariffs halve
# or double. Two decimals that slipped make a hundred.
STEP_RATIO_MAX = 10
MEDIAN_RATIO_MAX = 100

# Of fewer prices no median says what is usual.
PRICES_MIN = 3

_MINUTE_MS = 60_000
_HOUR_MS = 3_600_000


def check_prices(scope: CheckScope) -> None:
    """Find doubtful prices among the rates of each party."""
    for index, rate in enumerate(scope.version.rates):
        _check_steps(scope, index, rate)
        _check_limits(scope, index, rate)
    for party in PARTIES:
        own = [
            (index, rate)
            for index, rate in enumerate(scope.version.rates)
            if rate.party == party and _has_clock(rate.steps)
        ]
        _check_outliers(scope, own)
        _check_units(scope, own)


def _check_steps(scope: CheckScope, index: int, rate: Rate) -> None:
    """Note steps in which no increment begins, and prices that leap from step to step."""
    if len(rate.steps) == 1:
        return
    for position, reason in _unreached(rate.steps):
        scope.findings.note(
            scope.step_place(index, position),
            "STEP_UNREACHABLE",
            reason,
            hint="an increment belongs whole to the step in which it begins",
        )
    for position, (before, after) in enumerate(pairwise(rate.steps), start=1):
        low, high = sorted((_minute_price(before), _minute_price(after)))
        if low and high > STEP_RATIO_MAX * low:
            scope.findings.note(
                scope.step_place(index, position),
                "STEP_PRICE_JUMP",
                f"from this step on a minute costs {amount_word(_minute_price(after))}, before it "
                f"{amount_word(_minute_price(before))}: more than {STEP_RATIO_MAX} times apart",
                hint="look at `price` and `per` of both steps",
            )


@lru_cache(maxsize=4_096)
def _unreached(steps: tuple[RateStep, ...]) -> tuple[tuple[int, str], ...]:
    """Find the steps, but the first, in which no increment of any call begins."""
    found = []
    position_ms = 0
    for index, (step, following) in enumerate(pairwise(steps), start=1):
        if position_ms < following.from_ms:
            count = -(-(following.from_ms - position_ms) // step.increment_ms)
            position_ms += count * step.increment_ms
        ends_ms = steps[index + 1].from_ms if index + 1 < len(steps) else None
        if _has_clock(steps) and position_ms >= DURATION_MS_MAX:
            found.append((index, "this step begins after the longest call, which has 24 hours"))
        elif ends_ms is not None and position_ms >= ends_ms:
            found.append((index, "the increment before swallows all of this step"))
    return tuple(found)


def _check_limits(scope: CheckScope, index: int, rate: Rate) -> None:
    """Note a minimum that outbids an hour, and a maximum that the first increment reaches."""
    if rate.minimum_micros == rate.maximum_micros:
        return  # none, or a price a call
    place = scope.rate_place(index)
    if rate.minimum_micros and _has_clock(rate.steps):
        hour_micros = rate.connect_fee_micros + _cost(rate.steps, _HOUR_MS)
        if rate.minimum_micros > hour_micros:
            scope.findings.note(
                place,
                "MINIMUM_ABOVE_HOUR",
                f"the minimum of {amount_word(rate.minimum_micros)} is more than an hour costs, "
                f"{amount_word(hour_micros)}",
                hint="`minimum` is owed a call; a monthly minimum stands in [minimum]",
            )
    if rate.maximum_micros is not None:
        first_micros = rate.connect_fee_micros + _cost(rate.steps, 1)
        if first_micros >= rate.maximum_micros and first_micros:
            scope.findings.note(
                place,
                "MAXIMUM_AT_FIRST_INCREMENT",
                f"the first increment costs {amount_word(first_micros)} and reaches the maximum of "
                f"{amount_word(rate.maximum_micros)}: no call costs anything else",
                hint="`maximum` is owed at most a call, fee included",
            )


def _cost(steps: Sequence[RateStep], billable_ms: int) -> Fraction:
    """Add up what the increments cost that begin before a position: unrounded, without limits."""
    total, position_ms = Fraction(0), 0
    for index, step in enumerate(steps):
        ends_ms = steps[index + 1].from_ms if index + 1 < len(steps) else billable_ms
        until_ms = min(ends_ms, billable_ms)
        if position_ms < until_ms:
            count = -(-(until_ms - position_ms) // step.increment_ms)
            total += Fraction(step.price_micros * count * step.increment_ms, step.per_ms)
            position_ms += count * step.increment_ms
    return total


def _check_outliers(scope: CheckScope, own: Sequence[tuple[int, Rate]]) -> None:
    """Note rates a hundred times dearer or cheaper than the median of the party."""
    prices = [price for _, rate in own if (price := _dearest(rate.steps))]
    if len(prices) < PRICES_MIN:
        return
    usual = median_low(prices)
    for index, rate in own:
        price = _dearest(rate.steps)
        if price and not usual < price * MEDIAN_RATIO_MAX < usual * MEDIAN_RATIO_MAX**2:
            scope.findings.note(
                scope.rate_place(index),
                "PRICE_OUTLIER",
                f"a minute costs {amount_word(price)}, and {amount_word(usual)} by the median "
                f"of the {rate.party}'s rates: {MEDIAN_RATIO_MAX} times apart or more",
                hint="look whether the decimal point slipped, and at `per`",
            )


def _check_units(scope: CheckScope, own: Sequence[tuple[int, Rate]]) -> None:
    """Note rates that go on at a price per another time than most of the party's do."""
    times = Counter(rate.steps[-1].per_ms for _, rate in own)
    [(usual_ms, count)] = times.most_common(1) or [(0, 0)]
    for index, rate in own:
        per_ms = rate.steps[-1].per_ms
        if per_ms != usual_ms and 2 * count > len(own):
            scope.findings.note(
                scope.rate_place(index),
                "PRICE_PER_OTHER_TIME",
                f"the price is per {length_word(per_ms)}, that of most of the {rate.party}'s rates "
                f"per {length_word(usual_ms)}",
                hint="prices per the same time are compared at a glance",
            )


def _has_clock(steps: Sequence[RateStep]) -> bool:
    """Tell whether the steps can be a call's: none is longer than the longest."""
    return all(
        max(step.from_ms, step.per_ms, step.increment_ms) <= DURATION_MS_MAX for step in steps
    )


@lru_cache(maxsize=4_096)
def _dearest(steps: tuple[RateStep, ...]) -> Fraction:
    return max(_minute_price(step) for step in steps)


def _minute_price(step: RateStep) -> Fraction:
    return Fraction(step.price_micros * _MINUTE_MS, step.per_ms)
