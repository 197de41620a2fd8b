"""The rates of one version as they are read, and what no two of them may be.

A call must find one winner. Two rates of a party stand in each other's way where they match the
same calls in the same band; where only their zones differ and a call can be in both; and where
only their bands differ, an instant is in both, and neither band has the higher priority. Nor may
the prices that one call passes through be of units that have no sum in whole numbers.
"""

from array import array
from collections.abc import Iterator, Mapping
from itertools import combinations

from cdrpipe.tariff.band_overlap import overlap_on
from cdrpipe.tariff.fault_list import FaultList
from cdrpipe.tariff.rate_plan import FREE_RATE_ID, Band, Rate, RateStep, Zone
from cdrpipe.tariff.rate_table import fits_kernel
from cdrpipe.tariff.zone_section import zones_share

# Where the rates stand that differ in their prefix only.
Places = dict[str | None, int]

# A place is one number, as a deck has a million of them: file * _FILE_STRIDE + line.
_FILE_STRIDE = 2**32

_Matchers = tuple[str | int | None, ...]
_Cell = tuple[str, _Matchers, str | None]  # party, matchers behind the prefix, band
_ZONE = 2  # its position among the matchers behind the prefix


class RateCollection:
    """The rates read so far, in the order of the files, each with its place."""

    def __init__(self, faults: FaultList) -> None:
        self.rates: list[Rate] = []
        # What of a faulty rate could be read; a matcher that could not is as if it named nothing.
        self.left_out: list[Rate] = []
        self._places = array("q")  # of each rate
        self._files = [faults]
        self._cells: dict[_Cell, Places] = {}
        self._place_of_id: dict[str, int] = {}

    @property
    def files(self) -> list[str]:
        """Give the files that the rates stand in, the plan's own first."""
        return [faults.file for faults in self._files]

    def open_deck(self, file: str) -> tuple[FaultList, int]:
        """Give the faults of a deck, and the place of its line 0."""
        faults = self._files[0].open_deck(file)
        self._files.append(faults)
        return faults, (len(self._files) - 1) * _FILE_STRIDE

    def places_of(self, rate: Rate) -> Places:
        """Give the places of all rates that are like this one but for their prefix."""
        return self._cells.setdefault((rate.party, rate.match[1:], rate.band), {})

    def place_of(self, index: int) -> tuple[str, int]:
        """Give file and line of one of the rates."""
        file, line = divmod(self._places[index], _FILE_STRIDE)
        return self._files[file].file, line

    def add(self, rate: Rate, places: Places, place: int) -> bool:
        """Take a rate in among those of ``places``; False, and a fault, where it cannot be."""
        same, taken = places.get(rate.prefix), self._place_of_id.get(rate.rate_id)
        if same is not None:
            self._note(
                place,
                f"this rate matches the same calls as the one in {self._shown(same, place)}",
                code="RATE_TWICE",
                hint="two rates of one party must differ in what they match, or in their band",
            )
        elif taken is not None:
            shown = self._shown(taken, place)
            message = f'rate id "{rate.rate_id}" is taken in {shown}'
            self._note(place, message, code="RATE_ID_TWICE")
        elif rate.rate_id == FREE_RATE_ID:
            message = f'rate id "{FREE_RATE_ID}" is what the calls of free numbers get'
            self._note(place, message, code="RATE_ID_TWICE")
        else:
            places[rate.prefix] = self._place_of_id[rate.rate_id] = place
            self.rates.append(rate)
            self._places.append(place)
            return True
        self.left_out.append(rate)
        return False

    def leave_out_any(self) -> None:
        """Note that rates of either party were left out of which nothing is known."""
        self.left_out.append(Rate(rate_id="", party="", steps=()))

    def refuse_rivals(
        self, bands: Mapping[str, Band | None], zones: Mapping[str, Zone | None]
    ) -> None:
        """Note rates of which neither wins over the other, each pair of bands or zones once."""
        for one, other, day in self._rival_bands(bands):
            self._note_pair(
                self._cells[one],
                self._cells[other],
                f'the bands "{one[2]}" and "{other[2]}" of these rates overlap, on {day} for one, '
                "and have the same priority",
                code="BANDS_OVERLAP",
                hint="give the band that is to win a higher `priority`",
            )
        for one, other, share in self._rival_zones(zones):
            self._note_pair(
                self._cells[one],
                self._cells[other],
                f'the zones "{one[1][_ZONE]}" and "{other[1][_ZONE]}" of these rates share {share}',
                code="ZONES_OVERLAP",
                hint="make the zones distinct, or let one of the rates match something else too",
            )

    def refuse_inexact(self) -> None:
        """Note groups whose rates, of which one call may pass through several, add up inexactly."""
        members: dict[tuple[str, _Matchers], list[int]] = {}
        for index, rate in enumerate(self.rates):
            members.setdefault((rate.party, rate.match), []).append(index)
        known: dict[frozenset[tuple[RateStep, ...]], bool] = {}
        for indices in members.values():
            steps = frozenset(self.rates[index].steps for index in indices)
            if steps not in known:
                known[steps] = fits_kernel(*(self.rates[index] for index in indices))
            if not known[steps]:
                first, place = self._places[indices[0]], self._places[indices[-1]]
                self._note(
                    place,
                    "the `per` of the steps of this rate and of the one in "
                    f"{self._shown(first, place)} have no common multiple small enough to add "
                    "the prices of a call that passes through both exactly",
                    code="PRICES_INEXACT",
                    hint='state the prices per the same time, such as per = "60s"',
                )

    def _rival_bands(self, bands: Mapping[str, Band | None]) -> Iterator[tuple[_Cell, _Cell, str]]:
        """Find the cells that differ in their band only, and overlap at the same priority."""
        by_others: dict[tuple[str, _Matchers], list[_Cell]] = {}
        for cell in self._cells:
            by_others.setdefault(cell[:2], []).append(cell)
        days: dict[tuple[str, str], str] = {}
        for cells in by_others.values():
            for one, other in combinations(cells, 2):
                pair = one[2] or "", other[2] or ""
                if pair not in days:
                    days[pair] = _overlap(bands.get(pair[0]), bands.get(pair[1]))
                if days[pair]:
                    yield one, other, days[pair]

    def _rival_zones(self, zones: Mapping[str, Zone | None]) -> Iterator[tuple[_Cell, _Cell, str]]:
        """Find the cells that differ in their zone (and band) only, and whose zones share calls."""
        by_others: dict[tuple[str, _Matchers], list[_Cell]] = {}
        for cell in self._cells:
            if cell[1][_ZONE] is not None:
                others = *cell[1][:_ZONE], *cell[1][_ZONE + 1 :]
                by_others.setdefault((cell[0], others), []).append(cell)
        shares: dict[tuple[str, str], str] = {}
        for cells in by_others.values():
            for one, other in combinations(cells, 2):
                pair = str(one[1][_ZONE]), str(other[1][_ZONE])
                if pair not in shares:
                    shares[pair] = _share(zones.get(pair[0]), zones.get(pair[1]))
                if shares[pair]:
                    yield one, other, shares[pair]

    def _note_pair(self, one: Places, other: Places, message: str, *, code: str, hint: str) -> None:
        """Note a fault at the first place where rates of two cells have the same prefix."""
        shared = one.keys() & other.keys()
        if not shared:
            return
        first, place = min(
            (sorted((one[prefix], other[prefix])) for prefix in shared), key=lambda pair: pair[1]
        )
        self._note(place, f"{message}: see {self._shown(first, place)}", code=code, hint=hint)

    def _note(self, place: int, message: str, *, code: str, hint: str = "") -> None:
        file, line = divmod(place, _FILE_STRIDE)
        self._files[file].note_at(line, message, code=code, hint=hint)

    def _shown(self, place: int, seen_from: int) -> str:
        """Write a place; of the same file its line only."""
        file, line = divmod(place, _FILE_STRIDE)
        if file == seen_from // _FILE_STRIDE:
            return f"line {line}"
        return f"{self._files[file].file}:{line}"


def _overlap(one: Band | None, other: Band | None) -> str:
    """Give a day on which neither of two bands wins; empty where there is none."""
    if one is None or other is None or one.priority != other.priority:
        return ""
    day = overlap_on(one, other)
    return "" if day is None else day.isoformat()


def _share(one: Zone | None, other: Zone | None) -> str:
    if one is None or other is None or one is other:
        return ""
    return zones_share(one, other)
