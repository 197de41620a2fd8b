"""THE rule: what a call costs, one call at a time and in exact fractions.

``_fast/charge.pyx`` is this rule compiled; ``rate_batch.py`` applies that to whole columns.

Source: domain rules 2 (split), 3 (one charge), 4 (zero and continuations), 5 (bands; borders
swallow), 6 (quantities without a clock).
"""

from dataclasses import dataclass

from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.money import CHARGE_MICROS_LIMIT
from cdrpipe.numbering.calendar import Calendar
from cdrpipe.rating.rate_group import CallFacts, Group, select_group
from cdrpipe.rating.reckoning import Piece, decimals_kept, owed, pieces_of
from cdrpipe.tariff.rate_plan import (
    FREE_RATE_ID,
    Band,
    Rate,
    RatePlanVersion,
    RateStep,
)
from cdrpipe.tariff.time_band import active_band, next_change_us

_US_PER_MS = 1_000
_PRECEDENCE = tuple(SuspenseReason)


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedShare:
    """One party's charge of a call, and how it came about.

    Fee, minimum and maximum are those of ``rate``, which holds at the start; the rounding is that
    of ``rounding_rate``. Without billable time there are no pieces.
    """

    charge_micros: int
    rate: Rate
    rounding_rate: Rate
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCharges:
    """Both parties' charges of one call, or the reason for which it has none.

    A rate that was found stays named on a suspended call. The shares are what each party's own rate
    makes, before one is split from the other.
    """

    enterprise_charge_micros: int | None
    caller_charge_micros: int | None
    enterprise_rate: Rate | None
    caller_rate: Rate | None
    enterprise_share: PricedShare | None = None
    caller_share: PricedShare | None = None
    reason: SuspenseReason | None = None


def charge_call(
    version: RatePlanVersion,
    calendar: Calendar | None = None,
    *,
    enterprise: CallFacts,
    caller: CallFacts,
) -> CallCharges:
    """Price one call for both parties, each by its own clock.

    A plan that prices no caller's share at all owes the caller's 0 and names no rate for it. Of
    the reasons that speak against the call the one that precedes is given.
    """
    facts = {"enterprise": enterprise}
    if any(rate.party == "caller" for rate in version.rates):
        facts["caller"] = caller
    shares: dict[str, PricedShare] = {}
    rates: dict[str, Rate] = {}
    reasons = []
    for party, call in facts.items():
        share = price_call(version, calendar, party=party, call=call)
        if isinstance(share, PricedShare):
            shares[party], rates[party] = share, share.rate
            continue
        reasons.append(share)
        rate = rate_at_start(version, calendar, party=party, call=call)
        if isinstance(rate, Rate):
            rates[party] = rate
    enterprise_micros = caller_micros = None
    if not reasons:
        enterprise_micros, caller_micros = split_charges(
            version.split,
            enterprise_rate_micros=shares["enterprise"].charge_micros,
            caller_rate_micros=shares["caller"].charge_micros if "caller" in shares else 0,
        )
    return CallCharges(
        enterprise_charge_micros=enterprise_micros,
        caller_charge_micros=caller_micros,
        enterprise_rate=rates.get("enterprise"),
        caller_rate=rates.get("caller"),
        enterprise_share=shares.get("enterprise"),
        caller_share=shares.get("caller"),
        reason=min(reasons, key=_PRECEDENCE.index, default=None),
    )


def price_call(
    version: RatePlanVersion, calendar: Calendar | None, *, party: str, call: CallFacts
) -> PricedShare | SuspenseReason:
    """Price one party's share of one call, or say why it has no price.

    1. The rate at the start: of a free number, of the winning group and its active band.
    2. The pieces: under ``by_start`` that rate's, under ``split`` band by band.
    3. One exact sum, with fee and limits, rounded once.

    Notes
    -----
    Cost: one division a piece, however long the call.
    """
    assert call.billable_ms >= 0
    if _is_free(version, call):  # 1.
        rate = FREE_RATES[party]
        return PricedShare(charge_micros=0, rate=rate, rounding_rate=rate, pieces=())
    group = _select(version, calendar, party=party, call=call)
    at_start = _rate_at(group, call.start_us)
    if isinstance(at_start, SuspenseReason):
        return at_start
    rate = at_start
    if version.band_option == "split" and group.bands and call.start_us is not None:  # 2.
        walked = _walk_bands(group, rate, call.start_us, call.billable_ms)
    else:
        walked = [(rate, piece) for piece in pieces_of(rate, until_ms=call.billable_ms)]
    if isinstance(walked, SuspenseReason):
        return walked
    rounding_rate = max((rate for rate, _ in walked), key=decimals_kept, default=rate)
    charge_micros = owed(  # 3.
        [piece for _, piece in walked],
        rate=rate,
        rounding_rate=rounding_rate,
        is_continuation=call.is_continuation,
    )
    if charge_micros >= CHARGE_MICROS_LIMIT:
        return SuspenseReason.CHARGE_TOO_LARGE
    return PricedShare(
        charge_micros=charge_micros,
        rate=rate,
        rounding_rate=rounding_rate,
        pieces=tuple(piece for _, piece in walked),
    )


def rate_at_start(
    version: RatePlanVersion, calendar: Calendar | None, *, party: str, call: CallFacts
) -> Rate | SuspenseReason:
    """Find the rate that holds where the party's clock starts; also of a call without time."""
    if _is_free(version, call):
        return FREE_RATES[party]
    return _rate_at(_select(version, calendar, party=party, call=call), call.start_us)


def split_charges(
    split: str, *, enterprise_rate_micros: int, caller_rate_micros: int
) -> tuple[int, int]:
    """Share out what the two rates make: (enterprise's charge, caller's charge).

    Under "rest" the enterprise's rate makes the total: the caller pays no more than that, and the
    enterprise pays the rest of it.
    """
    if split == "independent":
        return enterprise_rate_micros, caller_rate_micros
    caller_micros = min(caller_rate_micros, enterprise_rate_micros)
    return enterprise_rate_micros - caller_micros, caller_micros


# What a call from a free number costs both parties.
FREE_RATES = {
    party: Rate(
        rate_id=FREE_RATE_ID,
        party=party,
        steps=(RateStep(from_ms=0, price_micros=0, per_ms=60_000, increment_ms=60_000),),
    )
    for party in ("enterprise", "caller")
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Selected:
    """The group that won, and what its bands are read by."""

    rates: Group
    bands: tuple[Band, ...]
    tz: str
    calendar: Calendar | None
    not_found: SuspenseReason


def _is_free(version: RatePlanVersion, call: CallFacts) -> bool:
    return call.calling_number is not None and call.calling_number in version.free_numbers


def _select(
    version: RatePlanVersion, calendar: Calendar | None, *, party: str, call: CallFacts
) -> _Selected:
    rates = select_group(version, party=party, call=call)
    return _Selected(
        rates=rates,
        bands=tuple(band for band in version.bands if band.name in rates),
        tz=version.tz,
        calendar=calendar,
        not_found=SuspenseReason.CALLER_RATE_NOT_FOUND
        if party == "caller"
        else SuspenseReason.RATE_NOT_FOUND,
    )


def _rate_at(group: _Selected, at_us: int | None) -> Rate | SuspenseReason:
    """Find the group's rate at an instant; without a clock the one that names no band."""
    band = None
    if group.bands and at_us is not None:
        active = active_band(group.bands, at_us, group.tz, group.calendar)
        if isinstance(active, SuspenseReason):
            return active
        band = active
    return group.rates.get(None if band is None else band.name, group.not_found)


def _walk_bands(
    group: _Selected, rate_at_start: Rate, start_us: int, billable_ms: int
) -> list[tuple[Rate, Piece]] | SuspenseReason:
    """Walk the call from its start, band by band and step by step.

    An increment belongs whole to the band and the step in which it begins; the next piece begins
    where it ended. Steps go on counting from the call's start.
    """
    end_us = start_us + billable_ms * _US_PER_MS
    walked: list[tuple[Rate, Piece]] = []
    position_ms = 0
    while position_ms < billable_ms:
        at_us = start_us + position_ms * _US_PER_MS
        found = _rate_at(group, at_us) if position_ms else rate_at_start
        if isinstance(found, SuspenseReason):
            return found
        until_us = _until_us(group, found, at_us, end_us)
        # The first whole millisecond of the call that is not before that instant.
        until_ms = -((start_us - until_us) // _US_PER_MS)
        pieces = list(pieces_of(found, from_ms=position_ms, until_ms=until_ms))
        walked += [(found, piece) for piece in pieces]
        position_ms = pieces[-1].start_ms + pieces[-1].billed_ms
    return walked


def _until_us(group: _Selected, rate: Rate, at_us: int, end_us: int) -> int:
    """Find the instant from which on another of the group's rates holds, at most the end."""
    while True:
        at_us = next_change_us(group.bands, at_us, group.tz, group.calendar)
        if at_us >= end_us:
            return end_us
        if _rate_at(group, at_us) is not rate:
            return at_us
