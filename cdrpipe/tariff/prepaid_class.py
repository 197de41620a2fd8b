"""The price of a plan version for accounts of a prepaid class: who paid in more pays less a minute.

A class is reached by one single top-up (domain §1). Its price stands in for every price of the
enterprise's rates that is not 0; increments, step borders, bands, matchers, fees, limits and
rounding stay, and so do a free first minute and the caller's share.

Source: docs/decisions/0006-prepaid-classes-and-pools.md.
"""

from collections.abc import Iterable
from dataclasses import replace

from cdrpipe.tariff.rate_plan import PrepaidClass, Rate, RatePlanVersion, RateStep

_MINUTE_MS = 60_000


def with_class(version: RatePlanVersion, prepaid_class: PrepaidClass) -> RatePlanVersion:
    """Price a version for accounts of a class.

    Notes
    -----
    Every price of the enterprise's is then 0 or one a minute, so sums stay within the kernel's
    bounds whatever they were without the class.
    """
    assert version.top_up_class_micros is None, "a class is of the version itself"
    return replace(
        version,
        rates=tuple(_of_class(rate, prepaid_class) for rate in version.rates),
        top_up_class_micros=prepaid_class.top_up_micros_min,
    )


def with_reached_classes(
    versions: Iterable[RatePlanVersion], *, top_up_micros_max: int
) -> tuple[RatePlanVersion, ...]:
    """Give the versions in their order, and behind them each once more for each reached class.

    Parameters
    ----------
    top_up_micros_max
        The highest single top-up of any account: no call is priced by a class beyond it.
    """
    versions = tuple(versions)
    return versions + tuple(
        with_class(version, each)
        for version in versions
        for each in _classes(version)
        if each.top_up_micros_min <= top_up_micros_max
    )


def _classes(version: RatePlanVersion) -> tuple[PrepaidClass, ...]:
    return version.prepaid.classes if version.prepaid else ()


def _of_class(rate: Rate, prepaid_class: PrepaidClass) -> Rate:
    if rate.party != "enterprise":
        return rate
    return replace(rate, steps=tuple(_step_of_class(step, prepaid_class) for step in rate.steps))


def _step_of_class(step: RateStep, prepaid_class: PrepaidClass) -> RateStep:
    if not step.price_micros:
        return step
    return replace(step, price_micros=prepaid_class.price_per_minute_micros, per_ms=_MINUTE_MS)
