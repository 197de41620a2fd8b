"""Which of a plan version's rates a call finds: the matchers, and which of several wins.

Source: domain rule 3 (which rate).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from cdrpipe.numbering.region import province_code
from cdrpipe.tariff.rate_plan import Rate, RatePlanVersion, Zone

# Versions whose rates are kept by prefix; an operator has some dozens.
_BOOKS_MAX = 256

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


def select_group(version: RatePlanVersion, *, party: str, call: CallFacts) -> Group:
    """Find the group of rates that wins among those that match; empty where none does.

    The winner has the longest prefix, then names calling area, calling province, zone, answering
    area, answering province, relation, caller kind, answering kind, in this order; bands play no
    part in it. Of two alike, which no reader of decks lets through, the first in the version wins.
    """
    book = _rate_book(_Identity(version))
    matching = [
        rate
        for rate in book.candidates(party, call.destination)
        if next(mismatches(rate, call, book.zones), None) is None
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


def _is_in_zone(call: CallFacts, zone: Zone) -> bool:
    return (
        call.calling_region_id in zone.areas
        or province_code(call.calling_region_id) in zone.provinces
        or call.destination.startswith(zone.prefixes)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _RateBook:
    """A version's rates by party and prefix, each list in the version's order."""

    by_prefix: Mapping[tuple[str, str], list[Rate]]
    lengths: tuple[int, ...]  # of the prefixes there are; 0: rates that name none
    zones: Mapping[str, Zone]

    def candidates(self, party: str, destination: str) -> Iterator[Rate]:
        """Give the party's rates whose prefix the destination begins with, or that name none."""
        for length in self.lengths:
            if length <= len(destination):
                yield from self.by_prefix.get((party, destination[:length]), ())


class _Identity:
    """A version that is equal to itself alone: to compare two is to compare all their rates."""

    def __init__(self, version: RatePlanVersion) -> None:
        self.version = version

    def __hash__(self) -> int:
        return id(self.version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.version is self.version


@lru_cache(_BOOKS_MAX)
def _rate_book(identity: _Identity) -> _RateBook:
    """Lay a version's rates out by prefix, once: a deck has hundreds of thousands."""
    by_prefix: dict[tuple[str, str], list[Rate]] = {}
    for rate in identity.version.rates:
        by_prefix.setdefault((rate.party, rate.prefix or ""), []).append(rate)
    return _RateBook(
        by_prefix=by_prefix,
        lengths=tuple(sorted({len(prefix) for _, prefix in by_prefix})),
        zones={zone.name: zone for zone in identity.version.zones},
    )
