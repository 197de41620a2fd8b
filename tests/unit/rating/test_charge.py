import datetime as dt
import random
from dataclasses import replace
from fractions import Fraction

import pytest

from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.numbering.calendar import Calendar
from cdrpipe.rating.charge import (
    FREE_RATES,
    PricedShare,
    charge_call,
    price_call,
    rate_at_start,
    split_charges,
)
from cdrpipe.rating.rate_group import CallFacts, select_group
from cdrpipe.rating.reckoning import pieces_of, round_once
from cdrpipe.tariff.rate_plan import Band, Rate, RatePlanVersion, RateStep, Zone

MINUTE = RateStep(from_ms=0, price_micros=120_000, per_ms=60_000, increment_ms=60_000)


HALF = replace(MINUTE, price_micros=60_000)
NIGHT = Band(name="night", from_ms=21 * 3_600_000, until_ms=7 * 3_600_000)
CHINA = dt.timezone(dt.timedelta(hours=8))


def rate_of(
    rate_id: str, party: str = "enterprise", step: RateStep = MINUTE, **fields: object
) -> Rate:
    return Rate(rate_id=rate_id, party=party, steps=(step,), **fields)  # type: ignore[arg-type]


def instant_us(hour: int, minute: int = 0, second: int = 0, *, year: int = 2026) -> int:
    moment = dt.datetime(year, 1, 5, hour, minute, second, tzinfo=CHINA)
    return int(moment.timestamp()) * 1_000_000


def share_of(
    version: RatePlanVersion, call: CallFacts, calendar: Calendar | None = None
) -> PricedShare:
    share = price_call(version, calendar, party="enterprise", call=call)
    assert isinstance(share, PricedShare)
    return share


def version_of(*rates: Rate, split: str = "independent", **fields: object) -> RatePlanVersion:
    return RatePlanVersion(
        plan_id="p",
        version=1,
        name="p",
        tz="Asia/Shanghai",
        valid_from_us=0,
        valid_until_us=None,
        split=split,
        rates=rates,
        **fields,  # type: ignore[arg-type]
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
        rate = Rate(rate_id="r", party="enterprise", steps=steps)
        amounts = [piece.exact_amount for piece in pieces_of(rate, until_ms=billable_ms)]
        assert sum(amounts) == walked(steps, billable_ms)


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


def winner(version: RatePlanVersion, **facts: object) -> str | None:
    call = CallFacts(billable_ms=0, **facts)  # type: ignore[arg-type]
    group = select_group(version, party="enterprise", call=call)
    return group[None].rate_id if group else None


# One rate a matcher, in the order of precedence, and what a call needs to match it.
BY_PRECEDENCE = {
    "prefix": ("8621", {"destination": "862161234567"}),
    "calling_area": (310021, {"calling_region_id": 310021}),
    "calling_province": (31, {"calling_region_id": 310021}),
    "zone": ("delta", {"calling_region_id": 310021}),
    "answering_area": (440755, {"answering_region_id": 440755, "answering_kind": "mobile"}),
    "answering_province": (44, {"answering_region_id": 440755, "answering_kind": "mobile"}),
    "relation": ("local", {"relation": "local"}),
    "calling_kind": ("mobile", {"calling_kind": "mobile"}),
    "answering_kind": ("mobile", {"answering_kind": "mobile"}),
}
DELTA = Zone(name="delta", provinces=(31,), areas=(330571,), prefixes=("400", "800"))


def test_a_rate_that_names_what_comes_first_beats_one_that_names_all_that_comes_after() -> None:
    names = {name: value for name, (value, _) in BY_PRECEDENCE.items()}
    facts: dict[str, object] = {}
    for _, needed in BY_PRECEDENCE.values():
        facts |= needed
    for index, first in enumerate(names):
        after = dict(list(names.items())[index + 1 :])
        version = version_of(
            rate_of("after", **after), rate_of("first", **{first: names[first]}), zones=(DELTA,)
        )
        assert winner(version, **facts) == "first"


@pytest.mark.parametrize("name", list(BY_PRECEDENCE))
def test_a_rate_matches_only_calls_of_what_it_names(name: str) -> None:
    value, needed = BY_PRECEDENCE[name]
    version = version_of(rate_of("r", **{name: value}), zones=(DELTA,))
    assert winner(version, **needed) == "r"
    assert winner(version) is None


def test_the_longest_prefix_wins_and_a_shorter_one_takes_what_it_does_not_match() -> None:
    version = version_of(
        rate_of("any"), rate_of("86", prefix="86"), rate_of("8610", prefix="8610", relation="local")
    )
    assert winner(version, destination="861012345678", relation="local") == "8610"
    assert winner(version, destination="861012345678", relation="long_distance") == "86"
    assert winner(version, destination="85291234567") == "any"
    assert winner(version, destination="") == "any"


def test_a_zone_is_of_provinces_areas_or_prefixes() -> None:
    version = version_of(rate_of("r", zone="delta"), zones=(DELTA,))
    assert winner(version, calling_region_id=310021) == "r"
    assert winner(version, calling_region_id=330571) == "r"
    assert winner(version, calling_region_id=330574) is None
    assert winner(version, destination="4008001234") == "r"


def test_where_nobody_was_bridged_no_other_kind_and_no_answering_region_matches() -> None:
    version = version_of(
        rate_of("nobody", answering_kind="none"),
        rate_of("landline", answering_kind="landline"),
        rate_of("shanghai", answering_area=310021),
        rate_of("province", answering_province=31),
    )
    assert winner(version, answering_kind="none", answering_region_id=310021) == "nobody"
    assert winner(version_of(*version.rates[1:]), answering_region_id=310021) is None


def test_a_continuation_owes_no_connect_fee_but_the_minimum() -> None:
    version = version_of(rate_of("r", connect_fee_micros=50_000, minimum_micros=130_000))
    assert share_of(version, CallFacts(billable_ms=1)).charge_micros == 170_000
    continued = CallFacts(billable_ms=1, is_continuation=True)
    assert share_of(version, continued).charge_micros == 130_000
    assert share_of(version, CallFacts(billable_ms=0)).charge_micros == 0


def test_a_call_from_a_free_number_costs_both_parties_nothing() -> None:
    call = CallFacts(billable_ms=60_000, calling_number=8613800138000)
    version = version_of(rate_of("e", relation="local"), free_numbers=(8613800138000,))
    charges = charge_call(version, enterprise=call, caller=call)
    assert (charges.enterprise_charge_micros, charges.caller_charge_micros) == (0, 0)
    assert charges.enterprise_rate is FREE_RATES["enterprise"]
    assert charges.caller_rate is None
    assert charges.enterprise_share is not None
    assert charges.enterprise_share.pieces == ()
    with_caller = replace(version, rates=(*version.rates, rate_of("c", party="caller")))
    charges = charge_call(with_caller, enterprise=call, caller=call)
    assert charges.caller_rate is FREE_RATES["caller"]
    other = replace(call, calling_number=None)
    assert charge_call(version, enterprise=other, caller=other).reason is not None


def test_a_walked_call_tells_its_pieces() -> None:
    version = version_of(
        rate_of("day"), rate_of("night", step=HALF, band="night"), bands=(NIGHT,),
        band_option="split",
    )  # fmt: skip
    call = CallFacts(billable_ms=200_000, start_us=instant_us(20, 58, 30))
    share = share_of(version, call)
    told = [
        (piece.band, piece.rate_id, piece.start_ms, piece.billed_ms, piece.increments)
        for piece in share.pieces
    ]
    assert told == [("", "day", 0, 120_000, 2), ("night", "night", 120_000, 120_000, 2)]
    assert share.charge_micros == 2 * 120_000 + 2 * 60_000
    assert share.rate.rate_id == "day"


def test_an_unbroken_band_is_one_piece_however_long_the_call() -> None:
    version = version_of(
        rate_of("r", band="always"), bands=(Band(name="always"),), band_option="split"
    )
    call = CallFacts(billable_ms=30 * 86_400_000, start_us=instant_us(12))
    [piece] = share_of(version, call).pieces
    assert piece.increments == 30 * 24 * 60


def test_by_start_the_band_at_the_start_prices_the_whole_call() -> None:
    version = version_of(rate_of("day"), rate_of("night", step=HALF, band="night"), bands=(NIGHT,))
    for hour, rate_id in ((20, "day"), (21, "night")):
        call = CallFacts(billable_ms=12 * 3_600_000, start_us=instant_us(hour))
        assert {piece.rate_id for piece in share_of(version, call).pieces} == {rate_id}


def test_a_quantity_without_a_clock_knows_no_bands() -> None:
    night = rate_of("night", band="night")
    version = version_of(night, rate_of("any"), bands=(NIGHT,), band_option="split")
    units = CallFacts(billable_ms=2**50)
    assert share_of(version, units).rate.rate_id == "any"
    banded = version_of(night, bands=(NIGHT,))
    found = price_call(banded, None, party="enterprise", call=units)
    assert found is SuspenseReason.RATE_NOT_FOUND


def test_the_group_is_chosen_before_the_band() -> None:
    # The local rate holds at night only; by day it leaves the call to no other rate.
    version = version_of(
        rate_of("any"), rate_of("local", relation="local", band="night"), bands=(NIGHT,)
    )
    call = CallFacts(billable_ms=1, start_us=instant_us(22), relation="local")
    assert share_of(version, call).rate.rate_id == "local"
    by_day = replace(call, start_us=instant_us(12))
    found = price_call(version, None, party="enterprise", call=by_day)
    assert found is SuspenseReason.RATE_NOT_FOUND


def test_an_unconfirmed_year_suspends_what_depends_on_it_and_precedes_a_missing_rate() -> None:
    cn = Calendar(name="cn", version="", days={}, confirmed_years=frozenset({2026}))
    workday = Band(name="workday", day_kinds=("workday",))
    version = version_of(
        rate_of("e", band="workday"),
        rate_of("e2"),
        rate_of("c", party="caller", relation="international"),
        bands=(workday,),
        calendar="cn",
    )
    confirmed = CallFacts(billable_ms=1, start_us=instant_us(12))
    charges = charge_call(version, cn, enterprise=confirmed, caller=confirmed)
    assert charges.reason is SuspenseReason.CALLER_RATE_NOT_FOUND
    assert charges.enterprise_rate is version.rates[0]
    later = CallFacts(billable_ms=1, start_us=instant_us(12, year=2027))
    charges = charge_call(version, cn, enterprise=later, caller=later)
    assert charges.reason is SuspenseReason.CALENDAR_YEAR_UNCONFIRMED
    assert charges.enterprise_rate is None


def test_the_rest_is_what_the_callers_share_leaves_of_the_total() -> None:
    assert split_charges("independent", enterprise_rate_micros=3, caller_rate_micros=5) == (3, 5)
    assert split_charges("rest", enterprise_rate_micros=5, caller_rate_micros=3) == (2, 3)
    assert split_charges("rest", enterprise_rate_micros=3, caller_rate_micros=5) == (0, 3)


MINUTE_CALL = CallFacts(
    billable_ms=60_000, relation="local", calling_kind="mobile", answering_kind="landline"
)
TWO = {"enterprise": MINUTE_CALL, "caller": replace(MINUTE_CALL, billable_ms=61_000)}


def test_each_party_is_charged_by_its_own_rate_and_clock() -> None:
    charges = charge_call(version_of(rate_of("e"), rate_of("c", party="caller")), **TWO)
    assert (charges.enterprise_charge_micros, charges.caller_charge_micros) == (120_000, 240_000)
    assert charges.reason is None


def test_a_plan_without_a_callers_rate_owes_the_caller_nothing() -> None:
    charges = charge_call(version_of(rate_of("e")), **TWO)
    assert charges.caller_charge_micros == 0
    assert charges.caller_rate is None


def test_a_call_no_rate_matches_is_suspended() -> None:
    missing = charge_call(version_of(rate_of("e", relation="international")), **TWO)
    assert missing.reason is SuspenseReason.RATE_NOT_FOUND
    assert missing.enterprise_charge_micros is missing.caller_charge_micros is None
    rates = (rate_of("e"), rate_of("c", party="caller", calling_kind="landline"))
    missing = charge_call(version_of(*rates), **TWO)
    assert missing.reason is SuspenseReason.CALLER_RATE_NOT_FOUND
    assert missing.enterprise_rate is rates[0]
    both = charge_call(version_of(rate_of("e", relation="international"), rates[1]), **TWO)
    assert both.reason is SuspenseReason.RATE_NOT_FOUND


def test_a_charge_of_a_trillion_yuan_is_suspended_and_a_micro_less_is_not() -> None:
    # A million yuan a millisecond: a million milliseconds make 10^12 yuan.
    step = RateStep(from_ms=0, price_micros=10**12, per_ms=1, increment_ms=1)
    version = version_of(rate_of("r", step=step))
    large = CallFacts(billable_ms=10**6)
    charges = charge_call(version, enterprise=large, caller=large)
    assert charges.reason is SuspenseReason.CHARGE_TOO_LARGE
    assert charges.enterprise_rate is version.rates[0]
    less = share_of(version, CallFacts(billable_ms=10**6 - 1))
    assert less.charge_micros == 10**18 - 10**12


def test_a_call_that_finds_no_rate_on_its_way_keeps_the_one_at_its_start() -> None:
    version = version_of(rate_of("night", band="night"), bands=(NIGHT,), band_option="split")
    call = CallFacts(billable_ms=60_001, start_us=instant_us(6, 59))
    charges = charge_call(version, enterprise=call, caller=call)
    assert charges.reason is SuspenseReason.RATE_NOT_FOUND
    assert charges.enterprise_rate is version.rates[0]
    assert rate_at_start(version, None, party="enterprise", call=call) is version.rates[0]
