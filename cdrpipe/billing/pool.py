"""What gifts and prepaid yuan would pay of a month's calls, in the calls' order.

They pay the invoice and are no lines of it. Pools of minutes are not here: they take time off
calls before they are charged (``rating/allowance.py``).

Source: domain rules 8 (order of payment) and 9.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cdrpipe.billing.pool_period import Renewal, end_us_at
from cdrpipe.rating.allowance import CallKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Prepaid or given yuan that pays for calls whose billing starts before it is void."""

    pool_id: str
    kind: str  # gift, which is used before what was paid for; or top_up or pool
    left_micros: int
    valid_from_us: int
    valid_until_us: int | None  # exclusive: the day after its last; None: never void
    renewals: tuple[Renewal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedCharge:
    """What a call costs after included time."""

    key: CallKey
    charge_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What one pool pays of one call; a call may have several."""

    key: CallKey
    pool_id: str
    paid_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPayments:
    """Payments in the calls' order, what is left of each pool, and what none of them pays."""

    payments: tuple[Payment, ...]
    left_micros: Mapping[str, int]
    credit_micros: int


def pay_from_pools(charges: Iterable[OwedCharge], pools: Sequence[Pool]) -> PoolPayments:
    """Let an account's pools pay for its calls, in whatever order both come.

    Calls are paid in the order of their keys; gifts first, then the pool that expires first, and
    each pays as much of a call as it has. A pool that is not valid when the billing starts pays
    nothing.

    Notes
    -----
    Σ payments + credit = Σ charges. While the same pools are valid in the same order, what each
    of them pays depends on the sum of the calls alone: the first pays until it is empty, then the
    second, whichever calls come first. So all calls between two such borders may stand as one
    charge at the first of them, and an account with millions of calls costs no more than its
    pools' borders.
    """
    left_micros = {pool.pool_id: pool.left_micros for pool in pools}
    assert len(left_micros) == len(pools), "pools are told apart by their ids"
    payments: list[Payment] = []
    credit_micros = 0
    for charge in sorted(charges, key=lambda each: each.key):
        owed_micros = charge.charge_micros
        for pool in _valid_in_order(pools, charge.key.billing_started_at_us):
            paid_micros = min(owed_micros, left_micros[pool.pool_id])
            if paid_micros:
                payments.append(
                    Payment(key=charge.key, pool_id=pool.pool_id, paid_micros=paid_micros)
                )
                left_micros[pool.pool_id] -= paid_micros
                owed_micros -= paid_micros
        credit_micros += owed_micros
    return PoolPayments(
        payments=tuple(payments), left_micros=left_micros, credit_micros=credit_micros
    )


def _valid_in_order(pools: Iterable[Pool], at_us: int) -> list[Pool]:
    """Give the pools that are valid at an instant, in their order of payment."""

    def end_us(pool: Pool) -> int:
        return end_us_at(pool.valid_until_us, at_us, pool.renewals)

    return sorted(
        (pool for pool in pools if pool.valid_from_us <= at_us < end_us(pool)),
        key=lambda pool: (pool.kind != "gift", end_us(pool), pool.valid_from_us, pool.pool_id),
    )
