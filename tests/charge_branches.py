"""The branches of the charge rule, and a comparison of kernel and rule that counts them."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction

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
from cdrpipe.tariff.rate_plan import ROUNDINGS, Rate, RatePlanVersion

VERSION_COUNT = 125

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


def compare(seed: int, *, call_count: int) -> Counter[str]:
    """Price random calls over random tariffs by kernel and rule, and count the branches reached.

    Raises
    ------
    AssertionError
        A row of the kernel differs from the rule's; names the tariff and the call.
    """
    choose = random.Random(seed)
    versions = [some_version(choose, number) for number in range(VERSION_COUNT)]
    prefixes = [
        tuple({rate.prefix for rate in version.rates if rate.prefix is not None})
        for version in versions
    ]
    calls = some_calls(choose, versions, call_count)
    reached: Counter[str] = Counter()
    for call, row in zip(calls, rows_of(rate_all(versions, calls)), strict=True):
        if not call.is_priced:
            reached["not priced"] += 1
            assert row == (None, None, None, None, None, None, 0)
            continue
        version = versions[call.version]
        charges = by_the_rule(version, call)
        assert row == row_of(charges), (seed, version, call)
        reached.update(branches_of_call(version, call, charges, prefixes[call.version]))
    return reached


def branches_of(
    version: RatePlanVersion,
    call: Call,
    party: str,
    share: PricedShare,
    prefixes: Sequence[str],
) -> Iterator[str]:
    """Name the branches of the rule that the charge of one party goes through."""
    rate = share.rate
    if rate is FREE_RATES[party]:
        yield "free number"
        return
    yield from (f"names {name}" for name in MATCHERS if getattr(rate, name) is not None)
    yield from branches_of_prefixes(version, call, rate, prefixes)
    if not share.pieces:
        yield "no time"
        return
    yield "continuation" if call.is_continuation else "first piece"
    yield f"{len({piece.step_index for piece in share.pieces})} steps begun"
    yield from branches_of_bands(version, call, party, share)
    yield from branches_of_amount(call, share)


def branches_of_prefixes(
    version: RatePlanVersion, call: Call, rate: Rate, prefixes: Sequence[str]
) -> Iterator[str]:
    number = getattr(call, version.prefix_of)
    if version.prefix_of == "answering_number" and call.answering_kind == "none":
        number = None
    text = "" if number is None else str(number)
    least = len(rate.prefix or "")
    if any(len(prefix) > least and text.startswith(prefix) for prefix in prefixes):
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


def branches_of_call(
    version: RatePlanVersion, call: Call, charges: CallCharges, prefixes: Sequence[str]
) -> Iterator[str]:
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
    yield from branches_of(version, call, "enterprise", charges.enterprise_share, prefixes)
    if charges.caller_share is None:
        yield "no caller's rate"
    else:
        yield from branches_of(version, call, "caller", charges.caller_share, prefixes)
    if version.split == "independent":
        yield "independent"
    else:
        share = "the total" if charges.enterprise_charge_micros == 0 else "his own"
        yield f"rest, caller pays {share}"
