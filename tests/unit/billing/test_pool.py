"""billing/pool.py: who pays, in which order; amounts by hand are in golden/allowances.txt."""

import random

from hypothesis import given
from hypothesis import strategies as st

from cdrpipe.billing.pool import OwedCharge, Pool, pay_from_pools
from cdrpipe.rating.allowance import CallKey


def charge(call_id, charge_micros, *, at_us=5):
    return OwedCharge(
        key=CallKey(at_us, call_id, "pabx", "", 0),
        charge_micros=charge_micros,
    )


def pool(pool_id, left_micros, *, kind="top_up", valid_from_us=0, valid_until_us=10):
    return Pool(
        pool_id=pool_id,
        kind=kind,
        left_micros=left_micros,
        valid_from_us=valid_from_us,
        valid_until_us=valid_until_us,
    )


def test_without_a_pool_all_is_credit():
    paid = pay_from_pools([charge("a", 3), charge("b", 4)], [])
    assert (paid.payments, paid.credit_micros) == ((), 7)


def test_gifts_pay_first_then_what_expires_first_and_what_never_expires_last():
    pools = [
        pool("never", 1, valid_until_us=None),
        pool("late", 1, valid_until_us=20),
        pool("soon", 1),
        pool("gift", 1, kind="gift", valid_until_us=None),
    ]
    paid = pay_from_pools([charge("a", 3)], pools)
    assert [payment.pool_id for payment in paid.payments] == ["gift", "soon", "late"]
    assert paid.left_micros == {"never": 1, "late": 0, "soon": 0, "gift": 0}


def test_a_pool_pays_from_its_first_instant_until_before_its_end():
    pools = [pool("p", 100, valid_from_us=3, valid_until_us=6)]
    charges = [charge(str(at_us), 1, at_us=at_us) for at_us in (2, 3, 5, 6)]
    paid = pay_from_pools(charges, pools)
    assert [payment.key.billing_started_at_us for payment in paid.payments] == [3, 5]
    assert paid.credit_micros == 2


@given(
    charges=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 9)), max_size=12),
    pools=st.lists(
        st.tuples(st.integers(0, 20), st.sampled_from(["gift", "top_up"]), st.integers(0, 14)),
        max_size=4,
    ),
    order=st.randoms(use_true_random=False),
)
def test_order_of_arrival_does_not_matter_and_no_micro_is_lost(
    charges, pools, order: random.Random
):
    owed = [charge(str(index), micros, at_us=at) for index, (at, micros) in enumerate(charges)]
    prepaid = [
        pool(str(index), micros, kind=kind, valid_until_us=until)
        for index, (micros, kind, until) in enumerate(pools)
    ]
    paid = pay_from_pools(owed, prepaid)
    shuffled = order.sample(owed, len(owed)), order.sample(prepaid, len(prepaid))
    again = pay_from_pools(*shuffled)
    assert (again.payments, again.credit_micros) == (paid.payments, paid.credit_micros)
    total_paid = sum(payment.paid_micros for payment in paid.payments)
    assert total_paid + paid.credit_micros == sum(each.charge_micros for each in owed)
    assert total_paid + sum(paid.left_micros.values()) == sum(each.left_micros for each in prepaid)
