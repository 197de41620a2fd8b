"""At how many minutes a month the cheaper of two plans stops being it.

An estimate at an account's own mix of calls: all months are scaled alike, a call neither gets
longer nor goes elsewhere. Each plan's cost is then a line with few kinks, solved in fractions.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

_NOW = Fraction(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthShape:
    """What a month costs under a plan, at its real size.

    ``time_ms`` is the time of all its calls in the plan's increments, as included time and pools of
    minutes count it; ``usage_micros`` is the charge of all calls, ``included_ms`` what is granted.
    """

    fees_micros: int = 0
    minimum_micros: int = 0
    included_ms: int = 0
    time_ms: int = 0
    usage_micros: int = 0

    def beyond_included(self, scale: Fraction) -> Fraction:
        """Give the share of the calls at a scale that included time does not pay for, times it."""
        if not self.time_ms:
            return scale
        return max(Fraction(0), scale - Fraction(self.included_ms, self.time_ms))

    def usage_owed(self, scale: Fraction) -> Fraction:
        """Give what is left to pay of the calls' charges."""
        return self.beyond_included(scale) * self.usage_micros

    def kinks(self) -> list[Fraction]:
        """Give the scales at which included time is used up, and the minimum is reached."""
        used_up = Fraction(self.included_ms, self.time_ms) if self.time_ms else Fraction(0)
        if not self.usage_micros:
            return [used_up]
        return [used_up, used_up + Fraction(self.minimum_micros, self.usage_micros)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolShape:
    """What a prepaid pool costs over all months.

    At least ``least_micros``; else ``price`` for each micro of the charges, or each ms of the time,
    that it pays for.
    """

    least_micros: Fraction
    price: Fraction
    is_of_time: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CostShape:
    """What a plan costs over some months."""

    months: tuple[MonthShape, ...]
    pool: PoolShape | None = None

    def cost(self, scale: Fraction) -> Fraction:
        """Give the cost in micros where every month had ``scale`` times its calls."""
        cost = Fraction(0)
        for month in self.months:
            usage = month.usage_owed(scale)
            missing = max(Fraction(0), month.minimum_micros - usage)
            cost += month.fees_micros + missing
            cost += usage if self.pool is None else 0
        if self.pool is not None:
            cost += max(self.pool.least_micros, self._drawn(self.pool, scale))
        return cost

    def kinks(self) -> set[Fraction]:
        """Give every scale at which the line bends."""
        kinks = {Fraction(0), *(kink for month in self.months for kink in month.kinks())}
        pool = self.pool
        if pool is not None:
            bend = first_above(lambda scale: self._drawn(pool, scale) - pool.least_micros, kinks)
            kinks |= set() if bend is None else {bend}
        return kinks

    def _drawn(self, pool: PoolShape, scale: Fraction) -> Fraction:
        used = Fraction(0)
        for month in self.months:
            used += (
                month.beyond_included(scale) * month.time_ms
                if pool.is_of_time
                else month.usage_owed(scale)
            )
        return pool.price * used


class BreakEven(NamedTuple):
    """The scales below and above which the other plan is the cheaper one; None: never."""

    below: Fraction | None
    above: Fraction | None


def break_even(best: CostShape, other: CostShape) -> BreakEven:
    """Find where another plan becomes cheaper than the best one, from the real size on.

    Where it is cheaper already, by less than a cent, neither is told.
    """

    def saved(scale: Fraction) -> Fraction:
        return best.cost(scale) - other.cost(scale)

    if saved(_NOW) > 0:
        return BreakEven(below=None, above=None)
    kinks = best.kinks() | other.kinks()
    below = _last_below(saved, kinks)
    above = first_above(saved, {_NOW, *(kink for kink in kinks if kink > _NOW)})
    return BreakEven(below=below, above=above)


def first_above(line: Callable[[Fraction], Fraction], kinks: Iterable[Fraction]) -> Fraction | None:
    """Find the end of the first stretch on which a line is 0 or less; None: it has no end.

    Parameters
    ----------
    kinks
        Where the line may bend, from where the search begins; behind the last it is straight.
    """
    ordered = sorted(set(kinks))
    # One point more shows how the line goes on behind its last kink.
    values = [(at, line(at)) for at in [*ordered, ordered[-1] + 1]]
    for (left, at_left), (right, at_right) in pairwise(values):
        if at_left <= 0 < at_right:
            return _zero(left, at_left, right, at_right)
    (left, at_left), (right, at_right) = values[-2:]
    if at_left < at_right:
        return _zero(left, at_left, right, at_right)
    return None


def _last_below(line: Callable[[Fraction], Fraction], kinks: Iterable[Fraction]) -> Fraction | None:
    """Find the start of the stretch around now on which a line is 0 or less; None: from 0 on."""
    ordered: Sequence[Fraction] = sorted({_NOW, *(kink for kink in kinks if kink < _NOW)})
    values = [(at, line(at)) for at in ordered]
    for (left, at_left), (right, at_right) in reversed(list(pairwise(values))):
        if at_right <= 0 < at_left:
            return _zero(left, at_left, right, at_right)
    return None


def _zero(left: Fraction, at_left: Fraction, right: Fraction, at_right: Fraction) -> Fraction:
    """Find where the straight line through two points is 0."""
    return left - at_left * (right - left) / (at_right - at_left)
