"""Which rate a call finds, laid out so that the kernel finds it with two look-ups.

The longest prefix of a call leads to a *leaf*, and rates under shorter prefixes are entered there
too: no second search is needed where those of the longest do not match. What is left to match
(regions, zone, relation, kinds) makes up a *block* of *cells*, one for every combination of what
the rates of the leaf name; anything that none of them names has the stride 0. A leaf under which
every call finds the same has no block: it is the cell.

A cell is a position in the rates; or the number of rates plus a position in the groups with bands;
or NO_RATE. A leaf is a cell, or -2 - the position of a block.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import compress, product
from math import prod

from cdrpipe.cdr.schema import NUMBER_KINDS, RELATIONS
from cdrpipe.errors import TariffError
from cdrpipe.numbering.region import province_code
from cdrpipe.tariff.rate_plan import Rate, RatePlanVersion
from cdrpipe.tariff.region_class import RegionClasses, is_region_in_zone

NO_RATE = -1

# 256 MiB for all versions: 50,000 prefixes that each tell all provinces, relations and kinds apart.
CELLS_MAX = 2**26

_FIRST_BLOCK_LEAF = -2


@dataclass(frozen=True, slots=True, kw_only=True)
class RateGroup:
    """Rates of one party that are equal in all they match but the band, and their cell."""

    rate: Rate  # any one of them
    cell: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafEntry:
    """A group as it stands in a leaf: the prefix matches, so does perhaps a prefix of its zone."""

    group: RateGroup
    is_zone_matched: bool

    @property
    def is_universal(self) -> bool:
        """Tell whether the group matches every call that comes to the leaf."""
        named = sum(name is not None for name in self.group.rate.match[1:])
        return named == int(self.is_zone_matched)


@dataclass(frozen=True, slots=True)
class CellTable:
    """Blocks and their cells, of all versions; grows while they are entered."""

    blocks: "array[int]" = field(default_factory=lambda: array("i"))
    cells: "array[int]" = field(default_factory=lambda: array("i"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyLeaves:
    """Where the calls of one party of a version begin their search.

    ``by_prefix`` has a leaf a prefix of the version's book; None where the party names no prefix.
    """

    root: int
    by_prefix: "array[int] | None"


def enter_leaves(
    version: RatePlanVersion,
    groups: Sequence[RateGroup],
    prefixes: Sequence[str],
    *,
    calling: RegionClasses,
    answering: RegionClasses,
    table: CellTable,
) -> PartyLeaves:
    """Enter one party's groups into the table and give its leaves.

    Parameters
    ----------
    groups
        In the order of the version: of two alike the first wins.
    prefixes
        The version's book, sorted.
    """
    builder = _LeafBuilder(version=version, calling=calling, answering=answering, table=table)
    by_prefix: dict[str, list[RateGroup]] = {}
    for group in sorted(groups, key=lambda group: group.rate.precedence, reverse=True):
        by_prefix.setdefault(group.rate.prefix or "", []).append(group)
    zones = {zone.name: zone for zone in version.zones}
    zones_of_prefix: dict[str, set[str]] = {}
    for name in {group.rate.zone for group in groups if group.rate.zone is not None}:
        for prefix in zones[name].prefixes:
            zones_of_prefix.setdefault(prefix, set()).add(name)
    root_entries = builder.entries(by_prefix.get("", []), frozenset())
    root = builder.leaf(root_entries)
    if not zones_of_prefix and by_prefix.keys() <= {""}:
        return PartyLeaves(root=root, by_prefix=None)
    leaves = array("i")
    # The prefixes of which the one at hand is a longer one, with what matches under them.
    above = [("", root_entries, frozenset[str]())]
    for prefix in prefixes:
        while not prefix.startswith(above[-1][0]):
            above.pop()
        _, entries, matched = above[-1]
        matched = matched.union(zones_of_prefix.get(prefix, ()))
        below = [entry.group for entry in entries]
        entries = builder.entries(by_prefix.get(prefix, []) + below, matched)
        above.append((prefix, entries, matched))
        leaves.append(builder.leaf(entries))
    return PartyLeaves(root=root, by_prefix=leaves)


@dataclass(frozen=True, slots=True, kw_only=True)
class _LeafBuilder:
    version: RatePlanVersion
    calling: RegionClasses
    answering: RegionClasses
    table: CellTable
    leaves: dict[tuple[tuple[int, bool], ...], int] = field(default_factory=dict)

    def entries(
        self, groups: Iterable[RateGroup], matched: frozenset[str]
    ) -> tuple[LeafEntry, ...]:
        """Keep of the groups, the most precedent first, those that any call can come to."""
        entries = []
        for group in groups:
            entry = LeafEntry(group=group, is_zone_matched=group.rate.zone in matched)
            entries.append(entry)
            if entry.is_universal:
                break
        return tuple(entries)

    def leaf(self, entries: tuple[LeafEntry, ...]) -> int:
        """Give the leaf of these entries; the same ones have the same leaf."""
        if not entries:
            return NO_RATE
        if entries[0].is_universal:
            return entries[0].group.cell
        key = tuple((entry.group.cell, entry.is_zone_matched) for entry in entries)
        if key not in self.leaves:
            matches = [self._matches(entry) for entry in entries]
            # A zone of prefixes that are not here matches nothing.
            possible = [[] not in codes for codes in matches]
            if all(possible):
                self.leaves[key] = self._enter_block(entries, matches)
            else:
                self.leaves[key] = self.leaf(tuple(compress(entries, possible)))
        return self.leaves[key]

    def _enter_block(
        self, entries: tuple[LeafEntry, ...], matches: Sequence[tuple[list[int] | None, ...]]
    ) -> int:
        named = [
            any(codes is not None for codes in column) for column in zip(*matches, strict=True)
        ]
        sizes = [
            size if is_named else 1 for size, is_named in zip(self._sizes(), named, strict=True)
        ]
        strides = [prod(sizes[dimension + 1 :]) for dimension in range(len(sizes))]
        start = len(self.table.cells)
        if start + prod(sizes) > CELLS_MAX:
            raise TariffError(
                f"expected rate plans of at most {CELLS_MAX} different calls, "
                f"got more with plan {self.version.plan_id} version {self.version.version}",
                hint="name regions in fewer of the rates, or as zones",
            )
        cells = array("i", [NO_RATE]) * prod(sizes)
        for entry, codes in reversed([*zip(entries, matches, strict=True)]):
            places = [
                [code * stride for code in (range(size) if some is None else some)]
                for some, size, stride in zip(codes, sizes, strides, strict=True)
            ]
            for place in product(*places):
                cells[sum(place)] = entry.group.cell
        self.table.cells.extend(cells)
        self.table.blocks.extend(
            (
                start,
                *(
                    stride if is_named else 0
                    for stride, is_named in zip(strides, named, strict=True)
                ),
            )
        )
        block = len(self.table.blocks) // (1 + len(strides)) - 1
        return _FIRST_BLOCK_LEAF - block

    def _sizes(self) -> tuple[int, ...]:
        kinds = len(NUMBER_KINDS)
        regions = len(self.calling.region_ids), len(self.answering.region_ids)
        return *regions, len(RELATIONS), kinds, kinds

    def _matches(self, entry: LeafEntry) -> tuple[list[int] | None, ...]:
        """Give the codes that the entry matches in each dimension; None: it names nothing there."""
        rate = entry.group.rate
        return (
            self._calling(entry),
            self._answering(rate),
            None if rate.relation is None else [RELATIONS.index(rate.relation)],
            None if rate.calling_kind is None else [NUMBER_KINDS.index(rate.calling_kind)],
            None if rate.answering_kind is None else [NUMBER_KINDS.index(rate.answering_kind)],
        )

    def _calling(self, entry: LeafEntry) -> list[int] | None:
        rate = entry.group.rate
        zone = None
        if rate.zone is not None and not entry.is_zone_matched:
            zone = next(zone for zone in self.version.zones if zone.name == rate.zone)
        if rate.calling_area is None and rate.calling_province is None and zone is None:
            return None
        return [
            number
            for number, region_id in enumerate(self.calling.region_ids)
            if rate.calling_area in (None, region_id)
            and rate.calling_province in (None, province_code(region_id))
            and (zone is None or is_region_in_zone(region_id, zone))
        ]

    def _answering(self, rate: Rate) -> list[int] | None:
        if rate.answering_area is None and rate.answering_province is None:
            return None
        return [
            number
            for number, region_id in enumerate(self.answering.region_ids)
            if rate.answering_area in (None, region_id)
            and rate.answering_province in (None, province_code(region_id))
        ]
