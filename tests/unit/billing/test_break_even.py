"""billing/break_even.py: the published monthly plans by hand, and the law of any two shapes."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdrpipe.billing.break_even import BreakEven, CostShape, MonthShape, PoolShape, break_even

YUAN = 1_000_000
MINUTE_MS = 60_000


def monthly(fee, *, minutes, included, price, minimum=0):
    """A month of so many whole minutes under "fee = included minutes, then price"."""
    return MonthShape(
        fees_micros=fee * YUAN,
        minimum_micros=minimum * YUAN,
        included_ms=included * MINUTE_MS,
        time_ms=minutes * MINUTE_MS,
        usage_micros=round(minutes * price * YUAN),
    )


def one(month, pool=None):
    return CostShape(months=(month,), pool=pool)


def reseller(plan, minutes):
    included, price = {300: (500, 0.12), 800: (2000, 0.08), 1500: (5000, 0.05)}[plan]
    return one(monthly(plan, minutes=minutes, included=included, price=price))


@pytest.mark.parametrize(
    ("best", "other", "minutes", "below", "above"),
    [
        # 300 + 0.12 (m - 500) = 800 + 0.08 (m - 2000)  =>  0.04 m = 400.
        pytest.param(300, 800, 1_000, None, 10_000, id="300 before 800"),
        pytest.param(800, 300, 15_000, 10_000, None, id="800 before 300"),
        # 800 + 0.08 (m - 2000) = 1500 + 0.05 (m - 5000)  =>  0.03 m = 610.
        pytest.param(800, 1500, 12_000, None, Fraction(61_000, 3), id="800 before 1500"),
        # 300 + 0.12 (m - 500) = 1500 + 0.05 (m - 5000)  =>  0.07 m = 1010.
        pytest.param(300, 1500, 1_000, None, Fraction(101_000, 7), id="300 before 1500"),
    ],
)
def test_the_resellers_plans_turn_where_their_lines_meet(best, other, minutes, below, above):
    turn = break_even(reseller(best, minutes), reseller(other, minutes))
    assert turn == BreakEven(
        below=None if below is None else Fraction(below, minutes),
        above=None if above is None else Fraction(above, minutes),
    )


def test_a_minimum_is_owed_until_the_calls_reach_it():
    # 0.15 a minute, at least 40 a month, against 30 and 0.11: 40 until 266.7 minutes, then 0.15 m.
    annual = one(monthly(0, minutes=100, included=0, price=0.15, minimum=40))
    cloud = one(monthly(30, minutes=100, included=0, price=0.11))
    # Now 40 against 41; below 90.91 minutes 30 + 0.11 m < 40; above, 0.15 m = 30 + 0.11 m at 750.
    assert break_even(annual, cloud) == BreakEven(below=Fraction(10, 11), above=Fraction(750, 100))


def test_a_plan_that_is_dearer_at_every_size_never_turns():
    dear = one(monthly(10, minutes=100, included=0, price=0.2))
    assert break_even(one(monthly(5, minutes=100, included=0, price=0.1)), dear) == (None, None)


def test_a_plan_that_is_cheaper_already_tells_no_turn():
    cheap, dear = (one(monthly(fee, minutes=1, included=0, price=0.1)) for fee in (1, 2))
    assert break_even(dear, cheap) == (None, None)


def test_a_pool_costs_its_share_of_time_until_use_is_more():
    # 3000 yuan for 36 months: 83.33 a month, that is 694.4 minutes of 0.12; then 0.12 a minute.
    pool = PoolShape(least_micros=Fraction(3000 * YUAN, 36), price=Fraction(1), is_of_time=False)
    pooled = one(monthly(0, minutes=100, included=0, price=0.12), pool)
    assert pooled.cost(Fraction(1)) == Fraction(3000 * YUAN, 36)
    assert pooled.cost(Fraction(10)) == 120 * YUAN
    # 0.13 a minute: cheaper than 83.33 until 641.03 minutes, and never again.
    by_minute = one(monthly(0, minutes=100, included=0, price=0.13))
    assert break_even(by_minute, pooled) == BreakEven(
        below=None, above=Fraction(3000, 36) / Fraction(13)
    )


def test_a_pool_of_minutes_is_used_by_time_not_by_price():
    # 600 yuan for 1000 minutes, 12 months: 50 a month, or 0.60 a minute.
    pool = PoolShape(
        least_micros=Fraction(600 * YUAN, 12),
        price=Fraction(600 * YUAN, 1000 * MINUTE_MS),
        is_of_time=True,
    )
    pooled = one(monthly(0, minutes=50, included=0, price=9.99), pool)
    assert pooled.cost(Fraction(1)) == 50 * YUAN
    assert pooled.cost(Fraction(2)) == 60 * YUAN


amounts = st.integers(0, 50)


@st.composite
def shapes(draw):
    months = tuple(
        MonthShape(
            fees_micros=draw(amounts),
            minimum_micros=draw(amounts),
            included_ms=draw(amounts),
            time_ms=draw(amounts),
            usage_micros=draw(amounts),
        )
        for _ in range(draw(st.integers(1, 3)))
    )
    pool = draw(
        st.none()
        | st.builds(
            PoolShape,
            least_micros=st.builds(Fraction, amounts, st.integers(1, 5)),
            price=st.builds(Fraction, amounts, st.integers(1, 5)),
            is_of_time=st.booleans(),
        )
    )
    return CostShape(months=months, pool=pool)


@given(shapes(), shapes(), st.lists(st.fractions(0, 20), max_size=20))
def test_between_its_turns_the_best_is_never_dearer_and_just_beyond_them_it_is(best, other, tried):
    now = Fraction(1)
    if best.cost(now) > other.cost(now):
        best, other = other, best
    below, above = break_even(best, other)
    for scale in tried:
        if (below is None or scale >= below) and (above is None or scale <= above):
            assert best.cost(scale) <= other.cost(scale), scale
    for edge, beyond in ((below, -1), (above, 1)):
        if edge is not None:
            assert best.cost(edge) == other.cost(edge)
            step = Fraction(beyond, 10**9)
            assert best.cost(edge + step) > other.cost(edge + step)
