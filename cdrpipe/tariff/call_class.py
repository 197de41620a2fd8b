"""The calls that some rates tell apart: one example of each that there can be.

Regions that no rate and no zone distinguishes are one class; kinds and relations are all there
are. A combination that no call can have (a local call from an unknown number) is left out. Numbers
themselves do not matter here: what a prefix matches is left to who asks.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from cdrpipe.cdr.relation import relation
from cdrpipe.cdr.schema import NUMBER_KINDS, RELATIONS
from cdrpipe.numbering.area_code import PROVINCE_OF_AREA
from cdrpipe.numbering.province import MAINLAND, PROVINCE_BY_CODE
from cdrpipe.numbering.region import (
    REGION_IDS_WITHOUT_AREA,
    UNKNOWN_REGION_ID,
    area_code,
    province_code,
)
from cdrpipe.tariff.rate_plan import Rate, Zone
from cdrpipe.tariff.region_class import NO_REGION_ID, is_region_in_zone

_MAINLAND_CODES = frozenset(province.code for province in MAINLAND)
_AREA_REGION_IDS = frozenset(
    province * 10_000 + int(code) for code, province in PROVINCE_OF_AREA.items()
)
_BEYOND = tuple(each for each in REGION_IDS_WITHOUT_AREA if each != UNKNOWN_REGION_ID)

# What is known of a number of this kind; a privacy number hides where it is.
_KINDS_WITHOUT_A_PLACE = ("service", "privacy", "unknown")
_KINDS_OF_AREAS = ("landline", "mobile")


@dataclass(frozen=True, slots=True)
class End:
    """One end of a call: the kind of its number, and the regions that are one to the rates."""

    kind: str
    regions: frozenset[int]

    @property
    def region_id(self) -> int:
        """Give one of the regions."""
        return min(self.regions)


@dataclass(frozen=True, slots=True)
class CallClass:
    """Calls that all rates in question see as one."""

    calling: End
    answering: End
    relation: str

    def __str__(self) -> str:
        """Describe one such call."""
        kind = self.answering.kind
        answered = "that nobody answers" if kind == "none" else f"to {_words(self.answering)}"
        return f"{_with_article(self.relation)} call from {_words(self.calling)} {answered}"


def call_classes(rates: Iterable[Rate], zones: Mapping[str, Zone]) -> tuple[CallClass, ...]:
    """Give an example of all calls that the rates tell apart.

    Notes
    -----
    Cost: the number of regions named on either side, multiplied, times about a hundred.
    """
    rates = tuple(rates)
    named_zones = [zone for name, zone in zones.items() if any(rate.zone == name for rate in rates)]
    calling = _region_classes(
        areas={rate.calling_area for rate in rates},
        provinces={rate.calling_province for rate in rates},
        zones=named_zones,
    )
    answering = _region_classes(
        areas={rate.answering_area for rate in rates},
        provinces={rate.answering_province for rate in rates},
        zones=(),
    )
    nobody = End("none", frozenset((NO_REGION_ID,)))
    return tuple(
        CallClass(one, other, name)
        for one in _ends(calling)
        for other in (*_ends(answering), nobody)
        for name in _relations(one, other, homes=answering)
    )


def matched_calls(
    calls: Iterable[CallClass], rates: Sequence[Rate], zones: Mapping[str, Zone]
) -> Iterator[tuple[CallClass, list[Rate]]]:
    """Give each call with the rates that match it, prefixes and those of zones apart.

    A zone that is not among ``zones`` matches every call. Calls from one end stand together, as
    ``call_classes`` gives them: rates that do not match it are looked at once.
    """
    for end, from_it in groupby(calls, key=lambda call: call.calling):
        own = [rate for rate in rates if _matches_calling(rate, end, zones)]
        for call in from_it:
            yield call, [rate for rate in own if _matches_rest(rate, call)]


def _matches_calling(rate: Rate, end: End, zones: Mapping[str, Zone]) -> bool:
    return (
        rate.calling_kind in (None, end.kind)
        and rate.calling_area in (None, end.region_id)
        and rate.calling_province in (None, province_code(end.region_id))
        and (rate.zone is None or _is_in_zone(end.region_id, zones.get(rate.zone)))
    )


def _matches_rest(rate: Rate, call: CallClass) -> bool:
    answering = call.answering.region_id
    return (
        rate.relation in (None, call.relation)
        and rate.answering_kind in (None, call.answering.kind)
        and rate.answering_area in (None, answering)
        and rate.answering_province in (None, province_code(answering))
    )


def _is_in_zone(region_id: int, zone: Zone | None) -> bool:
    return zone is None or bool(zone.prefixes) or is_region_in_zone(region_id, zone)


def _region_classes(
    *, areas: set[int | None], provinces: set[int | None], zones: Sequence[Zone]
) -> list[frozenset[int]]:
    """Sort all regions by what is said of them; mainland, unknown and beyond never together."""
    known = {*_AREA_REGION_IDS, *(area for area in areas if area is not None)}
    known |= {area for zone in zones for area in zone.areas}
    looks: dict[Hashable, set[int]] = {}
    for region_id in (*sorted(known), *REGION_IDS_WITHOUT_AREA):
        province = province_code(region_id)
        look = (
            province in _MAINLAND_CODES or region_id,
            region_id if region_id in areas else None,
            province if province in provinces else None,
            *(is_region_in_zone(region_id, zone) for zone in zones),
        )
        looks.setdefault(look, set()).add(region_id)
    return [frozenset(regions) for regions in looks.values()]


def _ends(classes: Iterable[frozenset[int]]) -> list[End]:
    unknown = frozenset((UNKNOWN_REGION_ID,))
    ends = [End(kind, unknown) for kind in _KINDS_WITHOUT_A_PLACE]
    for regions in classes:
        if regions == unknown:
            ends.append(End("mobile", regions))
        elif regions.isdisjoint(_BEYOND):
            ends += [End(kind, regions) for kind in _KINDS_OF_AREAS]
        else:
            ends.append(End("international", regions))
    return ends


def _relations(one: End, other: End, *, homes: Iterable[frozenset[int]]) -> list[str]:
    """Give the relations a call between two ends may have.

    Where nobody answered, that to any region the service number may be at home in.
    """
    if other.kind != "none":
        return sorted(_relations_of_regions(one, other.regions))
    found = set()
    for regions in homes:
        if regions.isdisjoint(_BEYOND):
            found |= _relations_of_regions(one, regions)
    return sorted(found)


def _relations_of_regions(one: End, others: frozenset[int]) -> set[str]:
    examples = {(one.region_id, min(others))}
    examples |= {(region_id, region_id) for region_id in one.regions & others}
    if max(len(one.regions), len(others)) > 1:
        examples |= {(one.region_id, max(others)), (max(one.regions), min(others))}
    kind = NUMBER_KINDS.index(one.kind)
    return {
        RELATIONS[relation(calling_kind=kind, calling_region_id=calling, other_region_id=answering)]
        for calling, answering in examples
    }


def _with_article(word: str) -> str:
    return f"{'an' if word[0] in 'iu' else 'a'} {word}"


def _words(end: End) -> str:
    region_id = end.region_id
    number = f"{_with_article(end.kind)} number"
    if end.kind in _KINDS_WITHOUT_A_PLACE:
        return number
    if region_id == UNKNOWN_REGION_ID:
        return f"{number} of an unknown region"
    province = PROVINCE_BY_CODE[province_code(region_id)].name_en
    code = area_code(region_id)
    return f"{number} in {province}{f' ({code})' if code else ''}"
