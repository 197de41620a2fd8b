"""THE rule: what a call costs, one call at a time and in exact fractions.

``_fast/charge.pyx`` is this rule compiled; ``rate_batch.py`` applies that to whole columns.

Source: domain rules 2 (split), 3 (one charge), 4 (zero and continuations), 5 (bands; borders
swallow), 6 (quantities without a clock).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.money import CHARGE_MICROS_LIMIT
from cdrpipe.numbering.calendar import Calendar
from cdrpipe.numbering.region import province_code
from cdrpipe.tariff.rate_plan import (
    DECIMALS_MAX,
    FREE_RATE_ID,
    Band,
    Rate,
    RatePlanVersion,
    RateStep,
    Zone,
)
from cdrpipe.tariff.time_band import active_band, next_change_us

_HALF = Fraction(1, 2)
_US_PER_MS = 1_000
_PRECEDENCE = tuple(SuspenseReason)

# Rates of one group by the name of their band; None: the rate that holds where no band does.
Group = Mapping[str | None, Rate]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """What one party's price of a call depends on.

    Attributes
    ----------
    billable_ms
        By the party's own clock; of a quantity without a clock, thousandths of a unit.
    start_us
        Where that clock starts, UTC; None for a quantity without a clock, which knows no bands.
    destination
        The text that prefixes match, of the number the version's ``prefix_of`` names.
    calling_region_id, answering_region_id
        0 where not known.
    answering_kind
        "none" where nobody was bridged; then no answering region matches either.
    calling_number
        E.164 digits; None where not known.
    """

    billable_ms: int
    start_us: int | None = None
    destination: str = ""
    calling_region_id: int = 0
    answering_region_id: int = 0
    relation: str = "unknown"
    calling_kind: str = "unknown"
    answering_kind: str = "none"
    is_continuation: bool = False
    calling_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Consecutive increments of one call in one band and one step.

    ``start_ms`` is the position in the call. ``exact_amount`` is in micros, before fee, limits and
    rounding.
    """

    band: str  # "": the rate names none
    rate_id: str
    step_index: int
    start_ms: int
    billed_ms: int
    increment_ms: int
    increments: int
    price_micros: int
    per_ms: int
    exact_amount: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """How pieces add up to a charge: every amount is in micros, all but the last exact.

    Attributes
    ----------
    pieces_micros
        The sum of the pieces.
    fee_micros
        The connect fee that is owed; 0 of a continuation.
    capped_micros
        Both together, at most the maximum.
    exact_micros
        That, at least the minimum: what is rounded.
    """

    pieces_micros: Fraction
    fee_micros: int
    capped_micros: Fraction
    exact_micros: Fraction
    charge_micros: int


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


def select_group(version: RatePlanVersion, *, party: str, call: CallFacts) -> Group:
    """Find the group of rates that wins among those that match; empty where none does.

    The winner has the longest prefix, then names calling area, calling province, zone, answering
    area, answering province, relation, caller kind, answering kind, in this order; bands play no
    part in it. Of two alike, which no reader of decks lets through, the first in the version wins.
    """
    zones = {zone.name: zone for zone in version.zones}
    matching = [
        rate
        for rate in version.rates
        if rate.party == party and next(mismatches(rate, call, zones), None) is None
    ]
    winner = max(matching, key=lambda rate: rate.precedence, default=None)
    group: dict[str | None, Rate] = {}
    for rate in matching:
        if winner is not None and rate.match == winner.match:
            group.setdefault(rate.band, rate)
    return group


def mismatches(rate: Rate, call: CallFacts, zones: Mapping[str, Zone]) -> Iterator[str]:
    """Name what of a rate speaks against a call, in the order of precedence; nothing: it matches.

    Parameters
    ----------
    zones
        By name, those of the rate's version.
    """
    nobody = call.answering_kind == "none"
    if rate.prefix is not None and not call.destination.startswith(rate.prefix):
        yield "prefix"
    if rate.calling_area not in (None, call.calling_region_id):
        yield "calling_area"
    if rate.calling_province not in (None, province_code(call.calling_region_id)):
        yield "calling_province"
    if rate.zone is not None and not _is_in_zone(call, zones[rate.zone]):
        yield "zone"
    if rate.answering_area is not None and (
        nobody or rate.answering_area != call.answering_region_id
    ):
        yield "answering_area"
    if rate.answering_province is not None and (
        nobody or rate.answering_province != province_code(call.answering_region_id)
    ):
        yield "answering_province"
    if rate.relation not in (None, call.relation):
        yield "relation"
    if rate.calling_kind not in (None, call.calling_kind):
        yield "calling_kind"
    if rate.answering_kind not in (None, call.answering_kind):
        yield "answering_kind"


def pieces_of(rate: Rate, *, from_ms: int = 0, until_ms: int) -> Iterator[Piece]:
    """Cut the time from one position of the call to another into whole increments of one rate.

    An increment belongs whole to the step in which it begins: it swallows what lies behind the
    border, and the next piece begins where it ended. A step that is swallowed whole has no piece.
    The last increment may reach beyond ``until_ms``.
    """
    position_ms = from_ms
    ends_ms = [*(step.from_ms for step in rate.steps[1:]), until_ms]
    for index, (step, end_ms) in enumerate(zip(rate.steps, ends_ms, strict=True)):
        left_ms = min(end_ms, until_ms) - position_ms
        if left_ms > 0:
            # Ceil, not round: a started increment is owed in full.
            piece = _piece(rate, index, step, position_ms, -(-left_ms // step.increment_ms))
            yield piece
            position_ms += piece.billed_ms


def owed(pieces: Sequence[Piece], *, rate: Rate, rounding_rate: Rate, is_continuation: bool) -> int:
    """Turn the pieces of one party's share into its charge, in micros: what ``reckon`` comes to."""
    return reckon(
        pieces, rate=rate, rounding_rate=rounding_rate, is_continuation=is_continuation
    ).charge_micros


def reckon(
    pieces: Sequence[Piece], *, rate: Rate, rounding_rate: Rate, is_continuation: bool
) -> Reckoning:
    """Add the pieces of one party's share up to its charge.

    1. No time, no charge: neither fee nor minimum is owed.
    2. The exact price of all started increments.
    3. The connect fee, unless the call is a continuation.
    4. At most the maximum, at least the minimum.
    5. Rounded once.

    The charge may be ``CHARGE_MICROS_LIMIT`` or more; such a call is suspended.
    """
    if not pieces:  # 1.
        return _NOTHING_OWED
    pieces_micros = sum((piece.exact_amount for piece in pieces), Fraction(0))  # 2.
    fee_micros = 0 if is_continuation else rate.connect_fee_micros  # 3.
    capped_micros = pieces_micros + fee_micros
    if rate.maximum_micros is not None:  # 4.
        capped_micros = min(capped_micros, Fraction(rate.maximum_micros))
    exact_micros = capped_micros
    if rate.minimum_micros is not None:
        exact_micros = max(exact_micros, Fraction(rate.minimum_micros))
    return Reckoning(
        pieces_micros=pieces_micros,
        fee_micros=fee_micros,
        capped_micros=capped_micros,
        exact_micros=exact_micros,
        charge_micros=round_once(exact_micros, rounding_rate.rounding, rounding_rate.decimals),
    )


def decimals_kept(rate: Rate) -> int:
    """Give the decimals of a yuan that the rate's rounding keeps; "none" keeps the micro."""
    return DECIMALS_MAX if rate.rounding == "none" else rate.decimals


def round_once(amount_micros: Fraction, rounding: str, decimals: int) -> int:
    """Round an exact amount to ``decimals`` of a yuan; "none" keeps the micro, half up.

    >>> round_once(Fraction(122_050), "half_up", 4), round_once(Fraction(122_050), "half_even", 4)
    (122100, 122000)
    """
    if rounding == "none":
        rounding, decimals = "half_up", DECIMALS_MAX
    unit_micros: int = 10 ** (DECIMALS_MAX - decimals)
    units = amount_micros / unit_micros
    match rounding:
        case "up":
            return ceil(units) * unit_micros
        case "half_up":
            return floor(units + _HALF) * unit_micros
        case "half_even":
            return round(units) * unit_micros
        case "down":
            return floor(units) * unit_micros
    raise AssertionError(f"unknown rounding {rounding}")


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


_NOTHING_OWED = Reckoning(
    pieces_micros=Fraction(0),
    fee_micros=0,
    capped_micros=Fraction(0),
    exact_micros=Fraction(0),
    charge_micros=0,
)

# What a call from a free number costs both parties.
FREE_RATES = {
    party: Rate(
        rate_id=FREE_RATE_ID,
        party=party,
        steps=(RateStep(from_ms=0, price_micros=0, per_ms=60_000, increment_ms=60_000),),
    )
    for party in ("enterprise", "caller")
}


def _is_in_zone(call: CallFacts, zone: Zone) -> bool:
    return (
        call.calling_region_id in zone.areas
        or province_code(call.calling_region_id) in zone.provinces
        or call.destination.startswith(zone.prefixes)
    )


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


def _piece(rate: Rate, index: int, step: RateStep, start_ms: int, increments: int) -> Piece:
    billed_ms = increments * step.increment_ms
    return Piece(
        band=rate.band or "",
        rate_id=rate.rate_id,
        step_index=index,
        start_ms=start_ms,
        billed_ms=billed_ms,
        increment_ms=step.increment_ms,
        increments=increments,
        price_micros=step.price_micros,
        per_ms=step.per_ms,
        exact_amount=Fraction(billed_ms * step.price_micros, step.per_ms),
    )
