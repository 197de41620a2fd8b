import random
from fractions import Fraction

import pytest

from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.rating.charge import (
    charge,
    charge_call,
    price_of_time,
    round_once,
    select_rate,
    split_charges,
)
from cdrpipe.tariff.rate_plan import Rate, RatePlanVersion, RateStep

MINUTE = RateStep(from_ms=0, price_micros=120_000, per_ms=60_000, increment_ms=60_000)


def rate_of(rate_id: str, party: str = "enterprise", **fields: str) -> Rate:
    return Rate(rate_id=rate_id, party=party, steps=(MINUTE,), **fields)  # type: ignore[arg-type]


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


def walked(steps: tuple[RateStep, ...], billable_ms: int) -> Fraction:
    """Price a call increment by increment: what the closed form must equal."""
    amount_micros, position_ms = Fraction(0), 0
    while position_ms < billable_ms:
        step = max(
            (step for step in steps if step.from_ms <= position_ms), key=lambda step: step.from_ms
        )
        amount_micros += Fraction(step.price_micros * step.increment_ms, step.per_ms)
        position_ms += step.increment_ms
    return amount_micros


def test_the_closed_form_equals_a_walk_over_every_increment() -> None:
    seed = 20_260_105
    print(f"seed {seed}")  # noqa: T201 - a failure is found again by it
    choose = random.Random(seed)
    for _ in range(3_000):
        moments = [0, *sorted(choose.sample(range(1, 300), choose.randrange(4)))]
        steps = tuple(
            RateStep(
                from_ms=moment,
                price_micros=choose.randrange(1_000),
                per_ms=choose.randrange(1, 100),
                increment_ms=choose.randrange(1, 120),
            )
            for moment in moments
        )
        billable_ms = choose.choice([0, 1, choose.randrange(500), *moments])
        assert price_of_time(steps, billable_ms) == walked(steps, billable_ms)


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        # 0.00005, 0.00015, 0.00014 and 0.00016 yuan, to four decimals.
        ("none", [50, 150, 140, 160]),
        ("up", [100, 200, 200, 200]),
        ("half_up", [100, 200, 100, 200]),
        ("half_even", [0, 200, 100, 200]),
        ("down", [0, 100, 100, 100]),
    ],
)
def test_each_rounding_rounds_as_it_is_called(rounding: str, expected: list[int]) -> None:
    amounts = [Fraction(micros) for micros in (50, 150, 140, 160)]
    assert [round_once(amount, rounding, 4) for amount in amounts] == expected


def test_an_unknown_rounding_is_an_error_of_the_program() -> None:
    with pytest.raises(AssertionError, match="unknown rounding sideways"):
        round_once(Fraction(1), "sideways", 4)


def test_the_winner_names_relation_before_caller_kind_before_answering_kind() -> None:
    version = version_of(
        rate_of("any"),
        rate_of("answering", answering_kind="mobile"),
        rate_of("calling", calling_kind="mobile"),
        rate_of("both kinds", calling_kind="mobile", answering_kind="mobile"),
        rate_of("relation", relation="local"),
        rate_of("caller's", party="caller"),
    )

    def winner(relation: str, calling_kind: str, answering_kind: str) -> str:
        rate = select_rate(
            version,
            party="enterprise",
            relation=relation,
            calling_kind=calling_kind,
            answering_kind=answering_kind,
        )
        assert rate is not None
        return rate.rate_id

    assert winner("unknown", "unknown", "unknown") == "any"
    assert winner("unknown", "unknown", "mobile") == "answering"
    assert winner("unknown", "mobile", "landline") == "calling"
    assert winner("unknown", "mobile", "mobile") == "both kinds"
    assert winner("local", "mobile", "mobile") == "relation"


def test_where_nobody_was_bridged_a_rate_that_names_another_kind_does_not_match() -> None:
    version = version_of(rate_of("landline", answering_kind="landline"))
    nobody = version_of(*version.rates, rate_of("nobody", answering_kind="none"))
    call = {"party": "enterprise", "relation": "local", "calling_kind": "mobile"}
    assert select_rate(version, answering_kind="none", **call) is None
    rate = select_rate(nobody, answering_kind="none", **call)
    assert rate is not None
    assert rate.rate_id == "nobody"


def test_a_continuation_owes_no_connect_fee_but_the_minimum() -> None:
    rate = Rate(
        rate_id="r", party="caller", connect_fee_micros=50_000, minimum_micros=130_000,
        steps=(MINUTE,),
    )  # fmt: skip
    assert charge(rate, 1) == 170_000
    assert charge(rate, 1, is_continuation=True) == 130_000
    assert charge(rate, 0) == 0


def test_the_rest_is_what_the_callers_share_leaves_of_the_total() -> None:
    assert split_charges("independent", enterprise_rate_micros=3, caller_rate_micros=5) == (3, 5)
    assert split_charges("rest", enterprise_rate_micros=5, caller_rate_micros=3) == (2, 3)
    assert split_charges("rest", enterprise_rate_micros=3, caller_rate_micros=5) == (0, 3)


CALL = {
    "relation": "local",
    "calling_kind": "mobile",
    "answering_kind": "landline",
    "enterprise_billable_ms": 60_000,
    "caller_billable_ms": 61_000,
}


def test_each_party_is_charged_by_its_own_rate_and_clock() -> None:
    charges = charge_call(version_of(rate_of("e"), rate_of("c", party="caller")), **CALL)
    assert (charges.enterprise_charge_micros, charges.caller_charge_micros) == (120_000, 240_000)
    assert charges.reason is None


def test_a_plan_without_a_callers_rate_owes_the_caller_nothing() -> None:
    charges = charge_call(version_of(rate_of("e")), **CALL)
    assert charges.caller_charge_micros == 0
    assert charges.caller_rate is None


def test_a_call_no_rate_matches_is_suspended() -> None:
    missing = charge_call(version_of(rate_of("e", relation="international")), **CALL)
    assert missing.reason is SuspenseReason.RATE_NOT_FOUND
    assert missing.enterprise_charge_micros is missing.caller_charge_micros is None
    rates = (rate_of("e"), rate_of("c", party="caller", calling_kind="landline"))
    missing = charge_call(version_of(*rates), **CALL)
    assert missing.reason is SuspenseReason.CALLER_RATE_NOT_FOUND
    assert missing.enterprise_rate is rates[0]


def test_a_charge_of_a_trillion_yuan_is_suspended_and_a_micro_less_is_not() -> None:
    # A million yuan a millisecond: a million milliseconds make 10^12 yuan.
    step = RateStep(from_ms=0, price_micros=10**12, per_ms=1, increment_ms=1)
    version = version_of(Rate(rate_id="r", party="enterprise", steps=(step,)))
    call = CALL | {"enterprise_billable_ms": 10**6}
    assert charge_call(version, **call).reason is SuspenseReason.CHARGE_TOO_LARGE
    less = charge_call(version, **call | {"enterprise_billable_ms": 10**6 - 1})
    assert less.enterprise_charge_micros == 10**18 - 10**12
