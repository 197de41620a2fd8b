"""Why one rate of a plan version prices a call and the others do not.

The choice itself is ``charge.py``'s; here it is told, for the rates that match the call and for
those that miss it by one thing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import islice, takewhile

from cdrpipe.numbering.calendar import Calendar
from cdrpipe.rating.charge import PricedShare
from cdrpipe.rating.rate_group import CallFacts, mismatches
from cdrpipe.tariff.rate_plan import Band, Rate, RatePlanVersion, Zone
from cdrpipe.tariff.time_band import active_band

# What a rate can name, as decks write it, in the order of precedence: that of ``Rate.match``.
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
)

VERDICTS = (
    "won",
    "holds_later",  # of the winner's group: prices a later part of the call
    "band_not_active",  # of the winner's group: its band does not hold at the start
    "lower_priority",  # of the winner's group: its band holds, another goes before it
    "below_bands",  # of the winner's group: names no band, and a band holds
    "shorter_prefix",  # matches; the winner's prefix is longer
    "names_less",  # matches; the winner names ``matcher``, this one does not
    "stands_later",  # matches and names as much; the winner stands before it in the plan
    "does_not_match",  # ``matcher`` speaks against it, and nothing else
)

# Of a deck of a million prefixes nearly all miss a call by their prefix alone.
RATES_TOLD_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighedRate:
    """A rate, what became of it, and the matcher that decided that; "" where none did."""

    rate: Rate
    verdict: str
    matcher: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateChoice:
    """The rates that were nearest, the winner first, and how many of the party's are not told."""

    rates: tuple[WeighedRate, ...] = ()
    others: int = 0


def weigh_rates(
    version: RatePlanVersion,
    calendar: Calendar | None,
    *,
    party: str,
    call: CallFacts,
    share: PricedShare,
) -> RateChoice:
    """Tell why the rate of a share won: at most ``RATES_TOLD_MAX`` rates, the nearest first.

    Parameters
    ----------
    share
        What ``price_call`` made of the same call; not one that a free number made.
    """
    zones = {zone.name: zone for zone in version.zones}
    of_party = [rate for rate in version.rates if rate.party == party]
    matching = [rate for rate in of_party if next(mismatches(rate, call, zones), None) is None]
    matching.sort(key=lambda rate: (rate is share.rate, rate.precedence), reverse=True)
    bands = {band.name: band for band in version.bands}
    active = _active_bands(version, calendar, call, (bands[name] for name in _bands_of(matching)))
    told = [_weigh(rate, share, active) for rate in matching[:RATES_TOLD_MAX]]
    told += nlargest(
        RATES_TOLD_MAX - len(told),
        _missed_by_one(of_party, call, zones),
        key=lambda each: _nearness(each.rate, call.destination),
    )
    return RateChoice(rates=tuple(told), others=len(of_party) - len(told))


def _missed_by_one(
    rates: Iterable[Rate], call: CallFacts, zones: Mapping[str, Zone]
) -> Iterator[WeighedRate]:
    for rate in rates:
        against = list(islice(mismatches(rate, call, zones), 2))
        if len(against) == 1:
            yield WeighedRate(rate=rate, verdict="does_not_match", matcher=against[0])


def _weigh(rate: Rate, share: PricedShare, active_bands: frozenset[str]) -> WeighedRate:
    winner = share.rate
    if rate is winner:
        return WeighedRate(rate=rate, verdict="won")
    if rate.match == winner.match:
        return WeighedRate(rate=rate, verdict=_verdict_by_band(rate, share, active_bands))
    matcher = _named_by_winner_only(winner, rate)
    verdict = {"prefix": "shorter_prefix", "": "stands_later"}.get(matcher, "names_less")
    return WeighedRate(rate=rate, verdict=verdict, matcher=matcher)


def _verdict_by_band(rate: Rate, share: PricedShare, active_bands: frozenset[str]) -> str:
    if any(piece.rate_id == rate.rate_id for piece in share.pieces):
        return "holds_later"
    if rate.band is None:
        return "below_bands"
    return "lower_priority" if rate.band in active_bands else "band_not_active"


def _named_by_winner_only(winner: Rate, loser: Rate) -> str:
    """Give the first matcher that the winner names and the loser does not; "" where none is."""
    if len(winner.prefix or "") != len(loser.prefix or ""):
        return "prefix"
    for matcher, named, other in zip(MATCHERS, winner.match, loser.match, strict=True):
        if named is not None and other is None:
            return matcher
    return ""


def _bands_of(rates: Sequence[Rate]) -> list[str]:
    return list(dict.fromkeys(rate.band for rate in rates if rate.band is not None))


def _active_bands(
    version: RatePlanVersion, calendar: Calendar | None, call: CallFacts, bands: Iterable[Band]
) -> frozenset[str]:
    """Name those that hold where the party's clock starts, each looked at alone."""
    if call.start_us is None:
        return frozenset()
    return frozenset(
        band.name
        for band in bands
        if active_band((band,), call.start_us, version.tz, calendar) is band
    )


def _nearness(rate: Rate, destination: str) -> int:
    """Count the digits that the rate's prefix shares with the destination."""
    pairs = zip(rate.prefix or "", destination, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
