"""What gifts and prepaid yuan would pay of a month's calls, in the calls' order.

They pay the invoice and are no lines of it. Pools of minutes are not here: they take time off
calls before they are charged (``rating/allowance.py``).

Source: domain rules 8 (order of payment) and 9.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cdrpipe.rating.allowance import CallKey

# Gifts are used before what was paid for.
POOL_KINDS = ("gift", "top_up")

# For pools that never expire: after every instant that has a date.
_NEVER_US = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Prepaid or given yuan that pays for calls whose billing starts before it is void."""

    pool_id: str
    kind: str  # one of POOL_KINDS
    left_micros: int
    valid_from_us: int
    valid_until_us: int | None  # exclusive: the day after its last; None: never void


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
    Cost: one comparison a call and pool. Σ payments + credit = Σ charges.
    """
    left_micros = {pool.pool_id: pool.left_micros for pool in pools}
    assert len(left_micros) == len(pools), "pools are told apart by their ids"
    in_order = sorted(pools, key=_order_of_payment)
    payments: list[Payment] = []
    credit_micros = 0
    for charge in sorted(charges, key=lambda each: each.key):
        owed_micros = charge.charge_micros
        for pool in in_order:
            paid_micros = min(owed_micros, left_micros[pool.pool_id])
            if paid_micros and _is_valid_at(pool, charge.key.billing_started_at_us):
                payments.append(
                    Payment(key=charge.key, pool_id=pool.pool_id, paid_micros=paid_micros)
                )
                left_micros[pool.pool_id] -= paid_micros
                owed_micros -= paid_micros
        credit_micros += owed_micros
    return PoolPayments(
        payments=tuple(payments), left_micros=left_micros, credit_micros=credit_micros
    )


def _order_of_payment(pool: Pool) -> tuple[int, int, int, str]:
    until_us = _NEVER_US if pool.valid_until_us is None else pool.valid_until_us
    return POOL_KINDS.index(pool.kind), until_us, pool.valid_from_us, pool.pool_id


def _is_valid_at(pool: Pool, at_us: int) -> bool:
    return pool.valid_from_us <= at_us and (
        pool.valid_until_us is None or at_us < pool.valid_until_us
    )
